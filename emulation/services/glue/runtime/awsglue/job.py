"""A job run as its script sees it: `Job.init` at the start, `Job.commit` at the end."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import UnsupportedApi

if TYPE_CHECKING:
    from .context import GlueContext


class Job:
    """The running job.

    :param glue_context: the script's context
    """

    def __init__(self, glue_context: GlueContext) -> None:
        self.glue_ctx = glue_context
        self.name = ""
        self.args: dict[str, Any] = {}
        self._initialized = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedApi(f"Job.{name}")

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Begin the run.

        :raises UnsupportedApi: the run has job bookmarks enabled, which are not available here
        """
        given = dict(args or {})
        bookmark = given.get("job_bookmark_option") or _bookmark_argument()
        if bookmark and bookmark != "job-bookmark-disable":
            raise UnsupportedApi(f"--job-bookmark-option {bookmark}")
        self.name, self.args, self._initialized = job_name, given, True

    def isInitialized(self) -> bool:  # noqa: N802
        """Whether `init` was called."""
        return self._initialized

    def commit(self) -> None:
        """End the run; with no bookmark there is no state to keep.

        :raises RuntimeError: `init` was never called
        """
        if not self._initialized:
            raise RuntimeError("Job.commit() before Job.init()")


def _bookmark_argument() -> str | None:
    arguments = sys.argv[1:]
    name = "--job-bookmark-option"
    for i, argument in enumerate(arguments):
        if argument == name and i + 1 < len(arguments):
            return arguments[i + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None

"""A job run as its script sees it: `Job.init` at the start, `Job.commit` at the end."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import bookmark
from .errors import NamesWhatIsMissing, UnsupportedApiError

if TYPE_CHECKING:
    from .context import GlueContext

LOG = logging.getLogger("GlueLogger")


class Job(NamesWhatIsMissing):
    """The running job.

    Args:
        glue_context: the script's context
    """

    aws_name = "Job"

    def __init__(self, glue_context: GlueContext) -> None:
        self.glue_ctx = glue_context
        self.name = ""
        self.args: dict[str, Any] = {}
        self._initialized = False
        self._bookmark: bookmark.Bookmark | None = None

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Begin the run: sources with a transformation_ctx go on from the job's bookmark.

        Raises:
            UnsupportedApiError: bookmarks are on, and no service keeps them
        """
        given = dict(args or {})
        option = given.get("job_bookmark_option") or _bookmark_argument()
        self._bookmark = bookmark.begin()
        if self._bookmark is None and option and option != "job-bookmark-disable":
            raise UnsupportedApiError(f"--job-bookmark-option {option} outside of a Glue job run")
        self.name, self.args, self._initialized = job_name, given, True

    def isInitialized(self) -> bool:  # noqa: N802
        """Whether `init` was called."""
        return self._initialized

    def commit(self) -> None:
        """End the run: what its sources read counts as processed from now on.

        Without `init`, as in the notebooks that AWS Glue Studio makes, there is nothing to save
        (our guess: published scripts do so).
        """
        if not self._initialized:
            LOG.warning("Job.commit() without Job.init(): no bookmark is saved")
        if self._bookmark is not None:
            self._bookmark.commit()


def _bookmark_argument() -> str | None:
    arguments = sys.argv[1:]
    name = "--job-bookmark-option"
    for i, argument in enumerate(arguments):
        if argument == name and i + 1 < len(arguments):
            return arguments[i + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None

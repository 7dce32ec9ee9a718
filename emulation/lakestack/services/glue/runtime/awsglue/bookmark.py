"""Job bookmarks in a running job: which objects of an S3 source are new, and what to remember.

The service lends the job its bookmark in a JSON file named by `FILE_VARIABLE` and takes it back
when the run ends. It holds the states by transformation context. The state of an S3 source:

``latest``  when its newest object was last modified, in seconds since 1970
``recent``  the objects last modified within `BAND_SECONDS` before: URL to ETag

An object older than the band has been seen. One within it is new unless it is remembered with the
same ETag: objects may appear with a time that lies before that of others (AWS Glue Developer Guide,
"Connection types and options", maxBand).
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .s3_objects import Bound, S3Object

FILE_VARIABLE = "LAKE_JOB_BOOKMARK"
ENABLE = "job-bookmark-enable"
BAND_SECONDS = 900.0

State = Mapping[str, Any]
Select = Callable[[Sequence[str], Sequence[S3Object], Bound | None], list[S3Object]]


class Bookmark:
    """The bookmark of the running job.

    Args:
        path: the file that the service lent

    Raises:
        ValueError: it is not such a file
    """

    def __init__(self, path: Path) -> None:
        content = json.loads(path.read_bytes())
        self._path = path
        # A script may begin again after a commit, from what was committed.
        self.option: str = content.get("option", ENABLE)
        self._states: dict[str, State] = content["states"]
        self._until: dict[str, State] | None = content.get("until")
        self._read: dict[str, State] = {}
        self._sources: dict[str, list[str]] = {}

    def unprocessed(
        self,
        context: str,
        paths: Sequence[str],
        objects: Sequence[S3Object],
        bound: Bound | None = None,
    ) -> list[S3Object]:
        """The objects that this run shall process; `commit` then counts all of them as processed.

        Args:
            context: the source's transformation_ctx
            paths: what the source reads, for the check that no other has the same context
            objects: all objects there are
            bound: how much one run processes; the rest is left to the next one

        Raises:
            ValueError: two different sources have the same context
        """
        if self._sources.setdefault(context, sorted(paths)) != sorted(paths):
            raise ValueError(
                f"two sources have the transformation_ctx {context!r}; with job bookmarks each "
                "needs one of its own"
            )
        before = self._states.get(context)
        fresh = [each for each in objects if not is_processed(before, each)]
        if self._until is not None:
            end = self._until.get(context)
            chosen = [each for each in fresh if is_processed(end, each)]
        else:
            chosen = fresh
        left = set()
        if bound:
            chosen, before_bound = bound.first(chosen), chosen
            left = {each.url for each in before_bound} - {each.url for each in chosen}
        self._read[context] = state_after(before, [o for o in objects if o.url not in left])
        return sorted(chosen, key=lambda each: each.url)

    def positions(self, context: str) -> tuple[State | None, State | None]:
        """What a source without objects has been read to, and how far a paused run reads."""
        return self._states.get(context), (self._until or {}).get(context)

    def remember(self, context: str, state: State | None) -> None:
        """What `commit` saves of a source without objects."""
        if state is not None:
            self._read[context] = state

    def commit(self) -> None:
        """Save what was read, as one; nothing in a paused run."""
        if self.option != ENABLE:
            return
        self._states = {**self._states, **self._read}
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"committed": True, "states": self._states}))
        new.replace(self._path)


_current: list[Bookmark] = []


def begin() -> Bookmark | None:
    """Take the bookmark that the service lent to this run; None when it lent none."""
    _current.clear()
    path = os.environ.get(FILE_VARIABLE)
    if not path:
        return None
    _current.append(Bookmark(Path(path)))
    return _current[0]


def current(context: str) -> Bookmark | None:
    """The run's bookmark; None where bookmarks are off, or there is no transformation_ctx."""
    return _current[0] if _current and context else None


def selection(context: str) -> Select | None:
    """How a source chooses its new objects, from its paths and all objects there.

    None where bookmarks are off, or the source has no transformation_ctx: it reads everything.
    """
    if not (_current and context):
        return None
    return functools.partial(_current[0].unprocessed, context)


def is_processed(state: State | None, each: S3Object) -> bool:
    """Whether an object had been seen when a state was saved."""
    if not state:
        return False
    if each.modified <= state["latest"] - BAND_SECONDS:
        return True
    return bool(state["recent"].get(each.url) == each.etag)


def state_after(before: State | None, objects: Iterable[S3Object]) -> State:
    """The state once all of these objects are processed."""
    listed = list(objects)
    latest = max([each.modified for each in listed] + ([before["latest"]] if before else []) + [0])
    recent = {o.url: o.etag for o in listed if o.modified > latest - BAND_SECONDS}
    return {"latest": latest, "recent": recent}

"""Job bookmarks: what a job has processed so far, kept by the service and lent to each run.

A run of a Spark job with bookmarks on finds a JSON file, named by the variable `FILE_VARIABLE` of
its environment, and the runtime's ``Job.commit`` replaces that file:

before the start   ``{"option": "job-bookmark-enable", "states": {<transformation_ctx>: {…}}}``; in
                   a paused run with ``--job-bookmark-from`` and ``-to`` also ``"until"``: the
                   states at the end of the range (``"states"`` are those at its beginning)
after commit       ``{"committed": true, "states": {<transformation_ctx>: {…}}}``

AWS Glue Developer Guide, "Tracking processed data using job bookmarks": the states are saved as
one when the script calls ``job.commit``, so a script that fails later keeps them, and one that
never calls it leaves the bookmark as it was. A paused run changes nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE_VARIABLE = "LAKE_JOB_BOOKMARK"
ENABLE, PAUSE, DISABLE = "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"
OPTIONS = (ENABLE, PAUSE, DISABLE)
MAX_FILE_BYTES = 16 << 20

States = Mapping[str, Mapping[str, Any]]


class BookmarkError(ValueError):
    """A run's bookmark cannot be lent or taken back; the text becomes its ErrorMessage."""


@dataclass(frozen=True)
class Entry:
    """A committed bookmark.

    Attributes:
        version: counts every change of the job's bookmark, resets included
        run: counts committed runs since the last full reset
        attempt: runs that ended without a commit since the commit before
        states: by transformation context
    """

    version: int
    run: int = 0
    attempt: int = 0
    run_id: str | None = None
    previous_run_id: str | None = None
    states: States = field(default_factory=dict)

    def as_api(self, job_name: str) -> dict[str, Any]:
        """The JobBookmarkEntry structure of the API."""
        ids = {"RunId": self.run_id, "PreviousRunId": self.previous_run_id}
        return {
            "JobName": job_name,
            "Version": self.version,
            "Run": self.run,
            "Attempt": self.attempt,
            "JobBookmark": json.dumps(self.states, sort_keys=True),
            **{name: value for name, value in ids.items() if value},
        }


class Bookmarks:
    """The bookmark of one job, and what it was when each of the job's runs ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: Entry | None = None
        self._at_end: dict[str, Entry | None] = {}
        self._uncommitted = 0

    def snapshot(self) -> dict[str, Any]:
        """As plain data."""
        with self._lock:
            return {
                "current": vars(self._current) if self._current else None,
                "at_end": {run: vars(e) if e else None for run, e in self._at_end.items()},
                "uncommitted": self._uncommitted,
            }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over what `snapshot` gave."""
        self._current = Entry(**saved["current"]) if saved["current"] else None
        self._at_end = {run: Entry(**e) if e else None for run, e in saved["at_end"].items()}
        self._uncommitted = saved["uncommitted"]

    def current(self) -> Entry | None:
        """The latest bookmark; None when no run has committed one."""
        return self._current

    def as_of(self, run_id: str) -> Entry | None:
        """The bookmark when that run had ended: of the run itself, or the last commit before it.

        Raises:
            KeyError: no run of this job with this id has ended
        """
        return self._at_end[run_id]

    def reset(self, run_id: str | None = None) -> Entry | None:
        """Forget everything, or go back to what was processed when a run had ended.

        Returns:
            the new bookmark; None when there was none

        Raises:
            KeyError: no run of this job with this id has ended
        """
        with self._lock:
            if self._current is None:
                return None
            version = self._current.version + 1
            target = self._at_end[run_id] if run_id else None
            self._current = (
                Entry(version)
                if target is None
                else Entry(
                    version, target.run, 0, target.run_id, target.previous_run_id, target.states
                )
            )
            self._uncommitted = 0
            return self._current

    def ended(self, run_id: str, loan: Loan | None) -> None:
        """Note that a run has ended, and take over what it committed.

        Args:
            loan: of a run with bookmarks on

        Raises:
            BookmarkError: the bookmark was changed meanwhile by another run or a reset, or what the
                run left behind is no bookmark
        """
        with self._lock:
            try:
                if loan is not None and loan.option == ENABLE:
                    self._take(run_id, loan)
            finally:
                self._at_end[run_id] = self._current

    def _take(self, run_id: str, loan: Loan) -> None:
        states = loan.committed()
        if states is None:
            self._uncommitted += 1
            return
        before = self._current
        found = before.version if before else 0
        if found != loan.version:
            self._uncommitted += 1
            raise BookmarkError(
                "GLUE_JOB_BOOKMARK_VERSION_MISMATCH_ERROR: the job's bookmark is of version "
                f"{found}, this run began with {loan.version}; another run committed or the "
                "bookmark was reset meanwhile (set MaxConcurrentRuns to 1)"
            )
        self._current = Entry(
            version=found + 1,
            run=(before.run if before else 0) + 1,
            attempt=self._uncommitted,
            run_id=run_id,
            previous_run_id=before.run_id if before else None,
            states=states,
        )
        self._uncommitted = 0


@dataclass(frozen=True)
class Loan:
    """A bookmark as one run has it, in a file."""

    path: Path
    option: str
    version: int

    @classmethod
    def lend(cls, bookmarks: Bookmarks, arguments: Mapping[str, str], path: Path) -> Loan | None:
        """Write the run's file; None when its bookmark option is disable, the default.

        Args:
            arguments: the run's, with ``--job-bookmark-option``, ``-from`` and ``-to``

        Raises:
            BookmarkError: the option has another value, or the range is not valid
        """
        option = arguments.get("--job-bookmark-option") or DISABLE
        first, last = (arguments.get(f"--job-bookmark-{end}") for end in ("from", "to"))
        if option not in OPTIONS:
            raise BookmarkError(
                f"--job-bookmark-option {option!r} is not valid; valid: {', '.join(OPTIONS)}"
            )
        if (first or last) and option != PAUSE:
            raise BookmarkError(f"--job-bookmark-from and --job-bookmark-to need {PAUSE}")
        if bool(first) != bool(last):
            raise BookmarkError("--job-bookmark-from and --job-bookmark-to are given together")
        if option == DISABLE:
            return None
        current = bookmarks.current()
        content: dict[str, Any] = {"option": option, "states": current.states if current else {}}
        if first and last:
            content["states"] = _states_after(bookmarks, "from", first)
            content["until"] = _states_after(bookmarks, "to", last)
        path.write_text(json.dumps(content))
        return cls(path, option, current.version if current else 0)

    def committed(self) -> States | None:
        """What ``Job.commit`` wrote; None when the script never called it.

        Raises:
            BookmarkError: the file is not what the runtime writes
        """
        try:
            if self.path.stat().st_size > MAX_FILE_BYTES:
                raise BookmarkError(f"The job's bookmark is larger than {MAX_FILE_BYTES} bytes")
            content = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError) as e:
            if isinstance(e, BookmarkError):
                raise
            raise BookmarkError(f"The job's bookmark cannot be read: {e}") from e
        if not isinstance(content, dict) or not content.get("committed"):
            return None
        states = content.get("states")
        if not isinstance(states, dict) or not all(isinstance(s, dict) for s in states.values()):
            raise BookmarkError("The job's bookmark is no JSON object of states by context")
        return states


def _states_after(bookmarks: Bookmarks, end: str, run_id: str) -> States:
    try:
        entry = bookmarks.as_of(run_id)
    except KeyError:
        raise BookmarkError(
            f"--job-bookmark-{end} {run_id}: no run of this job with this id has ended"
        ) from None
    return entry.states if entry else {}

"""The state that is kept by itself: loaded at the start, saved after changes and at the end.

What is lost by ``kill -9`` is what came after the last save: it begins `QUIET_SECONDS` after a
change, or `MOST_SECONDS` after the first of many, and not before the former one has been over for
`REST` times as long as it took.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from lakestack import changes, clock, disk
from lakestack.errors import EmulationError
from lakestack.services import faults
from lakestack.services.saved_state import folder, states

LOG = logging.getLogger(__name__)

QUIET_SECONDS = 0.5
MOST_SECONDS = 3.0
REST = 3.0
LOOK_SECONDS = 1.0
"""So often DynamoDB's databases are asked, which jobs and DMS write to past the gateway."""

AGAIN_SECONDS = 5.0
"""After a save that failed."""

SUBJECT = "saved state"


class Keeper:
    """Keeps one state.

    Attributes:
        restoring: whether what the start has loaded is still being taken up
    """

    def __init__(self) -> None:
        self.restoring = False
        self._place: Path | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._problem: str | None = None
        self._saved: str | None = None
        self._tables: Any = None
        self._lock: int | None = None

    def start(self, place: Path) -> None:
        """Load what is there, and keep it from now on.

        Raises:
            SnapshotError: it is refused, or another emulator keeps it
        """
        from lakestack.services.saved_state import procedure

        self._place = place
        self._lock = _claimed(place)
        found = procedure.begin_load(place) if folder.latest(place) is not None else None
        self._saved = found.manifest["saved"] if found else None
        self.restoring = True
        changes.taken()
        self._thread = threading.Thread(
            target=self._run, args=(found is not None,), name="saved-state", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Save what has changed, once more, and keep nothing any more."""
        if self._thread is None:
            return
        self._stopping.set()
        changes.note()
        self._thread.join()
        self._thread = None

    def describe(self) -> dict[str, Any] | None:
        """For people and ``--json``; None where nothing is kept."""
        if self._place is None:
            return None
        return {
            "folder": str(self._place),
            "saved": self._saved,
            "restoring": self.restoring,
            "problem": self._problem,
        }

    def _run(self, loaded: bool) -> None:
        from localstack.runtime import events

        events.infra_ready.wait()
        try:
            if loaded:
                self._resume()
        finally:
            self.restoring = False
        faults.keep_running(self._keep, SUBJECT, self._stopping)

    def _resume(self) -> None:
        from lakestack.services.saved_state import procedure

        for each in procedure.resume():
            faults.record(SUBJECT, each, "it does not go on as it was saved")

    def _keep(self) -> None:
        while not self._stopping.is_set():
            if not self._changed():
                continue
            began = clock.steady()
            while not self._stopping.is_set() and clock.steady() - began < MOST_SECONDS:
                changes.taken()
                if not changes.wait(QUIET_SECONDS):
                    break
            self._save()
        if changes.taken() or self._tables_changed():
            self._save()

    def _changed(self) -> bool:
        return changes.wait(LOOK_SECONDS) or self._tables_changed()

    def _tables_changed(self) -> bool:
        from lakestack.services.saved_state import tables

        try:
            now = tables.stamp()
        except EmulationError as e:
            LOG.debug("DynamoDB cannot be asked: %s", e)
            return False
        changed, self._tables = bool(now != self._tables), now
        return changed

    def _save(self) -> None:
        from lakestack.services.saved_state import procedure

        assert self._place is not None  # noqa: S101 - `start` has set it
        changes.taken()
        self._tables_changed()
        began = clock.steady()
        try:
            done = procedure.save(self._place)
        except (OSError, EmulationError) as e:
            self._failed(e)
            changes.note()
            self._stopping.wait(AGAIN_SECONDS)
            return
        if self._problem is not None:
            LOG.warning("saved again in %s", self._place)
        self._problem, self._saved = None, done["saved"]
        with contextlib.suppress(OSError):
            states.unsaved().unlink(missing_ok=True)
        if done["omitted"]:
            LOG.warning("not saved: %s", ", ".join(done["omitted"][:20]))
        if done["unfinished"]:
            LOG.warning("saved in the middle of: %s", ", ".join(done["unfinished"][:20]))
        self._stopping.wait(REST * (clock.steady() - began))

    def _failed(self, error: Exception) -> None:
        assert self._place is not None  # noqa: S101 - `start` has set it
        why = getattr(error, "message", None) or str(error)
        if isinstance(error, OSError):
            why = disk.refused(error, self._place)
        text = f"{self._place} is not saved: {why}"
        if text != self._problem:
            self._problem = text
            with contextlib.suppress(OSError):  # for `stop`, when nobody answers any more
                states.unsaved().write_text(f"{text}; the last save is of {self._saved or 'never'}")
            faults.record(
                SUBJECT,
                text,
                f"what has changed since {self._saved or 'the start'} would be lost at the end; "
                "make room or make it writable: it is tried again by itself",
            )


def _claimed(place: Path) -> int | None:
    """Keep others from the same state for as long as this process lives.

    Raises:
        SnapshotError: another emulator has it
    """
    try:
        return folder.claimed(place)
    except OSError as e:  # the first save says more
        LOG.warning("%s: %s", place.parent, e.strerror or e)
        return None


KEEPER = Keeper()


def install() -> None:
    """Load the kept state and go on keeping it, when that was asked for.

    A snapshot that is refused ends the emulator: it must not look as if it had been empty.
    """
    if states.KEPT_VARIABLE not in os.environ:
        return
    try:
        KEEPER.start(states.states_folder() / folder.CURRENT)
    except Exception as e:
        if not isinstance(e, EmulationError | OSError):
            LOG.exception("the state cannot be loaded")
        hint = getattr(e, "hint", None)
        LOG.critical("%s%s", e, f"; next: {hint}" if hint else "")
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)

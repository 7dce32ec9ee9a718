"""Where the time of a run goes, as a trace that viewers show: ``lake run --timeline FILE``.

The file is in the Trace Event Format ("JSON Object Format", complete events), which
ui.perfetto.dev and chrome://tracing open. What is in it comes from the pipeline's own clock and
from what AWS's APIs say of their work; nothing is measured inside a target.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import SettingsError
from pipeline.service_times import service_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.lake import Lake, Reporter
    from pipeline.target import Target

__all__ = ["Timeline", "TimelineReporter", "timeline_of"]

_RUN: Final = 1
_SERVICES: Final = 2
_ZERO: Final = time.time() - time.monotonic()
_SHORTEST_REQUEST: Final = 0.005
"""Seconds: shorter requests are many and tell little; they are counted."""


def now() -> float:
    """Seconds since 1970, as services tell times; a clock that is set meanwhile moves nothing."""
    return _ZERO + time.monotonic()


@dataclass
class Timeline:
    """Spans of one run; called from several threads.

    Attributes:
        file: where it is written
        began: seconds since 1970
    """

    file: Path
    began: float = field(default_factory=now)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _tracks: dict[tuple[int, str], int] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def span(
        self,
        track: str,
        name: str,
        start: float,
        end: float,
        kind: str,
        *,
        process: int = _RUN,
        **details: Any,
    ) -> None:
        """Something that took from `start` to `end`, in seconds since 1970.

        Args:
            track: the line that it is drawn in
            name: what it is
            start: of it
            end: of it
            kind: stage, wait, request or service
            process: 1 for the run's own, 2 for what services say
            details: shown when it is selected
        """
        with self._lock:
            thread = self._tracks.setdefault((process, track), len(self._tracks) + 1)
            self._events.append(
                {
                    "name": name,
                    "cat": kind,
                    "ph": "X",
                    "ts": round(start * 1e6),
                    "dur": max(0, round((end - start) * 1e6)),
                    "pid": process,
                    "tid": thread,
                    "args": details,
                }
            )

    def watch(self, target: Target) -> None:
        """Note the requests of all clients of `target`, also of those still to be made."""
        target.listen("before-call", self._before_call)
        target.listen("after-call", self._after_call)
        target.listen("after-call-error", self._after_call)

    def write(self) -> None:
        """Write the file, in one step.

        Raises:
            SettingsError: it cannot be written
        """
        names = [
            _named("process_name", _RUN, 0, "lake run"),
            _named("process_name", _SERVICES, 0, "services, by their own accounts"),
        ]
        with self._lock:
            names += [
                _named("thread_name", process, thread, track)
                for (process, track), thread in self._tracks.items()
            ]
            document = {
                "traceEvents": [*names, *self._events],
                "displayTimeUnit": "ms",
                "otherData": {"requests": dict(sorted(self._counts.items()))},
            }
        place = Path(os.path.realpath(self.file))  # of a link what it leads to, not the link
        partial = place.parent / f".timeline-{os.getpid()}"
        try:
            if place.exists() and not place.is_file():  # a device, which would be replaced
                raise _unwritable(self.file, "it is there, and no plain file")
            partial.write_text(json.dumps(document) + "\n", encoding="utf-8")
            partial.replace(place)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise _unwritable(self.file, error.strerror or str(error)) from error

    @staticmethod
    def _before_call(context: dict[str, Any], **_: Any) -> None:
        context["timeline_began"] = now()

    def _after_call(self, context: dict[str, Any], event_name: str, **_: Any) -> None:
        began, ended = context.get("timeline_began"), now()
        if began is None:
            return
        operation = event_name.split(".", 1)[1]
        with self._lock:
            self._counts[operation] = self._counts.get(operation, 0) + 1
        if ended - began >= _SHORTEST_REQUEST:
            self.span(_thread_track(), operation, began, ended, "request")


class TimelineReporter:
    """Notes stages and waits on a timeline, and tells another reporter of all."""

    def __init__(self, other: Reporter, timeline: Timeline) -> None:
        self._other, self._timeline = other, timeline
        self._began: dict[str, float] = {}
        self._waits: dict[tuple[int, str], tuple[float, float, str]] = {}
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        """See `Reporter`."""
        self._other.line(text)

    def begin(self, stage: str) -> None:
        """See `Reporter`; what the thread does until the end is the stage's."""
        self._began[stage] = now()
        _STAGE.name = stage
        self._other.begin(stage)

    def progress(self, stage: str, text: str, done: float = 0, total: float = 0) -> None:
        """See `Reporter`."""
        self._other.progress(stage, text, done, total)

    def end(self, stage: str, text: str, *, ok: bool = True) -> None:
        """See `Reporter`."""
        began = self._began.pop(stage, None)
        _STAGE.name = ""
        if began is not None:
            self._timeline.span(stage, stage, began, now(), "stage", ok=ok, result=text)
        self._other.end(stage, text, ok=ok)

    def waiting(self, what: str, usual: int | None, seconds: float) -> None:
        """See `Reporter`; one span for a wait, however often it is looked at."""
        at, key = now(), (threading.get_ident(), what)
        with self._lock:
            before = self._waits.get(key)
            start = at - seconds
            if before and abs(before[0] - start) > 1:  # another wait for the same
                self._close(what, before)
            self._waits[key] = (start, at, _thread_track())
        self._other.waiting(what, usual, seconds)

    def finish(self) -> None:
        """Note the waits that have been going on last."""
        with self._lock:
            for (_, what), wait in self._waits.items():
                self._close(what, wait)
            self._waits.clear()

    def _close(self, what: str, wait: tuple[float, float, str]) -> None:
        start, end, track = wait
        self._timeline.span(track, f"wait: {what}", start, end, "wait")


class _Stage(threading.local):
    name = ""


_STAGE: Final = _Stage()


def _thread_track() -> str:
    """The stage that the thread is at, or else the thread."""
    return _STAGE.name or threading.current_thread().name


def _named(kind: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}


@contextmanager
def timeline_of(lake: Lake, file: Path | None) -> Iterator[None]:
    """Note all that is done to `lake` within the block, and write it also when that fails.

    Args:
        lake: its reporter is replaced
        file: None: nothing is noted

    Raises:
        SettingsError: the file cannot be written; where the block fails, its error has a note
    """
    if file is None:
        yield
        return
    timeline = Timeline(file)
    timeline.write()  # or else it is found after the run
    timeline.watch(lake.target)
    reporter = TimelineReporter(lake.reporter, timeline)
    lake.reporter = reporter
    lake.stacks = replace(lake.stacks, waiting=reporter.waiting)
    try:
        yield
    except BaseException as error:
        try:
            _finish(lake, timeline, reporter)
        except SettingsError as unwritten:  # what ended the run matters more
            error.add_note(unwritten.message)
        raise
    _finish(lake, timeline, reporter)


def _finish(lake: Lake, timeline: Timeline, reporter: TimelineReporter) -> None:
    reporter.finish()
    for span in service_spans(lake, timeline.began):
        timeline.span(span.track, span.name, span.start, span.end, "service", process=_SERVICES)
    timeline.write()


def _unwritable(file: Path, why: str) -> SettingsError:
    return SettingsError(
        f"The timeline {str(file)!r} cannot be written: {why}.",
        "Name a file in a folder that is there: lake run --timeline timeline.json",
    )

"""What people see: progress while a run is at work, tables after it.

Progress goes to stderr: bars on a terminal, plain lines otherwise. Results go to stdout.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pipeline.check import Check
from pipeline.console.narrow_table import print_table
from pipeline.lake import Reporter
from pipeline.text.counted import counted
from pipeline.text.durations import waiting_text
from pipeline.text.pasteable import pasteable
from pipeline.text.printable import printable

if TYPE_CHECKING:
    from pipeline.destroy.destruction import Destruction
    from pipeline.lists.command import Lists
    from pipeline.reconciliation import Hop
    from pipeline.runner import RunResult
    from pipeline.stages.recommend import Recommendations
    from pipeline.status import LakeStatus
    from pipeline.verify import Verification

__all__ = [
    "PlainReporter",
    "TerminalReporter",
    "print_checks",
    "print_destruction",
    "print_recommendations",
    "print_run",
    "print_status",
    "print_verification",
    "reporter",
    "stdout_console",
]

SECONDS_BETWEEN_LINES: Final = 5.0
SECONDS_BEFORE_A_WAIT_IS_LONG: Final = 20.0
SECONDS_BETWEEN_LINES_OF_A_WAIT: Final = 60.0
WIDTH_WITHOUT_TERMINAL: Final = 110


def cell(text: str, style: str = "") -> Text:
    """One line of text for a table or a progress bar, never taken for markup."""
    return Text(printable(text), style=style)


class LakeConsole(Console):
    """A console that takes no string for markup or emoji, and escapes what is not printable.

    A `rich.text.Text` is printed as it is: make it with `cell`.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **settings})

    def on_broken_pipe(self) -> None:
        """Let the command line end it as it ends what else is written; rich would exit with 1."""
        raise BrokenPipeError

    def render_str(self, text: str, **settings: Any) -> Text:  # type: ignore[override]
        return super().render_str(printable(text, lines=True), **settings)


class _Patience:
    """Which waits are worth a line: long ones, once a minute."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def text(self, what: str, usual: int | None, seconds: float) -> str | None:
        """The line, None while there is none to be said."""
        if seconds < SECONDS_BEFORE_A_WAIT_IS_LONG:
            self._due.pop(what, None)
        if seconds < self._due.get(what, SECONDS_BEFORE_A_WAIT_IS_LONG):
            return None
        self._due[what] = seconds + SECONDS_BETWEEN_LINES_OF_A_WAIT
        return waiting_text(what, seconds, usual)


class PlainReporter:
    """Lines for logs: beginning, end, and at intervals where a stage is."""

    def __init__(self, console: LakeConsole) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}
        self._said: dict[str, float] = {}
        self._patience = _Patience()

    def line(self, text: str) -> None:
        with self._lock:
            self._console.print(text, soft_wrap=True)

    def begin(self, stage: str) -> None:
        self._began[stage] = self._said[stage] = time.monotonic()
        self.line(f"{stage}: begins")

    def progress(self, stage: str, text: str, done: float = 0, total: float = 0) -> None:
        now = time.monotonic()
        if now - self._said.get(stage, 0) >= SECONDS_BETWEEN_LINES:
            self._said[stage] = now
            share = f" ({done / total:.0%})" if total else ""
            self.line(f"{stage}: {text}{share}")

    def end(self, stage: str, text: str, *, ok: bool = True) -> None:
        seconds = time.monotonic() - self._began.get(stage, time.monotonic())
        self.line(f"{stage}: {'done' if ok else 'FAILED'} in {seconds:.1f} s: {text}")

    def waiting(self, what: str, usual: int | None, seconds: float) -> None:
        if text := self._patience.text(what, usual, seconds):
            self.line(text)


class TerminalReporter:
    """Spinners and bars; a line stays for each stage that has ended."""

    def __init__(self, console: LakeConsole) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<14}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[text]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}
        self._lock = threading.Lock()
        self._patience = _Patience()

    def line(self, text: str) -> None:
        self._progress.console.print(text)

    def begin(self, stage: str) -> None:
        with self._lock:
            if not self._tasks:
                self._progress.start()
                atexit.register(self._progress.stop)
            self._began[stage] = time.monotonic()
            self._tasks[stage] = self._progress.add_task(stage, total=None, text="")

    def progress(self, stage: str, text: str, done: float = 0, total: float = 0) -> None:
        if stage in self._tasks:
            self._progress.update(
                self._tasks[stage], text=printable(text), completed=done, total=total or None
            )

    def end(self, stage: str, text: str, *, ok: bool = True) -> None:
        with self._lock:
            task = self._tasks.pop(stage, None)
            if task is not None:
                self._progress.remove_task(task)
            seconds = time.monotonic() - self._began.get(stage, time.monotonic())
            line = Text("✓" if ok else "✗", style="green" if ok else "red")
            line.append(printable(f" {stage:<14} {seconds:6.1f} s  {text}"), style="default")
            self._progress.console.print(line, soft_wrap=True)
            if not self._tasks:
                self._progress.stop()
                atexit.unregister(self._progress.stop)

    def waiting(self, what: str, usual: int | None, seconds: float) -> None:
        if text := self._patience.text(what, usual, seconds):
            self.line(text)


def reporter() -> Reporter:
    """The reporter that fits where stderr goes."""
    console = LakeConsole(stderr=True)
    return TerminalReporter(console) if console.is_terminal else PlainReporter(console)


def print_run(result: RunResult) -> None:
    """Reconciliation, titles, and how long it took."""
    console = stdout_console()
    if result.verification:
        _print_hops(console, result.verification.hops)
        _print_faults(console, result.verification)
    if result.recommendations:
        print_recommendations(result.recommendations)
    skipped = sum(outcome.skipped for outcome in result.outcomes)
    console.print(
        f"{counted(len(result.outcomes), 'stage')}, {skipped} done before, {result.seconds:.1f} s; "
        f"data: {result.origin}",
        soft_wrap=True,
    )


def print_status(status: LakeStatus) -> None:
    """Stacks and stages."""
    console = stdout_console()
    table = Table("stack", "status", title="Stacks", title_justify="left")
    for name, state in status.stacks.items():
        table.add_row(cell(name), cell(state or "-"))
    print_table(console, table)
    table = Table("stage", "status", "finished", "seconds", "counts", title="Stages")
    for name, record in status.stages.items():
        if record is None:
            table.add_row(cell(name), "-", "", "", "")
            continue
        counts = ", ".join(f"{k} {v:,}" for k, v in record.counts.items())
        state = "lost" if name in status.lost else record.status
        seconds = f"{record.seconds:.1f}" if record.finished else ""
        texts = (name, state, record.finished, seconds, counts)
        table.add_row(*map(cell, texts))
    print_table(console, table)
    if status.paused:
        console.print(pasteable("paused: lake run brings back what bills by the hour"))
    if status.costs:
        console.print(status.costs.text, soft_wrap=True)


def print_verification(verification: Verification) -> None:
    """Validation steps lab by lab, then the reconciliation."""
    console = stdout_console()
    table = Table("lab", "step", "what", "", "found", title="Validation", title_justify="left")
    for finding in verification.findings:
        mark = Text("ok", style="green") if finding.ok else Text("FAILED", style="red")
        where = map(cell, (str(finding.lab), finding.number, finding.step))
        table.add_row(*where, mark, cell(finding.found))
    print_table(console, table)
    if verification.hops:
        _print_hops(console, verification.hops)


def print_recommendations(found: Recommendations) -> None:
    """Titles, best first."""
    whom = "you" if found.user_id is None else f"user {found.user_id}"
    reasons = ("because you rated",) if any(title.because for title in found.titles) else ()
    table = Table(
        *("#", "title", "score", *reasons),
        title=cell(f"Recommended for {whom} ({found.reason})"),
        title_justify="left",
    )
    for number, title in enumerate(found.titles, 1):
        because = [cell("; ".join(title.because))] if reasons else []
        table.add_row(str(number), cell(title.title), f"{title.score:.3f}", *because)
    print_table(stdout_console(), table)


def print_lists(found: Lists) -> None:
    """Where everybody's lists are, and how to look one up."""
    console = stdout_console()
    removed = f"; {found.removed:,} of former users removed" if found.removed else ""
    console.print(
        f"the {found.k} best movies of {counted(found.users, 'user')} in table {found.table}, made "
        f"by transform job {found.job}{removed}",
        soft_wrap=True,
    )
    console.print(pasteable("look one up with: lake lists 1"))


def print_destruction(found: Destruction) -> None:
    """What was or would be deleted, and what is left."""
    console = stdout_console()
    deleted = "would delete" if found.dry_run else "deleted"
    for step in found.steps:
        name = f"step {step.numbers}: {step.what}" if step.numbers else step.what
        nothing = "" if step.deleted else ": nothing there"
        console.print(f"{name}{nothing}")
        for text in step.deleted:
            console.print(f"{deleted} {text}", soft_wrap=True)
    for text in found.kept:
        console.print(f"kept    {text}", soft_wrap=True)
    for text in found.leftovers:
        console.print(f"LEFT    {text}", soft_wrap=True)
    if found.dry_run:
        console.print("nothing was done")
    elif not found.leftovers:
        console.print("nothing of the lake is left")


def print_checks(checks: Sequence[Check], *, stderr: bool = False) -> None:
    """One line for each check, and what fixes the bad ones or finds out what is not known."""
    console = LakeConsole(stderr=True) if stderr else stdout_console()
    for check in checks:
        mark = Text("ok      ", style="green") if check.ok else Text("FAILED  ", style="red")
        if check.ok and check.fix:
            mark = Text("?       ", style="yellow")
        console.print(mark, end="")
        console.print(f"{check.name}: {check.detail}", soft_wrap=True)
        if check.fix:
            console.print(f"         → {pasteable(check.fix)}", soft_wrap=True)


def _print_hops(console: LakeConsole, hops: Sequence[Hop]) -> None:
    # Fits into 80 columns.
    table = Table(
        title="Reconciliation",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    table.add_column("hop", no_wrap=True)
    for name in ("source", "written", "rejected", "duplicates", "difference"):
        table.add_column(name, justify="right")
    for hop in hops:
        red = "red" if hop.difference else ""
        difference = cell(f"{hop.difference:+,}" if hop.difference else "0", red)
        numbers = (hop.source, hop.written, hop.rejected, hop.duplicates)
        table.add_row(cell(hop.name), *(f"{n:,}" for n in numbers), difference)
    print_table(console, table)


def _print_faults(console: LakeConsole, verification: Verification) -> None:
    for fault in verification.faults():
        console.print(f"FAILED  {fault}", soft_wrap=True)


def stdout_console() -> LakeConsole:
    """Of results; wide enough for most tables where there is no terminal."""
    console = LakeConsole()
    if not console.is_terminal:
        console = LakeConsole(width=WIDTH_WITHOUT_TERMINAL)
    return console

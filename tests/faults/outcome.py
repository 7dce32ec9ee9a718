"""What becomes of a lake after a fault: it goes on, or stops with a sentence and converges."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from tests import support
from tests.faults import processes
from tests.faults.lake import FaultyLake
from tests.integration.faults.lake_runs import Background, Finished

WENT_ON, CONVERGED, FAILED, SKIPPED = "went on", "stopped, converged", "FAILED", "skipped"
RUN_SECONDS: Final = 660.0
"""The longest wait of a stage, and a little."""
ROUNDS: Final = 6
SETTLE_SECONDS: Final = 30.0
_COMMAND: Final = re.compile(
    r"\b(?:lake (?P<lake>(?:emulator )?(?:run|start|stop|destroy)[a-z_ -]*)|make (?P<make>\w+))"
)
RECIPE: Final = (("emulator", "start"), ("run",))
"""What the README says after a crash; for an error that names no command which changes anything."""
_MAKE: Final = {"local": RECIPE, "down": (("emulator", "stop"),)}
"""What these targets call."""


class FaultFoundError(Exception):
    """The lake did not do what it promises; the text says which promise and what was seen."""


@dataclass(frozen=True)
class Convergence:
    """How a lake came to be whole again."""

    reruns: int
    commands: tuple[str, ...]
    document: dict[str, Any]
    """Of the last ``lake run --json``, which found nothing off."""


def ended(run: Background) -> Finished:
    """The disturbed run's end.

    Raises:
        FaultFoundError: it does not end
    """
    try:
        return run.end(RUN_SECONDS)
    except subprocess.TimeoutExpired:
        run.kill()
        raise FaultFoundError(
            f"`lake run` has not ended after {RUN_SECONDS:g} s: {run.said()[-300:]}"
        ) from None


def require_clean(call: Finished, what: str) -> None:
    """Of a command that failed: one sentence, a next command, exit code 1, no traceback.

    Raises:
        FaultFoundError: it is not so
    """
    message, hint = call.error
    if "Traceback" in call.stderr:
        raise FaultFoundError(f"`{what}` shows a traceback: {call.stderr[-400:]}")
    if call.code != 1 or not message or not hint:
        raise FaultFoundError(
            f"`{what}` ended with {call.code} and names no next command: {call.stderr[-400:]}"
        )


def next_commands(call: Finished) -> list[tuple[str, ...]]:
    """The commands that an error tells people to give, in order."""
    _, hint = call.error
    found: list[tuple[str, ...]] = []
    for match in _COMMAND.finditer(hint):
        found += [tuple(match["lake"].split())] if match["lake"] else _MAKE.get(match["make"], ())
    return found or list(RECIPE)


def converge(lake: FaultyLake, disturbed: Finished, killed: bool) -> Convergence:
    """Do what the errors say until the lake verifies, then see that a run changes nothing.

    Args:
        disturbed: how the disturbed run ended
        killed: whether the fault was its own death, which leaves no error to read

    Raises:
        FaultFoundError: it never does, or an error is no help
    """
    done: list[str] = []
    last, what = disturbed, "lake run"
    todo: list[tuple[str, ...]] = list(RECIPE) if killed and disturbed.code != 0 else []
    for _ in range(ROUNDS):
        if not todo and last.code == 0:
            last, what = lake.machine.lake("verify", "--json"), "lake verify"
            if last.code == 0:
                return _settled(lake, done)
        if not todo:
            require_clean(last, what)
            todo = next_commands(last)
        while todo:
            words, todo = todo[0], todo[1:]
            last, what = _call(lake, words), f"lake {' '.join(words)}"
            done.append(what)
            if last.code != 0:
                todo = []
    raise FaultFoundError(f"no convergence after {', '.join(done)}: {' → '.join(last.error)[:400]}")


def _call(lake: FaultyLake, words: tuple[str, ...]) -> Finished:
    if words == ("emulator", "start"):
        return lake.machine.start()
    if words[0] == "run":
        return ended(lake.begin(*words[1:]))
    return lake.machine.lake(*words)


def _settled(lake: FaultyLake, done: list[str]) -> Convergence:
    last = ended(lake.begin("--json"))
    if last.code != 0:
        raise FaultFoundError(f"verified, but the next run fails: {' → '.join(last.error)[:400]}")
    reruns = sum(command.startswith("lake run") for command in done)
    return Convergence(reruns, tuple(done), last.document)


def require_same(found: dict[str, Any], undisturbed: dict[str, Any]) -> None:
    """Everything that was counted is what it is without a fault.

    Raises:
        FaultFoundError: something differs, which it names
    """
    different = [
        f"{name}: {str(found.get(name))[:120]}, undisturbed {str(value)[:120]}"
        for name, value in undisturbed.items()
        if found.get(name) != value
    ]
    if different or found.keys() != undisturbed.keys():
        raise FaultFoundError("the lake differs: " + "; ".join(different[:3]))


def require_settled(lake: FaultyLake) -> None:
    """The processes are those of a lake at rest.

    Raises:
        FaultFoundError: more or fewer
    """
    wanted = Counter(processes.LASTING)
    try:
        support.wait_until(lambda: processes.running(lake) == wanted, SETTLE_SECONDS, every=0.2)
    except AssertionError:
        found = processes.running(lake)
        raise FaultFoundError(
            f"processes: too many {dict(found - wanted)}, missing {dict(wanted - found)}"
        ) from None


def stop_leaves_nothing(lake: FaultyLake) -> None:
    """``lake emulator stop`` ends whatever the rows have left.

    Raises:
        FaultFoundError: something is left
    """
    stopped = lake.machine.stop()
    left = [" ".join(process.cmdline())[:120] for process in lake.processes()]
    if stopped.code != 0 or left:
        raise FaultFoundError(f"after lake emulator stop: {stopped.stderr[-300:]} {left}")

"""Where the states of a definition lead, and what AWS refuses about it.

AWS Step Functions Developer Guide, "State machine structure in Amazon States Language" and
"Transitions"; the words for targets are those of CreateStateMachine's answers that people report.
LocalStack 4.9.2 finds such faults when an execution comes to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


def faults(definition: str) -> list[str]:
    """What is wrong with a definition, as AWS names it.

    Args:
        definition: JSON; a definition without States has no faults here
    """
    machine = json.loads(definition)
    return list(_machine(machine, "")) if isinstance(machine, dict) else []


def _machine(machine: Document, at: str) -> Iterator[str]:
    states = machine.get("States")
    if not isinstance(states, dict):
        return
    entered = {str(machine.get("StartAt"))}
    if machine.get("StartAt") not in states:
        yield _missing(machine.get("StartAt"), f"{at}/StartAt")
    for name, state in states.items():
        if not isinstance(state, dict):
            continue
        here = f"{at}/States/{name}"
        for target, where in _targets(state):
            if target not in states:
                yield _missing(target, f"{here}{where}")
            elif target != name:
                entered.add(target)
        for inner, where in _inner(state):
            yield from _machine(inner, f"{here}{where}")
    for name in states:
        if name not in entered:
            yield (
                f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {at}/States/{name}'
            )


def _targets(state: Document) -> Iterator[tuple[str, str]]:
    """Names of the states that follow, and where in the state they are."""
    for member in ("Next", "Default"):
        if isinstance(state.get(member), str):
            yield state[member], f"/{member}"
    for member in ("Choices", "Catch"):
        for number, each in enumerate(_objects(state.get(member))):
            if isinstance(each.get("Next"), str):
                yield each["Next"], f"/{member}[{number}]/Next"


def _inner(state: Document) -> Iterator[tuple[Document, str]]:
    for number, branch in enumerate(_objects(state.get("Branches"))):
        yield branch, f"/Branches[{number}]"
    for member in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(member), dict):
            yield state[member], f"/{member}"


def _objects(value: Any) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _missing(target: Any, where: str) -> str:
    return f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {where}"

"""The ItemBatchers of a definition: taken out before it is parsed, given to its states after.

Also a ToleratedFailurePercentage that is written without a fraction, which LocalStack's grammar
does not know.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from localstack.services.stepfunctions.asl.component.state.state_execution.state_map import (
    state_map,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_parallel import (
    state_parallel,
)
from localstack.services.stepfunctions.asl.parse.asl_parser import ASLParserException

from lakestack import patches
from lakestack.services.distributed_map.batches import FIELD, BatcherError, ItemBatcher

ATTRIBUTE = "lake_item_batcher"
"""Of LocalStack's iteration component."""
_PERCENTAGE = "ToleratedFailurePercentage"


def parse(definition: str) -> Any:
    """Parse a definition as LocalStack does, and with its ItemBatchers.

    Raises:
        ASLParserException: the definition, or an ItemBatcher, is not valid
    """
    original = patches.original("distributed_map.parse")
    if not any(f'"{name}"' in definition for name in (FIELD, _PERCENTAGE)):
        return original(definition)
    try:
        document = json.loads(definition)
    except ValueError:
        return original(definition)  # says what is wrong
    stripped = copy.deepcopy(document)
    try:
        for name, state in _map_states(stripped):
            if FIELD in state:
                processor = state.get("ItemProcessor")
                ItemBatcher.parse(name, state.pop(FIELD), processor)
            if type(state.get(_PERCENTAGE)) is int:
                state[_PERCENTAGE] = float(state[_PERCENTAGE])
    except BatcherError as e:
        raise ASLParserException([str(e)]) from e
    program, tree = original(json.dumps(stripped))
    _give(document, program.states.states)
    return program, tree


def _map_states(program: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The Map states of a program, the inner ones too."""
    states = program.get("States") if isinstance(program, dict) else None
    for name, state in states.items() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        if state.get("Type") == "Map":
            yield name, state
            yield from _map_states(state.get("ItemProcessor") or state.get("Iterator"))
        elif state.get("Type") == "Parallel":
            for branch in state.get("Branches") or ():
                yield from _map_states(branch)


def _give(document: Any, components: dict[str, Any]) -> None:
    for name, state in document["States"].items():
        component = components[name]
        if isinstance(component, state_map.StateMap):
            processor = state.get("ItemProcessor") or state.get("Iterator")
            iteration = component.iteration_component
            if FIELD in state:
                batcher = ItemBatcher.parse(name, state[FIELD], processor)
                setattr(iteration, ATTRIBUTE, batcher)
            _give(processor, iteration._states.states)
        elif isinstance(component, state_parallel.StateParallel):
            for branch, program in zip(state["Branches"], component.branches.programs, strict=True):
                _give(branch, program.states.states)

"""What LocalStack's grammar does not know of a Map: taken out before it is parsed, given after.

Those are ItemBatcher, WriterConfig of ResultWriter, a ToleratedFailurePercentage that is written
without a fraction, and the ExecutionType EXPRESS, which runs as STANDARD does.
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
from lakestack.services.distributed_map.writer import WriterConfig, WriterError

ATTRIBUTE = "lake_item_batcher"
CONFIG = "lake_writer_config"
RESULT_WRITER = "lake_result_writer"
"""Of LocalStack's iteration component."""
_PERCENTAGE, _WRITER, _EXPRESS = "ToleratedFailurePercentage", "ResultWriter", "EXPRESS"
_PROCESSORS = ("ItemProcessor", "Iterator")


def parse(definition: str) -> Any:
    """Parse a definition as LocalStack does, and with what its grammar does not know.

    Raises:
        ASLParserException: the definition, an ItemBatcher or a WriterConfig is not valid
    """
    original = patches.original("distributed_map.parse")
    if not any(f'"{name}"' in definition for name in (FIELD, _PERCENTAGE, _WRITER, _EXPRESS)):
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
            if isinstance(state.get(_WRITER), dict):
                _take_config(name, state)
            _as_standard(state)
    except (BatcherError, WriterError) as e:
        raise ASLParserException([str(e)]) from e
    program, tree = original(json.dumps(stripped))
    _give(document, program.states.states)
    return program, tree


def _take_config(name: str, state: dict[str, Any]) -> None:
    """Take WriterConfig out, and a ResultWriter of nothing else with it."""
    WriterConfig.parse(name, state[_WRITER])
    if not any(_distributed(state.get(member)) for member in _PROCESSORS):
        raise WriterError(f"{_WRITER} of state '{name}' is only for a Map with Mode DISTRIBUTED")
    state[_WRITER].pop(WriterConfig.FIELD, None)
    if not state[_WRITER]:
        del state[_WRITER]


def _as_standard(state: dict[str, Any]) -> None:
    for member in _PROCESSORS:
        config = _distributed(state.get(member))
        if config.get("ExecutionType") == _EXPRESS:
            config["ExecutionType"] = "STANDARD"


def _distributed(processor: Any) -> dict[str, Any]:
    """The ProcessorConfig, where its Mode is DISTRIBUTED; else an empty one."""
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return config if isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED" else {}


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
            if isinstance(state.get(_WRITER), dict):
                setattr(iteration, CONFIG, WriterConfig.parse(name, state[_WRITER]))
                setattr(iteration, RESULT_WRITER, component.result_writer)
            _give(processor, iteration._states.states)
        elif isinstance(component, state_parallel.StateParallel):
            for branch, program in zip(state["Branches"], component.branches.programs, strict=True):
                _give(branch, program.states.states)

"""What the parts of a definition are made of, and what AWS says where one is not.

AWS Step Functions Developer Guide, "State machine structure in Amazon States Language" and the
pages of the states; the words are those of ValidateStateMachineDefinition's answers that people
have recorded, in `schema_tables` with what they are about. LocalStack 4.9.2 answers with what its
parser has expected, or with objects of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from lakestack.services.stepfunctions.schema_tables import (
    ALL,
    ALTERNATIVES,
    BOTH,
    CATCHER,
    CHOSEN,
    COMPARISONS,
    COUNTED,
    ENDING,
    FIELDS,
    JSONATA_ONLY,
    JSONPATH_ONLY,
    KINDS,
    LANGUAGES,
    LEAST,
    MACHINE,
    MOST,
    NAMED,
    PAIRS,
    REQUIRED,
    RETRIER,
    TYPES,
    VALUES,
)

Document = dict[str, Any]

FAILED = "SCHEMA_VALIDATION_FAILED:"


def faults(definition: str) -> list[str]:
    """What is wrong with the form of a definition, as AWS names it."""
    try:
        machine = json.loads(definition) if definition.strip() else None
    except (ValueError, RecursionError) as e:
        return [_no_json(definition, e)]
    if not isinstance(machine, dict):
        return [f"{FAILED} Definition must be a valid JSON object"]
    return [f"{FAILED} {what} at {where or '/'}" for what, where in _whole(machine)]


def _no_json(definition: str, error: Exception) -> str:
    line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
    text = getattr(error, "msg", "nested too deeply")
    source = f'[Source: (String)"{definition[:500]}"; line: {line}, column: {column}]'
    return f"INVALID_JSON_DESCRIPTION: {text}\n at {source}"


Fault = tuple[str, str]
"""What is wrong, and where."""


def _whole(machine: Document) -> Iterator[Fault]:
    yield from _unknown(machine, MACHINE, "")
    yield from _values(machine, "", {**LEAST, "TimeoutSeconds": 0})
    language = machine.get("QueryLanguage")
    yield from _machine(machine, "", "JSONata" if language == "JSONata" else "JSONPath")


def _machine(machine: Document, at: str, language: str) -> Iterator[Fault]:
    if missing := [name for name in ("States", "StartAt") if name not in machine]:
        yield _required(missing), at
    states = machine.get("States")
    if not isinstance(states, dict):
        return
    for name, state in states.items():
        here = f"{at}/States/{name}"
        if not isinstance(state, dict):
            yield "Expected value of type Object", here
        elif "Type" not in state:
            yield _required(["Type"]), here
        elif state["Type"] not in TYPES:
            yield (
                f"The field 'Type' should have one of these values: [{', '.join(TYPES)}]",
                f"{here}/Type",
            )
        else:
            yield from _state(state, here, language)


def _state(state: Document, here: str, language: str) -> Iterator[Fault]:
    kind = state["Type"]
    yield from _unknown(state, (*NAMED, *FIELDS[kind]), here)
    yield from _language(state, here, language)
    if missing := [name for name in REQUIRED.get(kind, ()) if name not in state]:
        yield _required(missing), here
    yield from _values(state, here)
    for names in PAIRS:
        yield from _one_at_most(state, names, here)
    if (needed := ALTERNATIVES.get(kind)) is not None:
        if not any(name in state for name in needed):
            yield _one_of(needed), here
        yield from _one_at_most(state, needed, here)
    if kind not in ENDING and "Next" not in state and state.get("End") is not True:
        yield _one_of(("Next", "End")), here
    yield from _handlers(state, here)
    for number, rule in enumerate(_objects(state.get("Choices"))):
        yield from _choice(rule, f"{here}/Choices[{number}]")
    for number, branch in enumerate(_objects(state.get("Branches"))):
        yield from _machine(branch, f"{here}/Branches[{number}]", language)
    for member in ("ItemProcessor", "Iterator"):
        if isinstance(inner := state.get(member), dict):
            yield from _processor(inner, f"{here}/{member}", language)


def _processor(inner: Document, here: str, language: str) -> Iterator[Fault]:
    if "QueryLanguage" in inner:
        yield "Field 'QueryLanguage' is not supported", here
    yield from _values(inner, here)
    config = inner.get("ProcessorConfig")
    if isinstance(config, dict):
        yield from _values(config, f"{here}/ProcessorConfig")
        if config.get("Mode") == "DISTRIBUTED" and "ExecutionType" not in config:
            yield _required(["ExecutionType"]), f"{here}/ProcessorConfig"
    yield from _machine(inner, here, language)


def _language(state: Document, here: str, language: str) -> Iterator[Fault]:
    own = state.get("QueryLanguage", language)
    if own == "JSONPath" and language == "JSONata":
        yield (
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            here,
        )
    if own not in LANGUAGES:
        return
    other = "JSONata" if own == "JSONPath" else "JSONPath"
    for name in JSONATA_ONLY if own == "JSONPath" else JSONPATH_ONLY:
        if name in state and name in FIELDS[state["Type"]]:
            yield (
                f"The QueryLanguage is set to '{own}', but field '{name}' is only supported for "
                f"the '{other}' QueryLanguage",
                here,
            )


def _handlers(state: Document, here: str) -> Iterator[Fault]:
    """Retriers and catchers; States.ALL stands alone, and in the last one."""
    for member, fields, needed in (
        ("Retry", RETRIER, ("ErrorEquals",)),
        ("Catch", CATCHER, ("ErrorEquals", "Next")),
    ):
        handlers = _objects(state.get(member))
        for number, each in enumerate(handlers):
            where = f"{here}/{member}[{number}]"
            yield from _unknown(each, fields, where)
            if missing := [name for name in needed if name not in each]:
                yield _required(missing), where
            yield from _values(each, where)
            errors = each.get("ErrorEquals")
            alone = errors == [ALL] and number == len(handlers) - 1
            if isinstance(errors, list) and ALL in errors and not alone:
                yield f"{ALL} must appear alone and at end of list", f"{where}/ErrorEquals"


def _choice(rule: Document, here: str) -> Iterator[Fault]:
    if "Next" not in rule:
        yield _required(["Next"]), here
    yield from _rule(rule, here)


def _rule(rule: Document, here: str) -> Iterator[Fault]:
    yield from _unknown(rule, (*CHOSEN, *COMPARISONS, "Next", "Comment", "Assign", "Output"), here)
    chosen = [name for name in CHOSEN if name in rule]
    if len(chosen) != 1:
        yield (
            f"The object must have only one of the following fields, [{', '.join(CHOSEN)}]",
            here,
        )
    if chosen == ["Variable"]:
        operators = [name for name in COMPARISONS if name in rule]
        if not operators:
            yield _one_of(COMPARISONS), here
        elif len(operators) > 1:
            yield BOTH.format(", ".join(COMPARISONS)), here
    inner = [
        (f"{here}/{name}[{number}]", each)
        for name in ("And", "Or")
        for number, each in enumerate(_objects(rule.get(name)))
    ]
    if isinstance(negated := rule.get("Not"), dict):
        inner.append((f"{here}/Not", negated))
    for where, each in inner:
        if "Next" in each:
            yield "Field 'Next' is not supported", where
        yield from _rule(each, where)


def _unknown(holder: Document, fields: tuple[str, ...], here: str) -> Iterator[Fault]:
    for name in holder:
        if name not in fields:
            yield f"Field '{name}' is not supported", here


def _values(
    holder: Document, here: str, least: Mapping[str, float] = MappingProxyType(LEAST)
) -> Iterator[Fault]:
    """Types, ranges and lists of values, by the name of the field."""
    for name, value in holder.items():
        where = f"{here}/{name}"
        kind = KINDS.get(name)
        if kind is None or value is None or _is_expression(value):
            continue
        types, said = kind
        if not _is(value, types):
            yield f"Expected value of type {said}", where
        elif name in VALUES and value not in VALUES[name]:
            yield f"Value should be one of the following: [{', '.join(VALUES[name])}]", where
        elif name in least and value < least[name]:
            yield f"Minimum value is {least[name]}", where
        elif name in MOST and value > MOST[name]:
            yield f"Maximum value is {MOST[name]}", where
        elif name in COUNTED and not value:
            yield "Value cannot be empty", where
        elif name == "Resource" and not value.startswith("arn:"):
            yield "Value is not a valid resource ARN", where


def _one_at_most(holder: Document, names: tuple[str, ...], here: str) -> Iterator[Fault]:
    if sum(name in holder for name in names) > 1:
        yield BOTH.format(", ".join(names)), here


def _one_of(names: tuple[str, ...]) -> str:
    return f"This object should have only one of the following fields: [{', '.join(names)}]"


def _required(names: list[str]) -> str:
    return f"These fields are required: [{', '.join(names)}]"


def _is(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{%")


def _objects(value: Any) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []

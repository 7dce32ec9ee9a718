"""Fields of states whose values AWS refuses when a machine is made.

AWS Step Functions Developer Guide, "Choice workflow state", "Manipulate parameters in Step
Functions workflows", "Using JSONPath paths", "Intrinsic functions for JSONPath states" and
"Learning to use AWS service SDK integrations"; the words are those of CreateStateMachine's answers
that people report, but for operands of a wrong type. LocalStack 4.9.2 finds such faults when an
execution comes to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from localstack.aws.spec import load_service

from lakestack.services.sdk_names import boto_name
from lakestack.services.stepfunctions import paths
from lakestack.services.stepfunctions.integrations import PATTERNS

Document = dict[str, Any]

MAX_NAME = 80
_FAILED = "SCHEMA_VALIDATION_FAILED:"
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials")
_INNER_TEMPLATES = {
    "ItemBatcher": ("BatchInput",),
    "ItemReader": ("Parameters",),
    "ResultWriter": ("Parameters",),
}
_PATHS = (
    *("InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath"),
    *("TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath"),
    *("ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
)
_NULLABLE = ("InputPath", "OutputPath", "ResultPath")
_OPERATOR = re.compile(r"(Numeric|String|Boolean|Timestamp|Is)[A-Z]\w*")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "Numeric": ((int, float), "a number"),
    "String": ((str,), "a string"),
    "Boolean": ((bool,), "a boolean"),
    "Is": ((bool,), "a boolean"),
    "Timestamp": ((str,), "a timestamp such as 2024-08-18T17:33:00Z"),
}
_SDK = re.compile(r"arn:aws[a-z-]*:states:[^:]*:[^:]*:aws-sdk:(?P<operation>.*)", re.DOTALL)
_OPTIMIZED = re.compile(
    r"arn:aws[a-z-]*:states:[^:]*:[^:]*:(?P<service>[a-z]+):\w+\.(?P<pattern>.+)", re.ASCII
)
_OPERATION = re.compile(
    r"(?P<service>[a-z0-9-]+):(?P<action>[a-z]\w*)(\.waitForTaskToken)?", re.ASCII
)


def faults(definition: str) -> list[str]:
    """What is wrong with the fields of a definition's states, as AWS names it.

    Args:
        definition: JSON

    Raises:
        ValueError: it is none
    """
    machine = json.loads(definition)
    return list(_machine(machine, "", "JSONPath")) if isinstance(machine, dict) else []


def _machine(machine: Document, at: str, language: str) -> Iterator[str]:
    states = machine.get("States")
    if not isinstance(states, dict):
        return
    language = str(machine.get("QueryLanguage") or language)
    for name, state in states.items():
        here = f"{at}/States/{name}"
        if len(name) > MAX_NAME:
            yield (
                f"INVALID_STATE_NAME: Invalid State name: State '{name}' exceeds the "
                f"{MAX_NAME}-character limit allowed by the service at {here}"
            )
        if not isinstance(state, dict):
            continue
        yield from _resource(state, here)
        if str(state.get("QueryLanguage") or language) == "JSONPath":
            yield from _in_json_path(state, here)
        for number, branch in enumerate(_objects(state.get("Branches"))):
            yield from _machine(branch, f"{here}/Branches[{number}]", language)
        for member in ("ItemProcessor", "Iterator"):
            yield from _machine(_object(state.get(member)), f"{here}/{member}", language)


def _in_json_path(state: Document, here: str) -> Iterator[str]:
    yield from _fields(state, here)
    for member in ("Choices", "Catch"):
        for number, each in enumerate(_objects(state.get(member))):
            inside = f"{here}/{member}[{number}]"
            yield from _fields(each, inside)
            if member == "Choices":
                yield from _rule(each, inside)
    for member, templates in _INNER_TEMPLATES.items():
        inner = _object(state.get(member))
        for name in templates:
            yield from _template(inner.get(name), f"{here}/{member}/{name}")


def _fields(holder: Document, here: str) -> Iterator[str]:
    """What states, catchers and rules have alike."""
    for name in _TEMPLATES:
        yield from _template(holder.get(name), f"{here}/{name}")
    for name in _PATHS:
        if name not in holder or (holder[name] is None and name in _NULLABLE):
            continue
        if not paths.is_path(holder[name]):
            yield f"{_FAILED} Value must be a valid JSONPath. at {here}/{name}"
    target = holder.get("ResultPath")
    if target is not None and not paths.is_reference(target):
        yield f"{_FAILED} Value is not a Reference Path at {here}/ResultPath"


def _template(value: Any, here: str) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _template(each, here)
    if not isinstance(value, dict):
        return
    for name, each in value.items():
        if not name.endswith(".$"):
            yield from _template(each, here)
        elif not (paths.is_path(each) or paths.is_intrinsic(each)):
            yield (
                f"{_FAILED} The value for the field '{name}' must be a valid JSONPath or a valid "
                f"intrinsic function call at {here}"
            )


def _rule(rule: Document, here: str) -> Iterator[str]:
    for name, operand in rule.items():
        if name in ("And", "Or"):
            for number, each in enumerate(_objects(operand)):
                yield from _rule(each, f"{here}/{name}[{number}]")
        elif name == "Not":
            yield from _rule(_object(operand), f"{here}/Not")
        elif (found := _OPERATOR.fullmatch(name)) and not _fits(found[1], name, operand):
            wanted = "a valid JSONPath" if name.endswith("Path") else _KINDS[found[1]][1]
            yield f"{_FAILED} Value must be {wanted} at {here}/{name}"


def _fits(kind: str, name: str, operand: Any) -> bool:
    if name.endswith("Path"):
        return paths.is_path(operand)
    types = _KINDS[kind][0]
    if not isinstance(operand, types) or (isinstance(operand, bool) and bool not in types):
        return False
    return kind != "Timestamp" or _TIMESTAMP.fullmatch(str(operand)) is not None


def _resource(state: Document, here: str) -> Iterator[str]:
    arn = state.get("Resource")
    if not isinstance(arn, str) or _is_integration(arn):
        return
    yield (
        f"{_FAILED} The resource provided {arn} is not recognized. The value is not a valid "
        f"resource ARN, or the resource is not available in this region. at {here}/Resource"
    )


def _is_integration(arn: str) -> bool:
    """Whether what the tables here know of a resource allows it."""
    if sdk := _SDK.fullmatch(arn):
        return _is_operation(sdk["operation"])
    found = _OPTIMIZED.fullmatch(arn)
    if found is None or found["service"] not in PATTERNS:
        return True
    return found["pattern"] in PATTERNS[found["service"]]


def _is_operation(text: str) -> bool:
    found = _OPERATION.fullmatch(text)
    name = boto_name(found["service"]) if found else None
    if found is None or name is None:
        return False
    action: str = found["action"]
    return action[:1].upper() + action[1:] in load_service(name).operation_names


def _objects(value: Any) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _object(value: Any) -> Document:
    return value if isinstance(value, dict) else {}

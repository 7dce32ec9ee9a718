"""Checks of a request against the service's own API model, with AWS's words for what is wrong.

boto3 checks types and required members on the client's side only; lengths, patterns, ranges and
enumerations are the service's business (Amazon SageMaker API Reference, "Common Errors").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.model import Shape
from localstack.aws.api import CommonServiceException

from emulation.services.base import aws_error
from emulation.services.patterns import compile_pattern

_MAX_SHOWN = 128
_NOT_NULL = "Member must not be null"


def validation_error(message: str) -> CommonServiceException:
    """SageMaker's ValidationException with this message."""
    return aws_error("ValidationException", message)


def check_request(shape: Shape | None, request: dict[str, Any]) -> None:
    """Refuse a request that breaks a constraint of its API shape.

    :raises CommonServiceException: ValidationException naming each member and its constraint
    """
    faults = list(_faults(shape, request, "")) if shape is not None else []
    if faults:
        noun = "error" if len(faults) == 1 else "errors"
        raise validation_error(f"{len(faults)} validation {noun} detected: {'; '.join(faults)}")


def _faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            where = f"{path}.{_camel(name)}" if path else _camel(name)
            if value.get(name) is not None:
                yield from _faults(member, value[name], where)
            elif name in shape.required_members:
                yield f"Value null at '{where}' failed to satisfy constraint: {_NOT_NULL}"
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _size_faults(shape, len(value), value, path)
        for i, item in enumerate(value, 1):
            yield from _faults(shape.member, item, f"{path}.{i}.member")
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from _size_faults(shape, len(value), value, path)
        for key, item in value.items():
            yield from _faults(shape.key, key, f"{path}.key")
            yield from _faults(shape.value, item, f"{path}.{key}.member")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _size_faults(shape, len(value), value, path)
        yield from _string_faults(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _range_faults(shape, value, path)


def _size_faults(shape: Any, size: int, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if size < low:
        yield _fault(value, path, f"have length greater than or equal to {low}")
    if high is not None and size > high:
        yield _fault(value, path, f"have length less than or equal to {high}")


def _range_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _fault(value, path, f"have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _fault(value, path, f"have value less than or equal to {high}")


def _string_faults(shape: Any, value: str, path: str) -> Iterator[str]:
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield _fault(value, path, f"satisfy enum value set: [{', '.join(enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not compile_pattern(pattern).fullmatch(value):
        yield _fault(value, path, f"satisfy regular expression pattern: {pattern}")


def _fault(value: Any, path: str, rule: str) -> str:
    shown = str(value)
    shown = shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "..."
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: Member must {rule}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]

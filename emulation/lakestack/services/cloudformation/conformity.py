"""A resource's properties against its type's schema: unknown ones refused, scalars given its types.

CloudFormation takes the text of a number for the number and a number for its text, and writes true
and false in lower case; a property that the type does not have fails the resource. AWS
CloudFormation User Guide, "CloudFormation template formats" and "Troubleshooting CloudFormation";
the texts are those of the service's validation of properties.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.schemas import Schema, read_only, resolved
from lakestack.services.cloudformation.template import as_text
from lakestack.services.patterns import compile_pattern

_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
_SCALARS = str | int | float


class PropertyError(ValidationError):
    """A property that its type does not take.

    Attributes:
        path: names of the properties down to it, without the numbers of a list's items
    """

    def __init__(self, path: tuple[str, ...], problem: str) -> None:
        super().__init__(f"#{'/' if path else ''}{'/'.join(path)}: {problem}")
        self.path = path


def conform(
    properties: dict[str, Any], schema: Schema, settable: Iterable[str] = ()
) -> dict[str, Any]:
    """The properties in the schema's types.

    Args:
        properties: by name
        schema: of the type
        settable: names that the schema calls read only, and that a template sets all the same

    Raises:
        PropertyError: unknown, read only, missing or of another type
    """
    fixed = sorted((read_only(schema) - set(settable)) & properties.keys())
    if fixed:
        raise PropertyError((fixed[0],), "the property is read only")
    if missing := [n for n in schema.get("required") or [] if n not in properties]:
        raise PropertyError((), f"required key [{missing[0]}] not found")
    whole = {"additionalProperties": False, **schema, "type": "object"}
    made: dict[str, Any] = _object(properties, whole, schema, (), ["object"])
    return made


def _conformed(value: Any, part: Any, schema: Schema, path: tuple[str, ...]) -> Any:
    part = resolved(part, schema)
    kinds = part.get("type")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds or [])
    if isinstance(value, dict):
        return _object(value, part, schema, path, kinds)
    if isinstance(value, list):
        if kinds and "array" not in kinds:
            raise PropertyError(path, f"expected type: {_named(kinds)}, found: JSONArray")
        return [_conformed(item, part.get("items") or {}, schema, path) for item in value]
    if not kinds:
        return _of_any(value, part, schema, path)
    if kinds == ["object"] and isinstance(value, _SCALARS) and _has_members(part):
        raise PropertyError(path, f"expected type: JSONObject, found: {_found(value)}")
    return _scalar(value, kinds, path)


def _has_members(part: Schema) -> bool:
    """Whether the schema says what is in the object: else it may be a document as JSON text."""
    return bool(part.get("properties") or part.get("patternProperties"))


def _object(
    value: dict[str, Any], part: Schema, schema: Schema, path: tuple[str, ...], kinds: list[str]
) -> Any:
    if kinds and "object" not in kinds:
        raise PropertyError(path, f"expected type: {_named(kinds)}, found: JSONObject")
    known = part.get("properties")
    patterns = part.get("patternProperties") or {}
    if not known and not patterns:
        return _of_any(value, part, schema, path)
    found = {}
    for name, item in value.items():
        inner = (known or {}).get(name)
        if inner is None:
            named = [s for p, s in patterns.items() if compile_pattern(p).search(name)]
            inner = next(iter([*named, *patterns.values()]), None)  # the service checks names
        if inner is None and known and not patterns and part.get("additionalProperties") is False:
            _refuse(path, name, known)
        found[name] = _conformed(item, inner or {}, schema, (*path, name))
    return found


def _of_any(value: Any, part: Schema, schema: Schema, path: tuple[str, ...]) -> Any:
    """By the first alternative that takes the value; as it is where there is none."""
    for choice in (*(part.get("anyOf") or []), *(part.get("oneOf") or [])):
        chosen = resolved(choice, schema)
        if not chosen.get("type") and not chosen.get("properties"):
            continue
        try:
            return _conformed(value, chosen, schema, path)
        except PropertyError:
            continue
    return value


def _scalar(value: Any, kinds: list[str], path: tuple[str, ...]) -> Any:
    if not isinstance(value, _SCALARS):
        return value
    text = str(as_text(value))
    if "string" in kinds:
        return text
    match kinds[0]:
        case "boolean" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case "integer" | "number" if not isinstance(value, bool):
            try:
                number = float(text)
            except ValueError:
                raise PropertyError(path, "expected type: Number, found: String") from None
            if _INTEGER.fullmatch(text):
                return int(text)
            return int(number) if kinds[0] == "integer" and number.is_integer() else number
        case "object":
            return value  # a document as JSON text, which the type itself reads
    raise PropertyError(path, f"expected type: {_named(kinds)}, found: {_found(value)}")


def _refuse(path: tuple[str, ...], name: str, known: Iterable[str]) -> None:
    near = difflib.get_close_matches(name, list(known), 1, 0.5)
    meant = f" (did you mean {near[0]}?)" if near else ""
    error = PropertyError(path, f"extraneous key [{name}] is not permitted{meant}")
    error.path = (*path, name)
    raise error


def _named(kinds: list[str]) -> str:
    names = {"array": "JSONArray", "object": "JSONObject"}
    return " or ".join(
        names.get(kind, "Number" if kind == "integer" else kind.title()) for kind in kinds
    )


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    return "String" if isinstance(value, str) else "Number"

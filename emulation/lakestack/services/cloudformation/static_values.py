"""Functions over what is known before anything is made.

Conditions, rules, the collections of loops, the arguments of macros and the policies of resources
depend on parameters, mappings and pseudo parameters only. AWS CloudFormation Template Reference,
"Condition functions", "Rule-specific intrinsic functions" and "Intrinsic function reference".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.cidr import cidr_blocks
from lakestack.services.cloudformation.intrinsics import is_function
from lakestack.services.cloudformation.template import Template, as_text

_VARIABLE = re.compile(r"\$\{(!?)\s*([^{}]+?)\s*\}")
NO_VALUE = {"Ref": "AWS::NoValue"}


class StaticValues:
    """Evaluates what needs no resource, and leaves the rest as it is.

    Args:
        template: whose mappings and conditions count
        parameters: values by name; of a list's type, lists
        pseudo: values of the pseudo parameters by name
    """

    def __init__(
        self, template: Template, parameters: Mapping[str, Any], pseudo: Mapping[str, Any]
    ) -> None:
        self._template = template
        self._parameters, self._pseudo = parameters, pseudo
        self._values = {**pseudo, **parameters}
        self._conditions: dict[str, bool] = {}
        self._types = {
            name: str(declared.get("Type"))
            for name, declared in (template.get("Parameters") or {}).items()
            if isinstance(declared, dict)
        }

    def of(self, template: Template) -> StaticValues:
        """The same for another form of the template."""
        return StaticValues(template, self._parameters, self._pseudo)

    def condition(self, name: Any) -> bool:
        """Whether a condition holds.

        Raises:
            ValidationError: there is none, or it is none
        """
        if not isinstance(name, str) or name not in self._conditions:
            declared = self._template.get("Conditions") or {}
            if not isinstance(name, str) or name not in declared:
                raise ValidationError(
                    f"Template format error: Unresolved condition {name} in the template"
                )
            self._conditions[name] = self.holds(declared[name])
        return self._conditions[name]

    def holds(self, value: Any) -> bool:
        """Value of a condition function.

        Raises:
            ValidationError: it is neither true nor false
        """
        found = self.resolve(value)
        if isinstance(found, str) and found.lower() in ("true", "false"):
            return found.lower() == "true"
        if not isinstance(found, bool):
            raise ValidationError(f"Template error: this is no condition: {value}")
        return found

    def resolve(self, value: Any) -> Any:
        """The value with all functions evaluated that need no resource."""
        if isinstance(value, list):
            return [r for r in map(self.resolve, value) if r != NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in _SINGLE or name in _FUNCTIONS:
                return self._evaluated(name, argument)
        items = ((key, self.resolve(item)) for key, item in value.items())
        return {key: item for key, item in items if item != NO_VALUE}

    def _evaluated(self, name: str, argument: Any) -> Any:
        match name:
            case "Condition" if not isinstance(argument, dict):
                return self.condition(argument)
            case "Condition":  # of a policy's statement
                return {name: self.resolve(argument)}
            case "Ref":
                known = isinstance(argument, str) and argument in self._values
                return self._values[argument] if known else {name: argument}
            case "Fn::If":
                return self.resolve(argument[1 if self.condition(argument[0]) else 2])
            case "Fn::Sub":
                return self._substituted(argument)
        return self._applied(name, _FUNCTIONS[name], argument)

    def chosen(self, value: Any) -> Any:
        """The value with the branch of each `Fn::If` in its place, and nothing else evaluated."""
        if isinstance(value, list):
            return [self.chosen(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Fn::If"}:
            name, yes, no = value["Fn::If"]
            return self.chosen(yes if self.condition(name) else no)
        return {key: self.chosen(item) for key, item in value.items()}

    def _applied(self, name: str, function: Callable[..., Any], argument: Any) -> Any:
        given = argument if name in _RAW else self.resolve(argument)
        if name not in _RAW and _unknown(given):
            return {name: given}
        try:
            return function(self, given)
        except ValidationError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError) as e:
            raise ValidationError(f"Template error: {name} cannot be evaluated: {e}") from e

    def _substituted(self, argument: Any) -> Any:
        text, own = argument if isinstance(argument, list) else (argument, {})
        own = {key: self.resolve(item) for key, item in own.items()}
        known = {**self._values, **own}
        unknown = False

        def value(found: re.Match[str]) -> str:
            nonlocal unknown
            literal, variable = found.groups()
            if literal:
                return f"${{{variable}}}"
            given = known.get(variable)
            if given is None or isinstance(given, dict):
                unknown = True
                return found[0]
            return ",".join(map(str, given)) if isinstance(given, list) else str(as_text(given))

        replaced = _VARIABLE.sub(value, text)
        return {"Fn::Sub": argument} if unknown else replaced

    def _lookup(self, argument: list[Any]) -> Any:
        name, first, second, *default = argument
        mapping = (self._template.get("Mappings") or {}).get(name)
        row = mapping.get(str(as_text(first))) if isinstance(mapping, dict) else None
        if isinstance(row, dict) and str(as_text(second)) in row:
            return row[str(as_text(second))]
        if default:
            return default[0]["DefaultValue"]
        raise ValidationError(
            f"Template error: Unable to get mapping for {name}::{first}::{second}"
        )

    def _all_of_type(self, kind: str) -> list[Any]:
        return [self._values[n] for n, t in self._types.items() if t == kind and n in self._values]


def _unknown(value: Any) -> bool:
    if is_function(value):
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_unknown, items))


def same(first: Any, second: Any) -> bool:
    """`Fn::Equals`: texts are compared, `1` and `"1"` are the same."""
    return bool(_plain(first) == _plain(second))


def joined(argument: list[Any]) -> str:
    """`Fn::Join`."""
    delimiter, items = argument
    if not isinstance(items, list):
        raise TypeError(f"{items!r} is no list")
    return str(delimiter).join(str(as_text(item)) for item in items)


def length(value: Any) -> int:
    """`Fn::Length`, of AWS::LanguageExtensions.

    Raises:
        TypeError: not a list
    """
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return len(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return as_text(value)


def _selected(argument: list[Any]) -> Any:
    index, items = int(argument[0]), argument[1]
    if not isinstance(items, list):
        raise TypeError(f"{items!r} is no list")
    if not 0 <= index < len(items):
        raise ValidationError(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        )
    return items[index]


def _split(argument: list[Any]) -> list[str]:
    delimiter, text = argument
    return str(text).split(str(delimiter))


_FUNCTIONS: dict[str, Callable[[StaticValues, Any], Any]] = {
    "Fn::And": lambda s, v: all(s.holds(item) for item in v),
    "Fn::Base64": lambda _, v: base64.b64encode(str(v).encode()).decode(),
    "Fn::Cidr": lambda _, v: cidr_blocks(v),
    "Fn::Contains": lambda _, v: any(same(item, v[1]) for item in v[0]),
    "Fn::EachMemberEquals": lambda _, v: all(same(item, v[1]) for item in v[0]),
    "Fn::EachMemberIn": lambda _, v: all(any(same(i, other) for other in v[1]) for i in v[0]),
    "Fn::Equals": lambda _, v: same(v[0], v[1]),
    "Fn::FindInMap": lambda s, v: s._lookup(v),
    "Fn::Join": lambda _, v: joined(v),
    "Fn::Length": lambda _, v: length(v),
    "Fn::Not": lambda s, v: not s.holds(v[0]),
    "Fn::Or": lambda s, v: any(s.holds(item) for item in v),
    "Fn::RefAll": lambda s, v: s._all_of_type(v),
    "Fn::Select": lambda _, v: _selected(v),
    "Fn::Split": lambda _, v: _split(v),
}
_SINGLE = {"Condition", "Fn::If", "Fn::Sub", "Ref"}
_RAW = {"Fn::And", "Fn::Or", "Fn::Not"}
"""Evaluate their arguments themselves, as far as they need them."""

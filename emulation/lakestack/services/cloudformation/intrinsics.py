"""The forms of the intrinsic functions: what arguments each takes, and where it may stand.

One table, from function to form, is checked against every use in a template before anything is
made. AWS CloudFormation Template Reference, "Intrinsic function reference", "Condition functions"
and "Rule-specific intrinsic functions". The texts are the service's where it is known what it says;
the bound of the nesting is our guess, the service's is not published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

MAX_FUNCTIONS_DEEP = 32
"""Functions within functions; LocalStack's evaluation would not end deeper ones."""

Form = Callable[[Any], bool]
"""Whether an argument has the form."""


def is_function(value: Any) -> bool:
    """Whether a value is the use of a function: an object of one member of such a name."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    (key,) = value
    return isinstance(key, str) and (key == "Ref" or key.startswith("Fn::"))


def is_literal(value: Any) -> bool:
    """A text as written; numbers and true or false are texts too."""
    return isinstance(value, str | int | float)


def _string(value: Any) -> bool:
    return isinstance(value, str)


def _name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def text(value: Any) -> bool:
    """A literal, or a function that gives one."""
    return is_literal(value) or is_function(value)


def _items(value: Any) -> bool:
    return is_function(value) or (isinstance(value, list) and all(map(text, value)))


def _any_items(value: Any) -> bool:
    return is_function(value) or isinstance(value, list)


def _number(value: Any) -> bool:
    if is_function(value):
        return True
    return not isinstance(value, bool) and isinstance(value, str | int) and str(value).isdecimal()


def _value(value: Any) -> bool:
    return value is not None


def _condition(value: Any) -> bool:
    """A function that is true or false."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    return next(iter(value)) in {"Condition", *CONDITION_FUNCTIONS, *_RULE_FUNCTIONS}


def _list_of(*forms: Form, least: int | None = None) -> Form:
    """A list with an item of each form; the last of them may be left out down to `least`."""

    def check(value: Any) -> bool:
        return (
            isinstance(value, list)
            and (len(forms) if least is None else least) <= len(value) <= len(forms)
            and all(form(item) for form, item in zip(forms, value, strict=False))
        )

    return check


def _conditions(low: int, high: int) -> Form:
    return lambda value: (
        isinstance(value, list) and low <= len(value) <= high and all(map(_condition, value))
    )


def _attribute(value: Any) -> bool:
    if isinstance(value, str):
        name, _, attribute = value.partition(".")
        return bool(name and attribute)
    if not isinstance(value, list) or len(value) < 2 or not all(map(_name, value[:-1])):
        return False
    return _name(value[-1]) or (len(value) == 2 and is_function(value[1]))


def _substitution(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return (
        _list_of(_string, lambda m: isinstance(m, dict))(value)
        and not is_function(value[1])
        and all(map(text, value[1].values()))
    )


def _map_lookup(value: Any) -> bool:
    def default(item: Any) -> bool:
        return isinstance(item, dict) and set(item) == {"DefaultValue"}

    return _list_of(text, text, text, default, least=3)(value)


def _macro(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, dict)
        and isinstance(value.get("Name"), str)
        and set(value) <= {"Name", "Parameters"}
        and isinstance(value.get("Parameters", {}), dict)
    )


@dataclass(frozen=True)
class Function:
    """One function.

    Attributes:
        form: of its argument
        needs: said where the argument has another form
    """

    form: Form
    needs: str


def _every(name: str, needs: str) -> str:
    return f"Template error: every {name} object {needs}"


_SUB = (
    "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. "
    "Specify a string as first argument, and an optional second argument to specify a mapping of "
    "values to replace in the string"
)
_TEXT = "must have a String-typed value."
_BOOLEANS = "requires a list of at least 2 and at most 10 boolean parameters."
_MEMBERS = "requires two parameters, (1) a list of strings and (2) "

FUNCTIONS = {
    "Ref": Function(_name, _every("Ref", "must have a single String value.")),
    "Fn::Base64": Function(text, _every("Fn::Base64", _TEXT)),
    "Fn::Cidr": Function(
        lambda v: is_function(v) or _list_of(text, _number, _number, least=1)(v),
        _every("Fn::Cidr", "requires an IP block, a count and optionally the bits of a subnet."),
    ),
    "Fn::FindInMap": Function(
        _map_lookup,
        _every(
            "Fn::FindInMap",
            "requires three parameters, the map name, map key and the attribute for return value",
        ),
    ),
    "Fn::GetAtt": Function(
        _attribute,
        _every(
            "Fn::GetAtt",
            "requires two non-empty parameters, the resource name and the resource attribute",
        ),
    ),
    "Fn::GetAZs": Function(text, _every("Fn::GetAZs", _TEXT)),
    "Fn::If": Function(
        _list_of(_name, _value, _value),
        "Template error: Fn::If requires the name of a condition and two values",
    ),
    "Fn::ImportValue": Function(text, _every("Fn::ImportValue", _TEXT)),
    "Fn::Join": Function(
        _list_of(_string, _items),
        _every(
            "Fn::Join",
            "requires two parameters, (1) a string delimiter and (2) a list of strings to be "
            "joined or a function that returns a list of strings (such as Fn::GetAZs) to be "
            "joined.",
        ),
    ),
    "Fn::Length": Function(_any_items, _every("Fn::Length", "requires a list.")),
    "Fn::Select": Function(
        _list_of(_number, _any_items),
        "Template error: Fn::Select requires a list argument with two elements: an integer index "
        "and a list",
    ),
    "Fn::Split": Function(
        _list_of(_name, text),
        _every(
            "Fn::Split",
            "requires two parameters, (1) a string delimiter and (2) a string to be split or a "
            "function that returns a string to be split.",
        ),
    ),
    "Fn::Sub": Function(_substitution, _SUB),
    "Fn::ToJsonString": Function(
        lambda v: isinstance(v, dict | list), _every("Fn::ToJsonString", "requires an object.")
    ),
    "Fn::Transform": Function(
        _macro, _every("Fn::Transform", "requires the Name of a macro and its Parameters.")
    ),
}
CONDITION_FUNCTIONS = {
    "Fn::And": Function(_conditions(2, 10), _every("Fn::And", _BOOLEANS)),
    "Fn::Equals": Function(
        _list_of(_value, _value), _every("Fn::Equals", "requires a list of two values.")
    ),
    "Fn::Not": Function(_conditions(1, 1), _every("Fn::Not", "requires one boolean parameter.")),
    "Fn::Or": Function(_conditions(2, 10), _every("Fn::Or", _BOOLEANS)),
}
_RULE_FUNCTIONS = {
    "Fn::Contains": Function(
        _list_of(_any_items, _value), _every("Fn::Contains", _MEMBERS + "a string.")
    ),
    "Fn::EachMemberEquals": Function(
        _list_of(_any_items, _value), _every("Fn::EachMemberEquals", _MEMBERS + "a string.")
    ),
    "Fn::EachMemberIn": Function(
        _list_of(_any_items, _any_items),
        _every("Fn::EachMemberIn", _MEMBERS + "another list of strings."),
    ),
    "Fn::RefAll": Function(_name, _every("Fn::RefAll", "must have a single String value.")),
    "Fn::ValueOf": Function(
        _list_of(_name, _name), _every("Fn::ValueOf", "requires a parameter and an attribute.")
    ),
    "Fn::ValueOfAll": Function(
        _list_of(_name, _name), _every("Fn::ValueOfAll", "requires a type and an attribute.")
    ),
}
VALUE_FUNCTIONS = {**FUNCTIONS, **CONDITION_FUNCTIONS}
RULE_FUNCTIONS = {**FUNCTIONS, **CONDITION_FUNCTIONS, **_RULE_FUNCTIONS}


def check_functions(
    value: Any, where: str, known: dict[str, Function] = VALUE_FUNCTIONS, depth: int = 0
) -> None:
    """Check every use of a function within a value.

    Args:
        where: named in the error, for example ``/Resources/A``
        known: the functions that may stand there

    Raises:
        ValidationError: unknown, of a wrong form, beside other members, or nested too deeply
    """
    if isinstance(value, list):
        for item in value:
            check_functions(item, where, known, depth)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        inner = depth
        if key in known or key.startswith("Fn::"):
            inner = depth + 1
            _check_use(value, key, item, where, known)
        if inner > MAX_FUNCTIONS_DEEP:
            raise ValidationError(
                f"Template error: functions are nested more than {MAX_FUNCTIONS_DEEP} deep in "
                f"{where}"
            )
        check_functions(item, where, known, inner)


def check_macros(value: Any) -> None:
    """Check the form of every `Fn::Transform`, before it is carried out.

    Raises:
        ValidationError: one has not the name of a macro and its parameters
    """
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        check_macros(item)
    if isinstance(value, dict) and "Fn::Transform" in value:
        function = FUNCTIONS["Fn::Transform"]
        if not function.form(value["Fn::Transform"]):
            raise ValidationError(f"{function.needs}")


def _check_use(
    value: dict[str, Any], key: str, item: Any, where: str, known: dict[str, Function]
) -> None:
    alone = len(value) == 1
    if key not in known:
        raise ValidationError(
            f"Template error: Encountered unsupported function: {key} in {where}. Supported "
            f"functions are: {sorted(known)}"
        )
    if not alone and key not in ("Ref", "Fn::Transform"):
        others = ", ".join(sorted(k for k in value if k != key))
        raise ValidationError(f"Template error: {key} in {where} cannot stand beside [{others}]")
    if (alone or key != "Ref") and not known[key].form(item):
        raise ValidationError(f"{known[key].needs} in {where}")
    if key == "Fn::Select" and isinstance(item[1], list) and not is_function(item[0]):
        _check_index(str(item[0]), len(item[1]))


def _check_index(index: str, size: int) -> None:
    if len(index) > 9 or int(index) >= size:
        raise ValidationError(
            f"Template error: Fn::Select cannot select nonexistent value at index {index[:20]}"
        )

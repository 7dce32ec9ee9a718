"""Constraints of the API models, compiled once for each shape.

A shape that has nothing to check anywhere within it compiles to nothing, so that the items of
DynamoDB and other large bodies are not walked a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from botocore.model import Shape

from lakestack.services.compiled_shapes import once
from lakestack.services.patterns import Pattern, PatternError, compile_pattern
from lakestack.services.request_validation.faults import Path, fault, whole_list

MAX_FAULTS = 10
"""More faults of one request are not looked for."""

ShapeCheck = Callable[[Any, Path, list[str]], None]
"""From a value and its path; appends what is wrong to the list."""


@dataclass(frozen=True)
class Rules:
    """Which constraints of its models a service enforces, besides required members.

    Attributes:
        no_null: it says of the members of lists and maps that they must not be null, too
        later: values of enumerations that the service's guide has and its model does not have yet,
            by the enumeration's name
    """

    name: str
    sizes: bool = False
    enums: bool = False
    patterns: bool = False
    no_null: bool = False
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def values(self, shape: Any) -> list[str]:
        """What an enumeration takes; empty for what is none."""
        known = shape.metadata.get("enum") if self.enums else None
        return [*known, *self.later.get(shape.name, ())] if known else []


REQUIRED_ONLY = Rules("required")
SIZES = Rules("sizes", sizes=True)
SIZES_NO_NULL = Rules("sizes_no_null", sizes=True, no_null=True)
ENUMS = Rules("enums", enums=True)
FULL = Rules("full", sizes=True, enums=True, patterns=True)
GLUE = replace(
    FULL,
    name="glue",
    # AWS Glue Developer Guide, "Defining job properties for Spark jobs".
    later={"WorkerType": ("G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X")},
)


def faults_of(shape: Shape, request: Any, rules: Rules) -> list[str]:
    """All that is wrong with a request, in the services' words; empty if nothing is."""
    about, key = shape.__dict__, f"_lake_{rules.name}"
    if key not in about:
        about[key] = checker(shape, rules)
    check = about[key]
    found: list[str] = []
    if check is not None:
        check(request, (), found)
    return found[:MAX_FAULTS]


def checker(shape: Shape, rules: Rules) -> ShapeCheck | None:
    """The function that checks a value of this shape; None if there is nothing to check."""
    return once(
        shape,
        f"_lake_checkers_{rules.name}",
        shape.name,
        lambda: _compiled(shape, rules) if _has_rules(shape, rules, set()) else None,
        idle=_nothing,
    )


def _has_rules(shape: Any, rules: Rules, seen: set[str]) -> bool:
    if shape.name in seen:
        return False
    seen.add(shape.name)
    if _own_rules(shape, rules):
        return True
    if shape.type_name == "structure":
        return bool(shape.required_members) or any(
            _has_rules(m, rules, seen) for m in shape.members.values()
        )
    if shape.type_name == "list":
        return _has_rules(shape.member, rules, seen)
    if shape.type_name == "map":
        return _has_rules(shape.key, rules, seen) or _has_rules(shape.value, rules, seen)
    return False


def _own_rules(shape: Any, rules: Rules) -> bool:
    about = shape.metadata
    return (
        (rules.sizes and ("min" in about or "max" in about))
        or (rules.enums and "enum" in about)
        or (rules.patterns and "pattern" in about)
    )


def _compiled(shape: Any, rules: Rules) -> ShapeCheck:
    match shape.type_name:
        case "structure":
            return _structure(shape, rules)
        case "list":
            return _list(shape, rules)
        case "map":
            return _map(shape, rules)
        case "string":
            return _string(shape, rules)
        case "blob":
            return _blob(shape)
        case _:
            return _size(shape, "value") or _nothing


def _nothing(_value: Any, _path: Path, _faults: list[str]) -> None:
    return


def _structure(shape: Any, rules: Rules) -> ShapeCheck:
    required = tuple(shape.required_members)
    members = {n: c for n, m in shape.members.items() if (c := checker(m, rules)) is not None}
    known = members.get

    def check(value: Any, path: Path, faults: list[str]) -> None:
        missing = [name for name in required if value.get(name) is None]
        faults.extend(fault(None, (path, name), "not be null") for name in missing)
        for name, item in value.items():
            if item is not None and (within := known(name)) is not None:
                within(item, (path, name), faults)

    return check


def _list(shape: Any, rules: Rules) -> ShapeCheck:
    size = _size(shape, "length") if rules.sizes else None
    within = checker(shape.member, rules)
    together = _together(shape.member, rules, within, "Member")

    def check(value: Any, path: Path, faults: list[str]) -> None:
        if size is not None:
            size(value, path, faults)
        if together is not None:
            together(value, value, path, faults)
        elif within is not None:
            for number, item in enumerate(value, 1):
                within(item, (path, number), faults)
                if len(faults) >= MAX_FAULTS:
                    return

    return check


def _map(shape: Any, rules: Rules) -> ShapeCheck:
    size = _size(shape, "length") if rules.sizes else None
    within = checker(shape.value, rules)
    keys = _together(shape.key, rules, checker(shape.key, rules), "Map keys")
    values = _together(shape.value, rules, within, "Map value")

    def check(value: Any, path: Path, faults: list[str]) -> None:
        if size is not None:
            size(value, path, faults)
        if keys is not None:
            keys(value, value, path, faults)
        if values is not None:
            values(value, value.values(), path, faults)
        elif within is not None:
            for key, item in value.items():
                within(item, (path, f"{key}.member"), faults)
                if len(faults) >= MAX_FAULTS:
                    return

    return check


def _together(
    shape: Any, rules: Rules, within: ShapeCheck | None, what: str
) -> Callable[[Any, Iterable[Any], Path, list[str]], None] | None:
    """Of texts and numbers in a list or map the services say once what each must be.

    Args:
        shape: of one of them
        within: checks one of them
        what: ``Member``, ``Map keys`` or ``Map value``

    Returns:
        A check of the whole list or map and the texts or numbers within it; None for others
    """
    if within is None or shape.type_name in ("structure", "list", "map"):
        return None
    secret = bool(shape.metadata.get("sensitive"))
    said = ", ".join(f"Member must {rule}" for rule in _rules_of(shape, rules))

    def check(whole: Any, items: Iterable[Any], path: Path, faults: list[str]) -> None:
        wrong: list[str] = []
        for item in items:
            within(item, path, wrong)
            if wrong:
                text = f"{what} must satisfy constraint: [{said}]"
                faults.append(fault(whole, path, text, secret=secret, of_member=False))
                return

    return check


def _rules_of(shape: Any, rules: Rules) -> list[str]:
    about, text = shape.metadata, shape.type_name in ("string", "blob")
    made = []
    for key, bound in (("max", "less"), ("min", "greater")):
        if rules.sizes and key in about:
            size = "length" if text else "value"
            made.append(f"have {size} {bound} than or equal to {about[key]}")
    if values := rules.values(shape):
        made.append(f"satisfy enum value set: [{', '.join(values)}]")
    if rules.patterns and about.get("pattern"):
        made.append(f"satisfy regular expression pattern: {about['pattern']}")
    return [*made, "not be null"] if rules.no_null else made


def _string(shape: Any, rules: Rules) -> ShapeCheck:
    about = shape.metadata
    size = _size(shape, "length") if rules.sizes else None
    values = rules.values(shape)
    enum = frozenset(values) if values else None
    pattern = about.get("pattern") if rules.patterns else None
    matches = model_pattern(pattern) if pattern else None
    secret = bool(about.get("sensitive"))

    def check(value: Any, path: Path, faults: list[str]) -> None:
        # In the order that EventBridge has been recorded with.
        if matches is not None and not matches.fullmatch(value):
            rule = f"satisfy regular expression pattern: {pattern}"
            faults.append(fault(value, path, rule, secret=secret))
        if size is not None:
            size(value, path, faults)
        if enum is not None and value not in enum:
            rule = f"satisfy enum value set: [{', '.join(values)}]"
            faults.append(fault(value, path, rule, secret=secret))

    return check


def _blob(shape: Any) -> ShapeCheck:
    size = _size(shape, "length") or _nothing

    def check(value: Any, path: Path, faults: list[str]) -> None:
        if isinstance(value, bytes):  # and no stream, which is the handler's to read
            size(value, path, faults)

    return check


def _size(shape: Any, what: str) -> ShapeCheck | None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is None and high is None:
        return None
    length, secret = what == "length", bool(shape.metadata.get("sensitive"))
    kind = shape.member.name if shape.type_name == "list" else ""

    def check(value: Any, path: Path, faults: list[str]) -> None:
        size = len(value) if length else value
        if low is not None and size < low:
            rule = f"have {what} greater than or equal to {low}"
        elif high is not None and size > high:
            rule = f"have {what} less than or equal to {high}"
        else:
            return
        whole = whole_list(kind, value) if kind else None
        faults.append(fault(value, path, rule, secret=secret, whole=whole))

    return check


@lru_cache(maxsize=4096)
def model_pattern(pattern: str) -> Pattern | None:
    """A pattern of the API models; None where it is none that can be run."""
    try:
        return compile_pattern(pattern)
    except PatternError:
        return None

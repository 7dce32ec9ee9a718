"""Which resources of a template need which: from Ref, Fn::GetAtt, Fn::Sub and DependsOn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_VARIABLE = re.compile(r"\$\{\s*([^!{}][^{}]*?)\s*\}")


@dataclass(frozen=True)
class Reference:
    """One use of a name: ``Ref``, ``Fn::GetAtt``, ``Fn::Sub``, ``Fn::FindInMap``, ``Condition``.

    Args:
        name: logical id; of a map or a condition for the last two
        argument: the function's whole argument; of ``Fn::Sub`` what stands in ``${…}``
    """

    function: str
    name: str
    argument: Any = field(default=None, compare=False)


def variables(text: str) -> list[str]:
    """Names in ``${...}``; ``${!Literal}`` is none."""
    return _VARIABLE.findall(text)


def references(value: Any) -> Iterator[Reference]:
    """Every reference within a value, in the order of the template."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    if len(value) == 1:
        ((function, argument),) = value.items()
        yield from _of_function(str(function), argument)
    for item in value.values():
        yield from references(item)


def dependencies(template: dict[str, Any]) -> dict[str, set[str]]:
    """For each resource the logical ids of the resources it needs first."""
    resources = template.get("Resources") or {}
    found: dict[str, set[str]] = {}
    for name, resource in resources.items():
        named = {
            r.name
            for r in references(resource.get("Properties"))
            if r.function in ("Ref", "Fn::GetAtt", "Fn::Sub")
        }
        found[name] = {n for n in named | set(depends_on(resource)) if n in resources}
    return found


def depends_on(resource: dict[str, Any]) -> list[str]:
    """The resource's DependsOn as a list."""
    given = resource.get("DependsOn") or []
    return [given] if isinstance(given, str) else list(given)


def circle(needs: dict[str, set[str]]) -> list[str]:
    """Names that wait for each other, sorted; empty if there are none."""
    left = {name: set(needed) for name, needed in needs.items()}
    while ready := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in ready:
            del left[name]
    # What merely waits for the circle is not part of it.
    while free := [n for n in left if not any(n in needed for needed in left.values())]:
        for name in free:
            del left[name]
    return sorted(left)


def _of_function(function: str, argument: Any) -> Iterator[Reference]:
    if function in ("Ref", "Condition") and isinstance(argument, str):
        yield Reference(function, argument)
    elif function == "Fn::GetAtt":
        name = argument[0] if isinstance(argument, list) and argument else argument
        if isinstance(name, str):
            yield Reference(function, name.partition(".")[0], argument)
    elif function in ("Fn::FindInMap", "Fn::If") and isinstance(argument, list) and argument:
        if isinstance(argument[0], str):
            yield Reference(function, argument[0], argument)
    elif function == "Fn::Sub":
        text, own = argument, {}
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
            text, own = argument
        if isinstance(text, str):
            for variable in variables(text):
                if variable not in own:
                    yield Reference(function, variable.partition(".")[0], variable)

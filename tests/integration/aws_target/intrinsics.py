"""The template functions that our templates use, evaluated by the text of the user guide.

AWS CloudFormation User Guide, "Intrinsic function reference". Not the emulator's: what proves the
aws target shares no code with what the local target runs on.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

NO_VALUE: Final = object()
_REFERENCE: Final = re.compile(r"\$\{(!?)([^}]+)\}")


@dataclass(frozen=True)
class Scope:
    """What a template's names stand for."""

    ref: Callable[[str], Any]
    attribute: Callable[[str, str], Any]
    import_value: Callable[[str], Any]
    condition: Callable[[str], bool]
    zones: tuple[str, ...]
    mappings: dict[str, Any]

    def value(self, node: Any) -> Any:
        """`node` with all functions replaced by what they give."""
        if isinstance(node, list):
            return [v for v in map(self.value, node) if v is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name == "Ref":
                return NO_VALUE if argument == "AWS::NoValue" else self.ref(argument)
            if name.startswith("Fn::") or name == "Condition":
                return self._call(name.removeprefix("Fn::"), argument)
        found = {key: self.value(value) for key, value in node.items()}
        return {key: value for key, value in found.items() if value is not NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        if name == "GetAtt":
            parts = argument.split(".", 1) if isinstance(argument, str) else argument
            return self.attribute(parts[0], ".".join(self.value(parts[1:])))
        if name == "Sub":
            return self._sub(argument)
        if name == "If":
            chosen, yes, no = argument
            return self.value(yes if self.condition(chosen) else no)
        if name == "Condition":
            return self.condition(argument)
        given = self.value(argument)
        plain: dict[str, Callable[[Any], Any]] = {
            "ImportValue": self.import_value,
            "Join": lambda v: v[0].join(map(str, v[1])),
            "Select": lambda v: v[1][int(v[0])],
            "Split": lambda v: v[1].split(v[0]),
            "GetAZs": lambda _: list(self.zones),
            "Equals": lambda v: str(v[0]) == str(v[1]),
            "Not": lambda v: not v[0],
            "And": all,
            "Or": any,
            "FindInMap": lambda v: self.mappings[v[0]][v[1]][v[2]],
            "Cidr": _cidr,
        }
        return plain[name](given)

    def _sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def replaced(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return str(self.value(own[name]))
            resource, dot, attribute = name.partition(".")
            return str(self.attribute(resource, attribute) if dot else self.ref(name))

        return _REFERENCE.sub(replaced, text)


def references(node: Any) -> set[str]:
    """Logical names that `node` needs."""
    if isinstance(node, list):
        return set().union(*map(references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found: set[str] = set()
    for key, value in node.items():
        if key == "Ref":
            found.add(value)
        elif key == "Fn::GetAtt":
            found.add(value.split(".")[0] if isinstance(value, str) else value[0])
        elif key == "Fn::Sub":
            text = value[0] if isinstance(value, list) else value
            found |= {name.split(".")[0] for _, name in _REFERENCE.findall(text)}
            found |= references(value[1:]) if isinstance(value, list) else set()
        else:
            found |= references(value)
    return found


def _cidr(given: list[Any]) -> list[str]:
    network, count, bits = ipaddress.ip_network(given[0]), int(given[1]), int(given[2])
    nets = network.subnets(new_prefix=network.max_prefixlen - bits)
    return [str(net) for net, _ in zip(nets, range(count), strict=False)]

"""Maps and lists of a query, and the functions of JSON and of IP addresses.

Amazon CloudWatch Logs User Guide, "Boolean, comparison, numeric, datetime, and other functions":
"Structure types", "JSON functions" and "IP address string functions".
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any

Structure = dict[str, Any] | list[Any]


def parsed(value: Any) -> Structure | None:
    """The map or list that a text of JSON is; None for any other text."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def stringified(value: Any) -> str | None:
    """A map or list as JSON; None for anything else."""
    if not isinstance(value, dict | list):
        return None
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def member(fields: dict[str, Any], name: str) -> Any:
    """A field, or what a path such as ``event.items.0`` leads to in a structure; else None."""
    if name in fields:
        return fields[name]
    end = name.find(".")
    while end > 0:
        if isinstance(found := fields.get(name[:end]), dict | list):
            return inside(found, name[end + 1 :])
        end = name.find(".", end + 1)
    return None


def inside(value: Any, path: str) -> Any:
    """What a path leads to from a structure; None where there is nothing."""
    if isinstance(value, dict) and path in value:
        return value[path]
    head, dot, rest = path.partition(".")
    if isinstance(value, dict):
        found = value.get(head)
    elif isinstance(value, list) and head.isdecimal() and int(head) < len(value):
        found = value[int(head)]
    else:
        return None
    return inside(found, rest) if dot else found


def _is_address(make: Callable[[str], Any]) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        try:
            make(str(value))
        except ValueError:
            return 0
        return 1

    return check


def _is_within(make: Callable[[str], Any], network: Callable[..., Any]) -> Callable[..., int]:
    def check(value: Any, subnet: Any) -> int:
        try:
            return int(make(str(value)) in network(str(subnet), strict=False))
        except ValueError:
            return 0

    return check


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "jsonparse": parsed,
    "jsonstringify": stringified,
    "isvalidip": _is_address(ipaddress.ip_address),
    "isvalidipv4": _is_address(ipaddress.IPv4Address),
    "isvalidipv6": _is_address(ipaddress.IPv6Address),
    "isipinsubnet": _is_within(ipaddress.ip_address, ipaddress.ip_network),
    "isipv4insubnet": _is_within(ipaddress.IPv4Address, ipaddress.IPv4Network),
    "isipv6insubnet": _is_within(ipaddress.IPv6Address, ipaddress.IPv6Network),
}
"""By names in lower case; truth is 1 and 0."""

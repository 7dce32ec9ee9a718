"""What is wrong with a request, before its service's code for it is known."""

from __future__ import annotations

from itertools import islice
from typing import Any

from localstack.aws.protocol.parser import ProtocolParserError

Path = tuple[Any, ...]
"""Names and numbers (from 1) from the outermost member to the innermost, in nested pairs."""

_SHOWN = 1024
_ITEMS = 64
_WHOLE: dict[str, tuple[str, ...]] = {
    "PutEventsRequestEntry": (
        *("Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader"),
        *("KmsKeyIdentifier", "InternalMetadata"),
    ),
}
"""Structures of whose lists a service shows each with all its members, as it has been recorded."""


class WireError(ProtocolParserError):  # type: ignore[misc]
    """The request cannot be read: not well-formed, or a value of the wrong type."""


class NullMemberError(ProtocolParserError):  # type: ignore[misc]
    """A list or map has null for a member."""


def shown_path(path: Path) -> str:
    """A path as the services write it: ``records.1.member.partitionKey``."""
    parts: list[str] = []
    while path:
        path, part = path
        parts.append(f"{part}.member" if isinstance(part, int) else camel(str(part)))
    return ".".join(reversed(parts))


def camel(name: str) -> str:
    """A member's name as AWS's messages write it."""
    return name[:1].lower() + name[1:]


def fault(
    value: Any,
    path: Path,
    rule: str,
    *,
    secret: bool = False,
    of_member: bool = True,
    whole: str | None = None,
) -> str:
    """One violated constraint in the services' words; long values are cut, secrets left out.

    Args:
        rule: what the member must do, without ``Member must``
        of_member: otherwise the rule is the whole constraint
        whole: how the value is shown, where it is not cut
    """
    constraint = f"failed to satisfy constraint: {'Member must ' if of_member else ''}{rule}"
    if secret:
        return f"Value at '{shown_path(path)}' {constraint}"
    if whole is not None:
        shown = f"'{whole}'"
    elif value is None:
        shown = "null"
    else:
        text = value if isinstance(value, str) else _listed(value)
        shown = f"'{text if len(text) <= _SHOWN else text[:_SHOWN] + '...'}'"
    return f"Value {shown} at '{shown_path(path)}' {constraint}"


def whole_list(kind: str, items: list[Any]) -> str | None:
    """A list of structures as the service shows it whole; None where it shows it as all do.

    Args:
        kind: the structure's name
    """
    if kind not in _WHOLE:
        return None
    made = []
    for item in items:
        members = (f"{camel(name)}={_member(item.get(name))}" for name in _WHOLE[kind])
        made.append(f"{kind}({', '.join(members)})")
    return f"[{', '.join(made)}]"


def _member(value: Any) -> str:
    if value is None:
        return "null"
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def summary(faults: list[str]) -> str:
    """All faults of a request in AWS's one message."""
    noun = "error" if len(faults) == 1 else "errors"
    return f"{len(faults)} validation {noun} detected: {'; '.join(faults)}"


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(str(item)[:_SHOWN] for item in value[:_ITEMS])}]"
    if isinstance(value, dict):
        shown = (f"{key}={str(item)[:_SHOWN]}" for key, item in islice(value.items(), _ITEMS))
        return f"{{{', '.join(shown)}}}"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return str(value)

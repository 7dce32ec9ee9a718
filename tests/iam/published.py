"""AWS's Service Authorization Reference as cfn-lint ships it: actions, resources, ARN formats."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any, Final

_S3: Final = {"bucket": "[^/]+", "object": "[^/]+/.+"}
"""What the list's formats do not tell apart."""


def known(action: str) -> bool:
    """Whether the action exists; names of actions have no case."""
    service, _, name = action.partition(":")
    return name.lower() in _specification().get(service, {}).get("Actions", {})


def kinds(action: str) -> list[str]:
    """Kinds of resources that the action takes, in lower case; none: it takes ``*`` only.

    Raises:
        KeyError: there is no such action
    """
    service, _, name = action.partition(":")
    found = _specification()[service]["Actions"][name.lower()].get("Resources", [])
    return [kind.lower() for kind in found]


def arn_format(service: str, kind: str) -> str:
    """A kind's ARN with ``${Partition}``, ``${Region}``, ``${Account}`` and ``.*`` in it."""
    return str(_specification()[service]["Resources"][kind.lower()]["ARNFormats"][0])


def condition_keys(service: str, kind: str) -> list[str]:
    """Condition keys of a kind of resource."""
    return list(_specification()[service]["Resources"][kind.lower()].get("ConditionKeys", []))


def fits(action: str, resource: str) -> bool:
    """Whether the action takes the resource, by its formats of ARNs."""
    service = action.partition(":")[0]
    taken = kinds(action)
    if resource == "*" or not taken:
        return resource == "*"
    for kind in taken:
        for text in _specification()[service]["Resources"][kind]["ARNFormats"]:
            shaped = _S3.get(kind, "") if service == "s3" else ""
            if _pattern(text).fullmatch(resource) and re.fullmatch(shaped or ".*", resource):
                return True
    return False


def _pattern(text: str) -> re.Pattern[str]:
    """An ARN's format with a pattern for each of its variables; of a bucket's name, no slash."""
    parts = re.split(r"(\$\{[^}]+\}|\.\*|\*)", text)
    found = ""
    for part in parts:
        if part.startswith("${"):
            found += "[^:/]*"
        elif part in ("*", ".*"):
            found += ".+"
        else:
            found += re.escape(part)
    return re.compile(found)


@cache
def _specification() -> dict[str, Any]:
    path = resources.files("cfnlint") / "data" / "AdditionalSpecs" / "Policies.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))

"""Which notifications of a bucket S3 takes.

Amazon S3 User Guide, "Configuring event notifications using object key name filtering" (valid and
invalid configurations) and "Event notification types and destinations"; Amazon S3 API Reference,
"PutBucketNotificationConfiguration". The messages are those that clients of S3 report; which
argument they name is known for overlaps without filters only, and our guess for the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from localstack.aws.api.s3 import Event, InvalidArgument

Document = dict[str, Any]

MAX_FILTER_BYTES = 1024
_KINDS = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")
_KNOWN = frozenset(str(event) for event in Event)


def refusal(request: Document) -> InvalidArgument | None:
    """What is wrong with a PutBucketNotificationConfiguration; None if nothing is.

    Args:
        request: API "PutBucketNotificationConfiguration"
    """
    given = request.get("NotificationConfiguration") or {}
    configurations = [each for kind in _KINDS for each in given.get(kind) or ()]
    for each in configurations:
        if error := _event(each) or _filter(each):
            return error
    return _ids(configurations) or _overlap(configurations)


def _event(configuration: Document) -> InvalidArgument | None:
    for event in configuration.get("Events") or ():
        if event not in _KNOWN:
            return _invalid("The event is not supported for notifications", "Event", event)
    return None


def _filter(configuration: Document) -> InvalidArgument | None:
    rules = list(_rules(configuration))
    for name, count in Counter(name for name, _ in rules).items():
        if count > 1 and name in ("prefix", "suffix"):
            message = f"Cannot specify more than one {name} rule in a filter."
            return _invalid(message, "FilterRule.Name", name)
    for _, value in rules:
        if len(value.encode()) > MAX_FILTER_BYTES:
            message = (
                f"Size of filter rule value cannot exceed {MAX_FILTER_BYTES} bytes in UTF-8 "
                "representation"
            )
            return _invalid(message, "FilterRule.Value", value)
    return None


def _ids(configurations: list[Document]) -> InvalidArgument | None:
    counts = Counter(each["Id"] for each in configurations if each.get("Id"))
    for name, count in counts.items():
        if count > 1:
            message = "Same ID used for multiple configurations. IDs must be unique."
            return _invalid(message, "Id", name)
    return None


def _overlap(configurations: list[Document]) -> InvalidArgument | None:
    """Two configurations overlap if one object's event could be of both."""
    for one, other in combinations(configurations, 2):
        shared = _shared(one, other)
        if shared is None:
            continue
        ours, theirs = dict(_rules(one)), dict(_rules(other))
        if not ours and not theirs:
            return _invalid(
                "Configurations overlap. Configurations on the same bucket cannot share a common "
                "event type.",
                "Event",
                ", ".join(shared),
            )
        prefixes = sorted((ours.get("prefix", ""), theirs.get("prefix", "")), key=len)
        suffixes = sorted((ours.get("suffix", ""), theirs.get("suffix", "")), key=len)
        if prefixes[1].startswith(prefixes[0]) and suffixes[1].endswith(suffixes[0]):
            return _invalid(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two "
                "rules if the prefixes are overlapping for the same event type.",
                "Event",
                ", ".join(shared),
            )
    return None


def _shared(one: Document, other: Document) -> tuple[str, str] | None:
    """An event of each, one of which is the other or includes it."""
    for first in one.get("Events") or ():
        for second in other.get("Events") or ():
            if first == second or _includes(first, second) or _includes(second, first):
                return first, second
    return None


def _includes(wildcard: str, event: str) -> bool:
    return wildcard.endswith(":*") and event.startswith(wildcard[:-1])


def _rules(configuration: Document) -> Iterator[tuple[str, str]]:
    """Lower-case names and values of a filter's rules."""
    key = (configuration.get("Filter") or {}).get("Key") or {}
    for rule in key.get("FilterRules") or ():
        yield str(rule.get("Name") or "").lower(), str(rule.get("Value") or "")


def _invalid(message: str, name: str, value: str) -> InvalidArgument:
    return InvalidArgument(message, ArgumentName=name, ArgumentValue=value)

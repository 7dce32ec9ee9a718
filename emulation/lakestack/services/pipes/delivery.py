"""A batch's way through a pipe: filter, enrichment, templates, target.

Amazon EventBridge User Guide, "Event enrichment in Amazon EventBridge Pipes", "Amazon EventBridge
Pipes batching and concurrency" and "Amazon EventBridge Pipes error handling and troubleshooting":
internal errors are tried again without an end and are not counted; what the enrichment or the
target answers is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakestack import clock
from lakestack.services import event_filters
from lakestack.services.pipes import filters, input_template, kinds, targets
from lakestack.services.pipes.event_values import as_json, text_of
from lakestack.services.pipes.pipe import Pipe
from lakestack.services.pipes.targets import CallError, Item, Sending

Event = dict[str, Any]
MOST_REFUSED, REFUSED_SECONDS = 5, 10.0
"""Answers in a row, that a target is gone or may not be used, that disable a pipe, and how long
they must have come at least (our guess)."""

_FORBIDDEN = (401, 403, 404)
_GONE = ("NotFound", "NonExistent", "DoesNotExist", "NoSuch", "AccessDenied")
_INTERNAL = ("Throttl", "TooManyRequests", "Unavailable", "InternalFailure", "InternalError")


class Delivery:
    """A pipe's filter, enrichment and target, as it is configured now.

    Args:
        disable: called with the reason when the pipe is to be disabled

    Raises:
        filters.FilterError: a pattern is none
    """

    def __init__(
        self, account: str, region: str, pipe: Pipe, disable: Callable[[str], None]
    ) -> None:
        request = pipe.request
        self._disable, self._refused, self._first_refused = disable, 0, 0.0
        self._name, self._source = pipe.name, request["Source"]
        self._enrichment = request.get("Enrichment") or ""
        self._enrichment_template = _template(request, "EnrichmentParameters")
        self._target = request["Target"]
        self._target_template = _template(request, "TargetParameters")
        self._patterns = filters.patterns_of(request.get("SourceParameters") or {})
        self._kind = kinds.kind_of(self._target, kinds.TARGETS) or kinds.LAMBDA
        own = (request.get("TargetParameters") or {}).get(self._kind.parameters or "") or {}
        self._sending = Sending(account, region, self._target, own, pipe.name, self._source)
        own = (request.get("EnrichmentParameters") or {}).get("HttpParameters") or {}
        self._calling = Sending(account, region, self._enrichment, own, pipe.name, self._source)
        self._reserved = {
            "aws.pipes.pipe-arn": pipe.arn,
            "aws.pipes.pipe-name": pipe.name,
            "aws.pipes.source-arn": self._source,
            "aws.pipes.enrichment-arn": self._enrichment,
            "aws.pipes.target-arn": self._target,
        }

    def passes(self, event: Event) -> bool:
        """Whether the filter lets an event through."""
        return event_filters.passes(self._patterns, event)

    def deliver(self, events: list[Event]) -> set[str]:
        """Bring events through the enrichment to the target.

        Returns:
            the ids of those that have failed (`id_of`): none when all went well

        Raises:
            CallError: all have failed, by the pipe's user
            Exception: an internal error; nothing of it counts as an attempt
        """
        try:
            failed = self._deliver(events)
        except ClientError as e:
            if is_internal(e):
                raise
            self._count(e)
            raise CallError(str(e)) from e
        except BotoCoreError as e:  # such as a parameter that a value of the event is wrong for
            raise CallError(str(e)) from e
        self._refused = 0
        return failed

    def _count(self, error: ClientError) -> None:
        """Have the pipe disabled that nearly always gets the same: no permission, no target.

        User Guide, "Amazon EventBridge Pipes error handling and troubleshooting".
        """
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        code = str(error.response["Error"]["Code"])
        if status not in _FORBIDDEN and not any(word in code for word in _GONE):
            self._refused = 0
            return
        self._refused += 1
        if self._refused == 1:
            self._first_refused = clock.steady()
        elapsed = clock.steady() - self._first_refused
        if self._refused >= MOST_REFUSED and elapsed >= REFUSED_SECONDS:
            self._disable(f"Disabled after {self._refused} errors without a success: {error}")

    def _deliver(self, events: list[Event]) -> set[str]:
        found: list[Any] = events
        if self._enrichment:
            found = self._enriched(events)
            if not found:
                return set()
        if self._kind.most and len(found) > self._kind.most:
            raise CallError(
                f"{len(found)} events are more than {self._kind.service} takes: {self._kind.most}"
            )
        items = [Item(event, self._text(self._target_template, event)) for event in found]
        answer = targets.send(self._sending, self._kind, items)
        if self._kind.most is None:
            return _named(answer, events)
        if not answer:
            return set()
        if len(found) != len(events) or len(answer) == len(events):
            raise CallError(f"{self._target} has refused {len(answer)} of {len(found)} events")
        return {id_of(events[at]) for at in answer}

    def _enriched(self, events: list[Event]) -> list[Any]:
        """What the enrichment makes of events; nothing where it answers nothing."""
        kind = kinds.kind_of(self._enrichment, kinds.ENRICHMENTS) or kinds.LAMBDA
        document = json.dumps([as_json(self._text(self._enrichment_template, e)) for e in events])
        answer = targets.call(self._calling, kind, document, events[0])
        if isinstance(answer, list):
            return answer
        return [] if answer in (None, "", {}) else [answer]

    def _text(self, template: str, event: Any) -> str:
        if not template:
            return text_of(event)
        now = clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        reserved = {**self._reserved, "aws.pipes.event.ingestion-time": now}
        return input_template.render(template, event, reserved)


def is_internal(error: ClientError) -> bool:
    """Whether an error has nothing to do with what the user has configured."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    return status >= 500 or str(error.response["Error"]["Code"]).startswith(_INTERNAL)


def id_of(event: Event) -> str:
    """What names an event in ``batchItemFailures``."""
    return str(event.get("messageId") or event.get("eventID"))


def _named(answer: Any, events: list[Event]) -> set[str]:
    """The events that a function or state machine has named as failed.

    Raises:
        CallError: it names what is not there: then all have failed
    """
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return set()
    known = {id_of(event) for event in events}
    items = failures if isinstance(failures, list) else [None]
    named = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in items}
    if not named <= known:
        raise CallError(f"batchItemFailures names {named - known!r}, which is not in the batch")
    return {str(name) for name in named}


def _template(request: dict[str, Any], member: str) -> str:
    return str((request.get(member) or {}).get("InputTemplate") or "")

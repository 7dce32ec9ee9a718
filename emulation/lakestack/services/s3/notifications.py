"""Keys in S3's events, and events that S3 has not.

Amazon S3 User Guide, "Event message structure": the key in a notification is URL-encoded, as in a
form ("red flower.jpg" becomes "red+flower.jpg"); "EventBridge event message structure": there it is
as it is. "Configuring event notifications using object key name filtering": special characters of a
filter are written percent-encoded; here they may also stand as they are (our guess).

LocalStack 4.9.2 percent-encodes the key once for all of them, filters included; says one sequencer
for all events, a requester of its own, and the time of the machine's zone. A Glue job's
committer also writes markers below ``__magic``, which Glue's own does without: nobody is told of
them.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any
from urllib.parse import quote_plus, unquote

from localstack.services.s3.notifications import EventBridgeNotifier, S3EventNotificationContext

from lakestack import clock, patches

_MARKER = re.compile(r"(?:^|/)__magic(?:_job-[^/]*)?/")
"""Apache Hadoop, "The S3A Committers: Architecture and Implementation": where uploads wait."""


class Sequencer:
    """Says which of two events was first, also after a restart.

    Args:
        began: Unix seconds; later ones begin behind all that earlier ones have said
    """

    def __init__(self, began: float) -> None:
        self._numbers = itertools.count(int(began * 1_000_000))

    def following(self) -> str:
        """Hexadecimal, of one length, and greater than any before."""
        return f"{next(self._numbers):018X}"


SEQUENCER = Sequencer(clock.wall())


def install() -> None:
    """Put our keys into LocalStack's events."""
    patches.replace("s3.event_context", classmethod(_context))
    patches.replace("s3.event_filter", matches_filter)
    patches.replace("s3.event_record", staticmethod(_record))
    patches.replace("s3.event_entry", staticmethod(_entry))
    patches.replace("s3.event_send", _send)


def encoded_key(key: str) -> str:
    """A key as notifications have it."""
    return quote_plus(key, safe="/*")


def matches_filter(notification_filter: Any, key: str) -> bool:
    """Whether a key has the prefix and the suffix that a notification's filter asks for.

    Args:
        notification_filter: API "NotificationConfigurationFilter", or None
        key: as it is
    """
    rules = ((notification_filter or {}).get("Key") or {}).get("FilterRules") or []
    for rule in rules:
        has = key.startswith if rule.get("Name", "").lower() == "prefix" else key.endswith
        value = rule.get("Value", "")
        if not (has(value) or has(unquote(value))):
            return False
    return True


def detail_type(event: str) -> str:
    """The detail type that EventBridge has for an event of a notification."""
    now = clock.utc()
    nothing: dict[str, Any] = dict.fromkeys(S3EventNotificationContext.__dataclass_fields__, "")
    about = {**nothing, "event_type": event, "region": "us-east-1", "event_time": now}
    entry = EventBridgeNotifier._get_event_payload(S3EventNotificationContext(**about))
    return str(entry["DetailType"])


def is_marker(key: str) -> bool:
    """Whether an object is a committer's own, gone before a reader could look at it."""
    return _MARKER.search(key) is not None


def _context(
    cls: type[S3EventNotificationContext], request_context: Any, s3_bucket: Any, s3_object: Any
) -> Any:
    make = patches.original("s3.event_context").__func__
    made = make(cls, request_context, s3_bucket, s3_object)
    made.key_name = s3_object.key
    made.event_time = clock.utc()
    made.sequencer = SEQUENCER.following()
    return made


def _record(ctx: S3EventNotificationContext, config_id: Any) -> Any:
    made = patches.original("s3.event_record")(ctx, config_id)
    for record in made["Records"]:
        about = record["s3"]["object"]
        about["key"] = encoded_key(ctx.key_name)
        if "sequencer" in about:
            about["sequencer"] = ctx.sequencer
    return made


def _entry(ctx: S3EventNotificationContext, config_id: Any = None) -> Any:
    """The reason of a multipart upload is the operation's name alone."""
    entry = patches.original("s3.event_entry")(ctx, config_id)
    detail = json.loads(entry["Detail"])
    detail["requester"] = ctx.caller
    if "sequencer" in detail["object"]:
        detail["object"]["sequencer"] = ctx.sequencer
    if "reason" in detail:
        detail["reason"] = detail["reason"].rpartition(":")[2]
    entry["Detail"] = json.dumps(detail)
    return entry


def _send(dispatcher: Any, ctx: S3EventNotificationContext, notification_config: Any) -> None:
    if not is_marker(ctx.key_name):
        patches.original("s3.event_send")(dispatcher, ctx, notification_config)

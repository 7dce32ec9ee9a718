"""Who may publish which events: sources that begin with ``aws.`` are those of AWS's services.

Amazon EventBridge API Reference, "PutEventsRequestEntry" and "PutEventsResultEntry".
"""

from __future__ import annotations

from typing import Any

RESERVED = "aws."


def refusal(context: Any, entry: dict[str, Any]) -> dict[str, str] | None:
    """The result of an entry of PutEvents that its sender may not publish; None if it may.

    Args:
        context: of the request; the emulator's services, and replays, are no clients

    Returns:
        a PutEventsResultEntry with an error
    """
    if context.is_internal_call or context.operation.name != "PutEvents":
        return None
    if not str(entry.get("Source") or "").startswith(RESERVED):
        return None
    return {
        "ErrorCode": "NotAuthorizedForSourceException",
        "ErrorMessage": "Not authorized for the source.",
    }

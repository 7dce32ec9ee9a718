"""What CloudFormation's events tell of a stack: what failed first, and where it is."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

__all__ = ["NESTED_TYPE", "first_failed", "first_failure", "is_own", "newest_events"]

NESTED_TYPE: Final = "AWS::CloudFormation::Stack"


def newest_events(cloudformation: Any, name: str) -> dict[str, str]:
    """The newest event of a stack and of the nested ones that are at work, by stack.

    Of a nested stack its parent's events tell only that it has begun and ended.

    Args:
        cloudformation: a client
        name: the stack's name or id
    """
    try:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    except ClientError as error:
        if "does not exist" in str(error):
            return {f"stack {name}": "absent"}
        raise
    if not events:
        return {f"stack {name}": "no event"}
    at = {f"stack {name}": f"{_told(events[0])} ({events[0]['EventId']})"}
    looked: set[str] = set()
    for event in events:
        inner = event.get("PhysicalResourceId", "")
        if event["ResourceType"] != NESTED_TYPE or is_own(event) or not inner or inner in looked:
            continue
        looked.add(inner)
        if event.get("ResourceStatus", "").endswith("_IN_PROGRESS"):
            at |= newest_events(cloudformation, inner)
    return at


def _told(event: dict[str, Any]) -> str:
    return f"{event['LogicalResourceId']} {event.get('ResourceStatus', '')}"


def first_failure(events: list[dict[str, Any]]) -> str:
    """The resource that failed first in the latest attempt, and why.

    Args:
        events: as DescribeStackEvents returns them, newest first
    """
    event = first_failed(events)
    if event is None:
        return "no event says why"
    reason = event.get("ResourceStatusReason", "")
    return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"


def first_failed(events: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The event of the resource that failed first in the latest attempt, None when none did."""
    found = found_own = None
    for event in events:
        status = event.get("ResourceStatus", "")
        own = is_own(event)
        if own and status == "DELETE_IN_PROGRESS" and not (found or found_own):
            continue  # of a nested stack: its parent's rollback deletes it after it has failed
        if own and status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"):
            break
        cancelled = "cancelled" in event.get("ResourceStatusReason", "").lower()
        if status.endswith("_FAILED") and not cancelled:
            found, found_own = (found, event) if own else (event, found_own)
    return found or found_own


def is_own(event: dict[str, Any]) -> bool:
    """Whether an event is the stack's own: a nested one has the same type, with another id."""
    same = event.get("PhysicalResourceId") == event.get("StackId")
    return event.get("ResourceType") == NESTED_TYPE and same

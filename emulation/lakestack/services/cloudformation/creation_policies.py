"""``CreationPolicy``: a resource is complete when it has been signalled so often.

AWS CloudFormation Template Reference, "CreationPolicy attribute": ResourceSignal has Count, 1 if
it is left out, and Timeout, PT5M. Instances are only recorded here, so that nothing on one could
send the signal: they are not waited for, and their event says so.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent

from lakestack.services.cloudformation.application import NOT_APPLIED
from lakestack.services.cloudformation.signals import (
    FailureError,
    StoppedError,
    TooFewError,
    seconds_of,
)
from lakestack.services.cloudformation.stack_notes import CANCELLED, notes_of

_AWAITED = "AWS::CloudFormation::WaitCondition"
Model = dict[str, Any]


def awaited(stack: Any, template: Any, name: str, event: ProgressEvent[Model]) -> Any:
    """The creation's event, once the signals are there that its policy asks for."""
    resource = ((template or {}).get("Resources") or {}).get(name) or {}
    policy = resource.get("CreationPolicy") or {}
    if "ResourceSignal" not in policy or event.status != OperationStatus.SUCCESS:
        return event
    if resource["Type"] != _AWAITED:
        before = f"{event.message}, " if event.message else NOT_APPLIED
        event.message = f"{before}CreationPolicy"
        return event
    asked = policy["ResourceSignal"] or {}
    notes = notes_of(stack)
    try:
        count, seconds = int(asked.get("Count", 1)), seconds_of(str(asked.get("Timeout", "PT5M")))
        notes.signals.wait(name, count, seconds, lambda: notes.stopped)
    except TooFewError:
        reason = f"Failed to receive {count} resource signal(s) within the specified duration"
    except FailureError as e:
        reason = f"Received FAILURE signal with UniqueId {e.args[0].unique_id}"
    except StoppedError:
        reason = CANCELLED
    except (TypeError, ValueError) as e:
        reason = str(e)
    else:
        return event
    return ProgressEvent(
        OperationStatus.FAILED, resource_model=event.resource_model, message=reason
    )

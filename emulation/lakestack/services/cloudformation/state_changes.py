"""Events of stacks and their resources, on EventBridge.

CloudFormation User Guide, "Managing events with CloudFormation and Amazon EventBridge".
"""

from __future__ import annotations

import functools
from typing import Any

from lakestack import patches
from lakestack.services import state_events
from lakestack.services.state_events import types

_STACK = "AWS::CloudFormation::Stack"


def install() -> None:
    """Publish each event that LocalStack's engine keeps for DescribeStackEvents."""
    original = patches.original("cloudformation.events")

    @functools.wraps(original)
    def store_event(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        publish(self, self.events[0])

    patches.replace("cloudformation.events", store_event)


def publish(stack: Any, event: dict[str, Any]) -> None:
    """Publish an event of a stack.

    Args:
        stack: of LocalStack
        event: StackEvent structure of the API
    """
    token = event.get("ClientRequestToken", "")
    status = {
        "status": str(event["ResourceStatus"]),
        "status-reason": event.get("ResourceStatusReason", ""),
    }
    detail = {"stack-id": stack.stack_id, "status-details": status, "client-request-token": token}
    kind = types.CFN_STACK
    if event["ResourceType"] != _STACK or event["PhysicalResourceId"] != stack.stack_id:
        kind = types.CFN_RESOURCE
        detail |= {
            "logical-resource-id": event["LogicalResourceId"],
            "physical-resource-id": event.get("PhysicalResourceId") or "",
            "resource-type": event["ResourceType"],
        }
    state_events.publish(kind, stack.account_id, stack.region_name, detail, [stack.stack_id])

"""State changes of jobs, models and endpoints, as events.

Amazon SageMaker AI Developer Guide, "Events that SageMaker AI sends to EventBridge": the detail is
what Describe returns, with times in Unix milliseconds and the tags as an object.
"""

from __future__ import annotations

import re
from typing import Any

from lakestack import store
from lakestack.services import state_events
from lakestack.services.state_events import EventType


def publish(
    kind: EventType, account: str, region: str, arn: str, described: dict[str, Any]
) -> None:
    """Publish a state.

    Args:
        arn: of what has changed
        described: Describe's answer
    """
    held = store.stores().get("sagemaker")
    tags = held.get(account, region).tags.get(arn, {}) if held else {}
    state_events.publish(kind, account, region, {**described, "Tags": dict(tags)}, [arn])


def endpoint_status(status: str) -> str:
    """A status of DescribeEndpoint as events have it: IN_SERVICE for InService."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()

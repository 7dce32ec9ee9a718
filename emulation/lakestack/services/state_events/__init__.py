"""State changes of all services, on EventBridge's default bus: what they are, and their way there.

A service names the change by its entry in `types`, and gives what it alone knows:

    publish(types.GLUE_JOB, account, region, {"jobName": …})
"""

from __future__ import annotations

from lakestack.services.state_events.publisher import publish, settled
from lakestack.services.state_events.types import EVENT_TYPES, EventType

__all__ = ["EVENT_TYPES", "EventType", "publish", "settled"]

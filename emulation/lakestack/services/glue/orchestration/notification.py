"""What EventBridge tells Glue: AWS's NotifyEvent, which no client can call."""

from __future__ import annotations

from lakestack.services.glue.orchestration import event_batches
from lakestack.services.glue.orchestration.scheduler import SCHEDULER
from lakestack.services.glue.state import STORE
from lakestack.services.schedules.time import TIME


def notify(account: str, region: str, workflow: str, event_id: str) -> None:
    """An event has come for a workflow.

    Raises:
        EntityNotFoundException: there is no such workflow
        InvalidInputException: no trigger of it waits for events
    """
    with STORE.holding(account, region) as state:
        event_batches.add(state, workflow, event_id, TIME.now())
    SCHEDULER.start()
    SCHEDULER.wake()

"""State changes of replication tasks, as events.

AWS DMS User Guide, "Working with Amazon EventBridge events and notifications in AWS Database
Migration Service", with its table of event messages for ReplicationTask.
"""

from __future__ import annotations

from typing import NamedTuple

from lakestack.services import state_events
from lakestack.services.dms import subscriptions
from lakestack.services.dms.state import DmsState, Task
from lakestack.services.state_events import types

_LINK = "https://console.aws.amazon.com/dms/v2/home?region={region}#taskDetails/{name}"


class Change(NamedTuple):
    """A row of the guide's table."""

    event_type: str
    event_id: str
    category: str
    message: str


CREATED = Change(
    "REPLICATION_TASK_CREATED", "DMS-EVENT-0074", "Creation", "Replication task created."
)
MODIFIED = Change(
    "REPLICATION_TASK_MODIFIED",
    "DMS-EVENT-0080",
    "ConfigurationChange",
    "Replication task modified.",
)
DELETED = Change(
    "REPLICATION_TASK_DELETED", "DMS-EVENT-0073", "Deletion", "Replication task deleted."
)
STARTED = Change(
    "REPLICATION_TASK_STARTED",
    "DMS-EVENT-0069",
    "StateChange",
    "Replication task started, with flag = {flag}",
)
STOPPED = Change(
    "REPLICATION_TASK_STOPPED",
    "DMS-EVENT-0079",
    "StateChange",
    "Replication task has stopped. {reason}",
)
FAILED = Change(
    "REPLICATION_TASK_FAILED", "DMS-EVENT-0078", "Failure", "Replication task has failed. {reason}"
)
RELOADED = Change(
    "REPLICATION_TASK_RELOAD_TABLES",
    "DMS-EVENT-0081",
    "StateChange",
    "Reload of table details requested.",
)

FLAGS = {
    "start-replication": "fresh start",
    "resume-processing": "resume",
    "reload-target": "reload",
}
"""How the message of a start names StartReplicationTaskType."""


def publish(store: DmsState, task: Task, change: Change, **words: str) -> None:
    """Publish a change of a task, on EventBridge and to who has subscribed to it.

    Args:
        words: that the change's message wants
    """
    message = change.message.format(**words)
    link = _LINK.format(region=store.region, name=task.identifier)
    subscriptions.tell(store, task.identifier, change.category, change.event_id, message, link)
    state_events.publish(
        types.DMS_TASK,
        store.account,
        store.region,
        {
            "eventType": change.event_type,
            "eventId": change.event_id,
            "category": change.category,
            "type": "REPLICATION_TASK",
            "detailMessage": message,
            "resourceLink": link,
        },
        [task.arn],
    )

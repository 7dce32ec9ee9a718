"""A trigger's definition: checked, kept, and shown.

AWS Glue Developer Guide, "AWS Glue triggers" and "Triggers" (API).
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.base import aws_error
from lakestack.services.glue.job_checks import check_arguments, check_timeout
from lakestack.services.schedules.cron import Cron, CronError

JsonDict = dict[str, Any]

START_TYPES = ("ON_DEMAND", "SCHEDULED", "EVENT")
TYPES = (*START_TYPES, "CONDITIONAL")
JOB_STATES: tuple[str, ...] = ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT")
CRAWL_STATES: tuple[str, ...] = ("SUCCEEDED", "FAILED", "CANCELLED")
_FIELDS = ("Description", "Schedule", "Actions", "Predicate", "EventBatchingCondition")
BATCH_SIZE, BATCH_WINDOW = 1, 900
"""Defaults of an EventBatchingCondition: events, and seconds."""

Node = tuple[str, str]
"""``("job" | "crawler", name)``"""


class Trigger:
    """A trigger of one account and region.

    Args:
        definition: CreateTrigger's request without tags

    Raises:
        InvalidInputException: AWS would refuse it, or it is not emulated
    """

    def __init__(self, definition: JsonDict) -> None:
        self.name: str = definition["Name"]
        self.type: str = definition["Type"]
        self.workflow: str = definition.get("WorkflowName") or ""
        start = bool(definition.get("StartOnCreation"))
        if self.type not in TYPES:
            raise _invalid(f"Triggers of type {self.type} are not emulated; {', '.join(TYPES)} are")
        if start and self.type == "ON_DEMAND":
            raise _invalid("StartOnCreation is not supported for ON_DEMAND triggers")
        if self.type == "EVENT" and not self.workflow:
            raise _invalid("A trigger of type EVENT needs WorkflowName: it starts a workflow")
        self.definition = _checked(self.type, definition)
        self.state = "ACTIVATED" if start else "CREATED"

    def update(self, changes: JsonDict) -> None:
        """UpdateTrigger: the given fields overwrite, others stay.

        Raises:
            InvalidInputException: as for a new one
        """
        self.definition = _checked(self.type, {**self.definition, **changes})

    def activate(self) -> None:
        """StartTrigger, for a trigger that waits for something.

        Raises:
            InvalidInputException: it is active already
        """
        self._refuse("ACTIVATED")
        self.state = "ACTIVATED"

    def deactivate(self) -> None:
        """StopTrigger.

        Raises:
            InvalidInputException: it is not active; an ON_DEMAND trigger never is
        """
        self._refuse("CREATED", "DEACTIVATED")
        self.state = "DEACTIVATED"

    def _refuse(self, *states: str) -> None:
        if self.state in states:
            raise _invalid(f"The operation is not allowed when trigger is in state: {self.state}")

    @property
    def active(self) -> bool:
        return self.state == "ACTIVATED"

    @property
    def listening(self) -> bool:
        """Whether events start it: one of type EVENT, from the first, until it is stopped."""
        return self.type == "EVENT" and self.state != "DEACTIVATED"

    @property
    def batch(self) -> tuple[int, int]:
        """How many events it waits for, and for how many seconds after the first at most."""
        found = self.definition.get("EventBatchingCondition") or {}
        return found.get("BatchSize") or BATCH_SIZE, found.get("BatchWindow") or BATCH_WINDOW

    @property
    def actions(self) -> list[JsonDict]:
        found: list[JsonDict] = self.definition["Actions"]
        return found

    @property
    def conditions(self) -> list[JsonDict]:
        found: list[JsonDict] = (self.definition.get("Predicate") or {}).get("Conditions") or []
        return found

    @property
    def any_condition(self) -> bool:
        return (self.definition.get("Predicate") or {}).get("Logical") == "ANY"

    @property
    def targets(self) -> list[Node]:
        """What it starts."""
        return [node_of(action) for action in self.actions]

    @property
    def watched(self) -> list[Node]:
        """What it waits for."""
        return [node_of(condition) for condition in self.conditions]

    @property
    def schedule(self) -> Cron | None:
        """Of a scheduled trigger."""
        return Cron.parse(self.definition["Schedule"]) if self.type == "SCHEDULED" else None

    def as_api(self) -> JsonDict:
        """The Trigger structure of the API."""
        return {
            "Name": self.name,
            "Type": self.type,
            "State": self.state,
            **({"WorkflowName": self.workflow} if self.workflow else {}),
            **self.definition,
        }

    def snapshot(self) -> JsonDict:
        """As plain data."""
        return self.as_api()

    @classmethod
    def restored(cls, saved: JsonDict) -> Trigger:
        """The trigger of a snapshot."""
        made = cls(saved)
        made.state = saved["State"]
        return made


def node_of(part: JsonDict) -> Node:
    """What an action starts, or a condition watches."""
    if part.get("JobName"):
        return "job", part["JobName"]
    return "crawler", part["CrawlerName"]


def check_schedule(schedule: str | None) -> None:
    """Check a schedule of a trigger or crawler.

    Raises:
        InvalidInputException: it is no cron expression of AWS's
    """
    if not schedule:
        return
    try:
        Cron.parse(schedule)
    except CronError as e:
        raise _invalid(f"Schedule {schedule!r} is not valid: {e}") from e


def _checked(kind: str, definition: JsonDict) -> JsonDict:
    fields = {k: definition[k] for k in _FIELDS if definition.get(k)}
    if kind == "SCHEDULED" and "Schedule" not in fields:
        raise _invalid("Schedule cannot be null or empty for SCHEDULED trigger")
    if kind == "CONDITIONAL" and "Predicate" not in fields:
        raise _invalid("Predicate cannot be null or empty for CONDITIONAL trigger")
    if kind != "EVENT" and "EventBatchingCondition" in fields:
        raise _invalid("EventBatchingCondition is for triggers of type EVENT only")
    check_schedule(fields.get("Schedule"))
    if not fields.get("Actions"):
        raise _invalid("Actions cannot be null or empty")
    for action in fields["Actions"]:
        _check_action(action)
    if "Predicate" in fields:
        _check_predicate(fields["Predicate"])
        watched = {node_of(condition) for condition in fields["Predicate"]["Conditions"]}
        for node in map(node_of, fields["Actions"]):
            if node in watched:
                what = node[0].capitalize()
                raise _invalid(f"{what} cannot be a Predicate and Action for Conditional Trigger.")
    return fields


def _check_action(action: JsonDict) -> None:
    if bool(action.get("JobName")) == bool(action.get("CrawlerName")):
        raise _invalid("An action needs JobName or CrawlerName, and not both")
    if action.get("CrawlerName") and (action.get("Arguments") or action.get("Timeout")):
        raise _invalid("Arguments and Timeout of an action are for jobs, not for crawlers")
    check_arguments(action.get("Arguments") or {})
    if action.get("Timeout"):
        check_timeout(action["Timeout"])


def _check_predicate(predicate: JsonDict) -> None:
    conditions = predicate.get("Conditions") or []
    if not conditions:
        raise _invalid("Conditions cannot be null or empty")
    if len(conditions) > 1 and not predicate.get("Logical"):
        raise _invalid("Logical cannot be null or empty when there are several conditions")
    for condition in conditions:
        if not condition.get("LogicalOperator"):
            raise _invalid("Logical operator cannot be null or empty")
        if bool(condition.get("JobName")) == bool(condition.get("CrawlerName")):
            raise _invalid("A condition needs JobName or CrawlerName, and not both")
        key, states = "State", JOB_STATES
        if condition.get("CrawlerName"):
            key, states = "CrawlState", CRAWL_STATES
        if not condition.get(key):
            raise _invalid(f"{key} cannot be null or empty")
        if condition[key] not in states:
            raise _invalid(f"{key} {condition[key]} cannot be watched; {', '.join(states)} can")


def _invalid(message: str) -> CommonServiceException:
    return aws_error("InvalidInputException", message)

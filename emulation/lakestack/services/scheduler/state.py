"""What EventBridge Scheduler keeps for an account and region."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services import arns
from lakestack.services.base import aws_error
from lakestack.services.scheduler.schedule import Group, Invocation, Schedule
from lakestack.services.schedules.watch import Watch
from lakestack.store import Contents, Ending, ServiceState, Store, register

DEFAULT_GROUP = "default"


class SchedulerState(ServiceState):
    """Groups with their schedules, invocations on their way, tags of groups.

    Attributes:
        lost: invocations that were given up and for which there was no dead-letter queue
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.groups = {DEFAULT_GROUP: Group(DEFAULT_GROUP, self.group_arn(DEFAULT_GROUP))}
        self.invocations: list[Invocation] = []
        self.tags: dict[str, dict[str, str]] = {}
        self.lost = 0

    def group_arn(self, name: str) -> str:
        """ARN of a schedule group."""
        return arns.arn("scheduler", self.region, self.account, f"schedule-group/{name}")

    def schedule_arn(self, group: str, name: str) -> str:
        """ARN of a schedule."""
        return arns.arn("scheduler", self.region, self.account, f"schedule/{group}/{name}")

    def group(self, name: str | None) -> Group:
        """A group, the default one where none is named.

        Raises:
            CommonServiceException: ResourceNotFoundException
        """
        found = self.groups.get(name or DEFAULT_GROUP)
        if found is None:
            raise not_found(f"Schedule group {name} does not exist.")
        return found

    def schedule(self, group: str | None, name: str) -> Schedule:
        """A schedule.

        Raises:
            CommonServiceException: ResourceNotFoundException, it or its group is not there
        """
        found = self.group(group).schedules.get(name)
        if found is None:
            raise not_found(f"Schedule {name} does not exist.")
        return found

    def schedules(self) -> list[Schedule]:
        """All schedules."""
        return [each for group in self.groups.values() for each in group.schedules.values()]

    def contents(self) -> Contents:
        with self.lock:
            return {
                "schedule": sorted(f"{s.group}/{s.name}" for s in self.schedules()),
                "group": sorted(name for name in self.groups if name != DEFAULT_GROUP),
                "invocation": sorted(each.id for each in self.invocations),
            }

    def end(self) -> list[Ending]:
        """Nothing of it comes due any more: the runner looks only at states that are in use."""
        self.invocations = []
        return []

    def snapshot(self) -> dict[str, Any]:
        return {
            "groups": [
                {**vars(g), "schedules": [s.snapshot() for s in g.schedules.values()]}
                for g in self.groups.values()
            ],
            "invocations": [each.snapshot() for each in self.invocations],
            "tags": {arn: dict(tags) for arn, tags in self.tags.items()},
            "lost": self.lost,
        }

    def restore(self, document: dict[str, Any]) -> None:
        self.groups = {}
        for saved in document["groups"]:
            schedules = {each["name"]: Schedule(**each) for each in saved["schedules"]}
            self.groups[saved["name"]] = Group(**{**saved, "schedules": schedules})
        self.invocations = [Invocation(**each) for each in document["invocations"]]
        self.tags, self.lost = document["tags"], document["lost"]

    def resume(self) -> None:
        """What came due while there was no emulator starts now, once."""
        WATCH.wake()


WATCH = Watch("scheduler", longest=30.0)

STORE = register(Store("scheduler", SchedulerState))


def not_found(message: str) -> CommonServiceException:
    """The error of what is not there."""
    return aws_error("ResourceNotFoundException", message, 404)

"""What one firing has led to: the runs of a chain of triggers, and of a workflow.

A conditional trigger looks only at runs of its own chain (Developer Guide, "Blueprint and workflow
restrictions in AWS Glue": what was started from outside a workflow fires nothing in it), and fires
once in it.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from lakestack import clock
from lakestack.services.glue.triggers.trigger import Node, Trigger, node_of

JsonDict = dict[str, Any]
LOST = (
    "The emulator ended during the workflow run, and was started again with its saved state; "
    "start the workflow again"
)
_SAVED = ("chain_id", "workflow", "fired", "events")
_RUN_SAVED = (
    *_SAVED,
    *("properties", "previous", "status", "error", "started", "completed", "triggers", "batch"),
)


class Chain:
    """The runs that follow from one firing of a trigger outside workflows.

    Attributes:
        workflow: name of the workflow, "" outside workflows
        fired: triggers that have fired in it
        events: what was started: ``kind``, ``name``, ``run_id``, ``trigger``, ``state``
            (RUNNING, or the final state), ``error``
    """

    def __init__(self, chain_id: str, workflow: str = "") -> None:
        self.chain_id, self.workflow = chain_id, workflow
        self.fired: list[str] = []
        self.events: list[JsonDict] = []

    @property
    def busy(self) -> bool:
        """Whether something of it runs."""
        return any(event["state"] == "RUNNING" for event in self.events)

    @property
    def open(self) -> bool:
        """Whether triggers may fire in it."""
        return True

    def note(
        self, node: Node, run_id: str, trigger: str, state: str = "RUNNING", error: str = ""
    ) -> None:
        """Something was started, or could not be."""
        kind, name = node
        self.events.append(
            {
                "kind": kind,
                "name": name,
                "run_id": run_id,
                "trigger": trigger,
                "state": state,
                "error": error,
            }
        )

    def end(self, node: Node, run_id: str, state: str) -> bool:
        """Something has ended; whether it was of this chain.

        A retry of a job has its first run's id, with a number at its end.
        """
        root = run_id.partition("_attempt_")[0]
        for event in self.events:
            if (event["kind"], event["name"]) == node and event["run_id"] == root:
                event.update(run_id=run_id, state=state)
                return True
        return False

    def latest(self, node: Node) -> JsonDict | None:
        """What came last of a job or crawler."""
        return next(
            (e for e in reversed(self.events) if (e["kind"], e["name"]) == node),
            None,
        )

    def satisfies(self, trigger: Trigger) -> list[JsonDict]:
        """The events that let a conditional trigger fire; empty when it must not (yet)."""
        if trigger.name in self.fired or not trigger.active:
            return []
        met = []
        for condition in trigger.conditions:
            event = self.latest(node_of(condition))
            wanted = condition.get("State") or condition.get("CrawlState")
            if event is not None and event["state"] == wanted:
                met.append(event)
        enough = 1 if trigger.any_condition else len(trigger.conditions)
        return met if len(met) >= enough else []

    def snapshot(self) -> JsonDict:
        """As plain data."""
        return {name: getattr(self, name) for name in _SAVED}

    @classmethod
    def restored(cls, saved: JsonDict) -> Chain:
        """The chain of a snapshot."""
        made = cls(saved["chain_id"], saved["workflow"])
        for name in _SAVED:
            setattr(made, name, saved[name])
        return made


class WorkflowRun(Chain):
    """A run of a workflow.

    Args:
        properties: its run properties
        previous: the run that it resumes
        triggers: the workflow's triggers as they are, as the API shows them
        batch: the StartingEventBatchCondition, where events have started it
    """

    def __init__(
        self,
        workflow: str,
        properties: dict[str, str],
        triggers: list[JsonDict],
        previous: str = "",
        batch: dict[str, int] | None = None,
    ) -> None:
        super().__init__(f"wr_{uuid.uuid4().hex}{uuid.uuid4().hex}", workflow)
        self.properties, self.previous, self.triggers = dict(properties), previous, triggers
        self.status, self.error, self.batch = "RUNNING", "", batch
        self.started = clock.wall()
        self.completed: float | None = None

    @property
    def open(self) -> bool:
        return self.status == "RUNNING"

    @property
    def active(self) -> bool:
        return self.status in ("RUNNING", "STOPPING")

    def stop(self) -> None:
        """No trigger fires in it any more."""
        self.status = "STOPPING"

    def settle(self) -> None:
        """Give it its final state when nothing runs any more.

        It is COMPLETED also where jobs have failed (Developer Guide, "Repairing and resuming a
        workflow run").
        """
        if self.active and not self.busy:
            self.finish("STOPPED" if self.status == "STOPPING" else "COMPLETED")

    def finish(self, status: str, error: str = "") -> None:
        """Give it its final state."""
        self.status, self.error, self.completed = status, error, clock.wall()

    def lost(self) -> None:
        """End a restored run whose jobs are gone."""
        for event in self.events:
            if event["state"] == "RUNNING":
                event["state"] = "FAILED"
        if self.active:
            self.finish("ERROR", LOST)

    def snapshot(self) -> JsonDict:
        return {name: getattr(self, name) for name in _RUN_SAVED}

    @classmethod
    def restored(cls, saved: JsonDict) -> WorkflowRun:
        made = cls(saved["workflow"], saved["properties"], saved["triggers"], saved["previous"])
        for name in _RUN_SAVED:
            setattr(made, name, saved.get(name))
        return made


class Workflow:
    """A workflow: its properties and its runs. Its triggers name it.

    Args:
        definition: CreateWorkflow's request without tags

    Attributes:
        events: ids of the events that wait for others to start it
        first_event: when the first of them came, by the time of schedules
    """

    def __init__(self, definition: JsonDict) -> None:
        self.name: str = definition["Name"]
        self.created = self.modified = clock.wall()
        self.runs: list[WorkflowRun] = []
        self.events: list[str] = []
        self.first_event: datetime | None = None
        self.definition = {k: v for k, v in definition.items() if v is not None}

    def update(self, changes: JsonDict) -> None:
        """UpdateWorkflow: given fields replace, others stay."""
        self.definition = {**self.definition, **changes, "Name": self.name}
        self.modified = clock.wall()

    @property
    def properties(self) -> dict[str, str]:
        return dict(self.definition.get("DefaultRunProperties") or {})

    @property
    def full(self) -> bool:
        """Whether as many runs are active as may be."""
        limit: int | None = self.definition.get("MaxConcurrentRuns")
        return limit is not None and sum(run.active for run in self.runs) >= limit

    def run(self, run_id: str) -> WorkflowRun | None:
        """The run with this id."""
        return next((run for run in self.runs if run.chain_id == run_id), None)

    def snapshot(self) -> JsonDict:
        """As plain data."""
        return {
            "definition": self.definition,
            "created": self.created,
            "modified": self.modified,
            "runs": [run.snapshot() for run in self.runs],
            "events": list(self.events),
            "first_event": self.first_event.isoformat() if self.first_event else None,
        }

    @classmethod
    def restored(cls, saved: JsonDict) -> Workflow:
        """The workflow of a snapshot."""
        made = cls(saved["definition"])
        made.created, made.modified = saved["created"], saved["modified"]
        made.runs = [WorkflowRun.restored(each) for each in saved["runs"]]
        made.events = list(saved.get("events") or ())
        first = saved.get("first_event")
        made.first_event = datetime.fromisoformat(first) if first else None
        return made

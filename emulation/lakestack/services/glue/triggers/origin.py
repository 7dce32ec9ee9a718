"""Where a run of a job or crawler comes from, and who hears of its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LOG = logging.getLogger(__name__)
JsonDict = dict[str, Any]


@dataclass(frozen=True)
class Origin:
    """What started a run that nobody started by hand.

    Attributes:
        chain: the run's `Chain`: the id of a workflow run, or of one firing of a trigger
        trigger: its name
        workflow: the name of the workflow that runs, "" outside workflows
        predecessors: ``JobName`` and ``RunId`` of the runs that the trigger waited for
    """

    chain: str
    trigger: str
    workflow: str = ""
    predecessors: tuple[JsonDict, ...] = ()

    @property
    def arguments(self) -> dict[str, str]:
        """What a job of a workflow gets beside its own arguments.

        Developer Guide, "Getting and setting workflow run properties in AWS Glue".
        """
        if not self.workflow:
            return {}
        return {"--WORKFLOW_NAME": self.workflow, "--WORKFLOW_RUN_ID": self.chain}

    def snapshot(self) -> JsonDict:
        """As plain data."""
        return {
            "chain": self.chain,
            "trigger": self.trigger,
            "workflow": self.workflow,
            "predecessors": list(self.predecessors),
        }

    @classmethod
    def restored(cls, saved: JsonDict | None) -> Origin | None:
        """The origin of a snapshot; None for a run that was started by hand."""
        if saved is None:
            return None
        return cls(**{**saved, "predecessors": tuple(saved["predecessors"])})


def descent(run_id: str, attempt: int, previous: str | None, origin: Origin | None) -> JsonDict:
    """What the JobRun structure says of where a run comes from."""
    return {
        "Id": run_id,
        "Attempt": attempt,
        "PredecessorRuns": [*(origin.predecessors if origin else ())],
        **({"PreviousRunId": previous} if previous else {}),
        **({"TriggerName": origin.trigger} if origin else {}),
    }


@dataclass(frozen=True)
class End:
    """A run has ended.

    Attributes:
        kind: ``job`` or ``crawler``
        run_id: of the job run, or of the crawl
        state: as a trigger's condition names it, such as SUCCEEDED
    """

    account: str
    region: str
    kind: str
    name: str
    run_id: str
    state: str
    origin: Origin


_listeners: list[Callable[[End], None]] = []


def listen(listener: Callable[[End], None]) -> None:
    """Hear of every end, once, in the thread of the run."""
    if listener not in _listeners:
        _listeners.append(listener)


def ended(end: End) -> None:
    """Tell who listens; a fault of theirs is no fault of the run."""
    for listener in _listeners:
        try:
            listener(end)
        except Exception:
            LOG.exception("after the end of %s %s", end.kind, end.name)

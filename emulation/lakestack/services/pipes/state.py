"""What EventBridge Pipes keeps for an account and region."""

from __future__ import annotations

from typing import Any

from lakestack.services import arns
from lakestack.services.base import aws_error
from lakestack.services.kinesis.store import STORE as STREAMS
from lakestack.services.pipes.pipe import Pipe
from lakestack.store import Contents, Ending, ServiceState


class PipesState(ServiceState):
    """Pipes by name.

    Attributes:
        lost: records that were given up without a dead-letter queue that took them
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.pipes: dict[str, Pipe] = {}
        self.lost = 0

    def arn(self, name: str) -> str:
        """ARN of a pipe."""
        return arns.arn("pipes", self.region, self.account, f"pipe/{name}")

    def pipe(self, name: str) -> Pipe:
        """A pipe.

        Raises:
            CommonServiceException: NotFoundException
        """
        found = self.pipes.get(name)
        if found is None:
            raise aws_error("NotFoundException", f"Pipe {name} does not exist.", 404)
        return found

    def contents(self) -> Contents:
        with self.lock:
            return {"pipe": sorted(self.pipes)}

    def end(self) -> list[Ending]:
        """Flows end their batches."""
        found = []
        for pipe in self.pipes.values():
            pipe.lineage.abandon()
            if pipe.flow is not None:
                pipe.flow.stop()
                found.append(Ending(f"pipe {pipe.name}", pipe.flow.join))
        return found

    def snapshot(self) -> dict[str, Any]:
        return {
            "pipes": [each.snapshot() for _, each in sorted(self.pipes.items())],
            "lost": self.lost,
        }

    def restore(self, document: dict[str, Any]) -> None:
        """Pipes of streams that are gone start over."""
        for saved in document["pipes"]:
            pipe = Pipe(**{name: value for name, value in saved.items() if name != "lineage"})
            pipe.lineage.restore(saved["lineage"], STREAMS.find)
            self.pipes[pipe.name] = pipe
        self.lost = document["lost"]

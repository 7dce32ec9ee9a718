"""What our Lambda keeps beside LocalStack's functions and mappings, which are in `lambda_stores`.

The processes of functions belong to LocalStack's execution environments, and metrics are under way
for a second: neither is kept here.
"""

from __future__ import annotations

from typing import Any

from lakestack.services.kinesis.reader import Lineage
from lakestack.services.kinesis.store import STORE as STREAMS
from lakestack.store import Contents, Ending, ServiceState, Store, register


class LambdaState(ServiceState):
    """How far the event source mappings of an account and region are, and its log groups.

    Attributes:
        lineages: by mapping; outlive the workers that LocalStack makes for each update
        log_groups: names of those that functions have written to
        keys: ARNs of the keys that encrypt environments, by function
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.lineages: dict[str, Lineage] = {}
        self.log_groups: set[str] = set()
        self.keys: dict[str, str] = {}

    def lineage(self, mapping: str) -> Lineage:
        """How far a mapping is; made when first asked for."""
        with self.lock:
            return self.lineages.setdefault(mapping, Lineage())

    def contents(self) -> Contents:
        with self.lock:
            return {
                "event source mapping": sorted(self.lineages),
                "log group": sorted(self.log_groups),
            }

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return {
                "lineages": {uuid: each.snapshot() for uuid, each in self.lineages.items()},
                "log_groups": sorted(self.log_groups),
                # only where there are any: states that were saved without them stay readable
                **({"keys": dict(self.keys)} if self.keys else {}),
            }

    def restore(self, document: dict[str, Any]) -> None:
        """Mappings of streams that are gone start over."""
        for uuid, saved in document["lineages"].items():
            self.lineage(uuid).restore(saved, STREAMS.find)
        self.log_groups = set(document["log_groups"])
        self.keys = dict(document.get("keys") or {})

    def end(self) -> list[Ending]:
        """Consumers end their batches; a mapping that LocalStack still has starts over."""
        return [
            Ending(f"consumer of {shard} for mapping {mapping}", position.released)
            for mapping, lineage in self.lineages.items()
            for shard, position in lineage.abandon().items()
        ]


STORE = register(Store("lambda", LambdaState))

"""What the rules of an account and region have yet to deliver."""

from __future__ import annotations

from typing import Any

from lakestack.services.event_rules.event import Delivery
from lakestack.services.schedules.watch import Watch
from lakestack.store import Contents, Ending, ServiceState, Store, register


class RulesState(ServiceState):
    """Deliveries that have not ended, by their id.

    Attributes:
        lost: events that were given up and for which there was no dead-letter queue
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.deliveries: dict[str, Delivery] = {}
        self.lost = 0

    def contents(self) -> Contents:
        with self.lock:
            return {"delivery": sorted(self.deliveries)}

    def end(self) -> list[Ending]:
        """Nothing of it is tried again; what a thread is sending may still arrive."""
        self.deliveries = {}
        return []

    def snapshot(self) -> dict[str, Any]:
        return {
            "deliveries": [each.snapshot() for each in self.deliveries.values()],
            "lost": self.lost,
        }

    def restore(self, document: dict[str, Any]) -> None:
        made = [Delivery(**each) for each in document["deliveries"]]
        self.deliveries, self.lost = {each.id: each for each in made}, document["lost"]

    def resume(self) -> None:
        """What waited for a thread, or was with one, is sent (again)."""
        for each in self.deliveries.values():
            each.due = each.due or each.began
        WATCH.wake()


WATCH = Watch("event-retries", longest=60.0)

STORE = register(Store("event-rules", RulesState))

"""The pipes of every account and region, which run."""

from __future__ import annotations

from lakestack.services.pipes.state import PipesState
from lakestack.services.pipes.transitions import go_on
from lakestack.store import Store, register


class RunningPipes(PipesState):
    """Pipes that go on when they are restored."""

    def resume(self) -> None:
        """What was changing comes to its end, and what ran goes on."""
        for pipe in list(self.pipes.values()):
            go_on(self, pipe)


STORE = register(Store("pipes", RunningPipes))

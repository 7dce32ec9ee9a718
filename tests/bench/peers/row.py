"""A row of the table: what is done, how it is counted, and who is ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.measure import median
from tests.bench.peers.load import Load
from tests.bench.peers.servers import OURS, Server

LEAST_NOISE, MOST_NOISE = 0.10, 0.30


@dataclass(frozen=True)
class Measured:
    """One round of one server.

    Attributes:
        rate: units a second
        load: what it took
    """

    rate: float
    load: Load

    @classmethod
    def of(cls, units: int, load: Load) -> Measured:
        return cls(units / load.seconds, load)


@dataclass(frozen=True)
class Row:
    """What is measured.

    Attributes:
        name: of the row
        unit: counted a second; more is better
        per: what a request is, for the CPU's figure, such as ``batch of 25``
        servers: names of those that it is measured on
        measure: one round: prepares, sends, checks what came of it
        won: no peer may be ahead by more than the noise; else the row is only printed
        of_engine: least share of the engine alone; None: no goal
        cpu_ms: most CPU milliseconds of our process a request; None: no goal
    """

    name: str
    unit: str
    per: str
    servers: tuple[str, ...]
    measure: Callable[[Server], Measured]
    won: bool
    of_engine: float | None = None
    cpu_ms: float | None = None


@dataclass
class Standing:
    """The rounds of a row, by server."""

    row: Row
    rounds: dict[str, list[Measured]] = field(default_factory=dict)
    engines: frozenset[str] = frozenset()

    def rate(self, server: str) -> float:
        """Units a second, median of the rounds."""
        return median([m.rate for m in self.rounds[server]])

    def cpu_ms(self, server: str) -> tuple[float, float]:
        """CPU milliseconds a request: of the server's process, and with all below it."""
        loads = [m.load for m in self.rounds[server]]
        requests = sum(load.requests for load in loads) / 1000
        return sum(x.cpu for x in loads) / requests, sum(x.cpu_all for x in loads) / requests

    def noise(self, server: str) -> float:
        """How far the rounds of a server lie apart, as a share of their median."""
        rates = [m.rate for m in self.rounds[server]]
        return (max(rates) - min(rates)) / median(rates)

    def best_peer(self) -> str | None:
        """The fastest that is neither ours nor a part of ours."""
        peers = [name for name in self.rounds if name != OURS and name not in self.engines]
        return max(peers, key=self.rate, default=None)

    def of_peer(self) -> float | None:
        """Our rate as a share of the best peer's."""
        best = self.best_peer()
        return self.rate(OURS) / self.rate(best) if best else None

    def of_engine(self) -> float | None:
        """Our rate as a share of the engine's alone."""
        found = [name for name in self.rounds if name in self.engines]
        return self.rate(OURS) / self.rate(found[0]) if found else None

    def lost(self) -> str | None:
        """Why the row fails: a peer is ahead by more than the noise of both, in a row once won."""
        best = self.best_peer()
        if not self.row.won or best is None:
            return None
        spread = max(self.noise(OURS), self.noise(best))
        noise = min(max(spread, LEAST_NOISE), MOST_NOISE)
        ours, theirs = self.rate(OURS), self.rate(best)
        if theirs <= ours * (1 + noise):
            return None
        return (
            f"{self.row.name}: {best} {theirs:,.0f} {self.row.unit}/s, ours {ours:,.0f}, "
            f"{theirs / ours - 1:.0%} ahead, the noise is {noise:.0%}"
        )

    def missed(self) -> list[str]:
        """Goals that are not reached."""
        found = []
        share, least = self.of_engine(), self.row.of_engine
        if share is not None and least is not None and share < least:
            found.append(f"{share:.2f} of the engine alone, the goal is {least:g}")
        if self.row.cpu_ms is not None and (cpu := self.cpu_ms(OURS)[0]) > self.row.cpu_ms:
            found.append(f"{cpu:.2f} ms CPU a {self.row.per}, the goal is {self.row.cpu_ms:g} ms")
        if (of_peer := self.of_peer()) is not None and of_peer < 1:
            found.append(f"{of_peer:.2f} of {self.best_peer()}")
        return found

"""What is wrong with an emulator that answers, and the command that mends it.

Its own account of itself (`emulation.services.health`) is read; a document of another version, or
none, is no reason for alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulation.host.liveness import end_command, make_command

MOST_NAMED = 5


@dataclass(frozen=True)
class Problem:
    """One finding.

    :param message: what is wrong, one sentence
    :param restart: whether the emulator has to be ended first
    """

    message: str
    restart: bool

    def command(self, port: int) -> str:
        """What mends it at the emulator of a port."""
        again = make_command(port)
        return f"{end_command(port)}; then: {again}" if self.restart else again


def problem(health: dict[str, Any]) -> Problem | None:
    """The first thing that has to be mended, None when there is none."""
    for engine in health.get("engines") or []:
        if why := engine.get("why"):
            return Problem(str(why), restart=True)
        lost = engine.get("lost_tables") or []
        if lost:
            names = ", ".join(str(table["table"]) for table in lost[:MOST_NAMED])
            more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
            return Problem(
                f"{engine['name']} ended at {lost[0]['at']}, and the tables {names}{more} are "
                "lost with it",
                restart=False,
            )
    return None

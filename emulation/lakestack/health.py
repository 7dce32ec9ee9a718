"""What is wrong with an emulator that answers, and the command that fixes it.

Its own account of itself (`lakestack.services.health_route`) is read; a document of another
version, or none, is no reason for alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lakestack import commands

HEALTH = "/_localstack/lake/health"
"""The route that answers with it."""

MOST_NAMED = 5


@dataclass(frozen=True)
class Problem:
    """One finding.

    Args:
        message: what is wrong, one sentence
        restart: whether the emulator has to be ended first
        proper: what fixes it alone, instead of making the lake again
    """

    message: str
    restart: bool = False
    proper: str = ""

    def command(self, port: int) -> str:
        """What fixes it at the emulator of a port."""
        if self.restart:
            return f"{commands.end(port)}; then: {commands.again(port)}"
        return self.proper or commands.reload(port)


def problem(health: dict[str, Any]) -> Problem | None:
    """The first thing that has to be fixed, None when there is none."""
    for process in health.get("stopped") or []:
        pid = process["process"]
        return Problem(
            f"a signal has stopped process {pid} of {process['name']}, which waits for another",
            proper=f"kill -CONT {pid}",
        )
    kept = health.get("saved_state") or {}
    if kept.get("problem"):
        return Problem(
            f"the state is not saved: {kept['problem']}; the last save is of "
            f"{kept.get('saved') or 'never'}",
            proper=f"make space for {kept['folder']}, or make it writable: it is tried again",
        )
    for engine in health.get("engines") or []:
        if why := engine.get("why"):
            return Problem(str(why), restart=True)
        lost = engine.get("lost_tables") or []
        if lost:
            names = ", ".join(str(table["table"]) for table in lost[:MOST_NAMED])
            more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
            return Problem(
                f"{engine['name']} ended at {lost[0]['at']}, and the tables {names}{more} are "
                "lost with it"
            )
    return None

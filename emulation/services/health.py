"""How the emulator is, beyond that it answers: its engines, what they have lost, and its faults.

``GET /_localstack/lake/health``, a route of ours beside LocalStack's own, which knows only whether
a service was loaded.
"""

from __future__ import annotations

from typing import Any

PATH = "/_localstack/lake/health"


def install() -> None:
    """Add the route."""
    from localstack.services.internal import get_internal_apis

    get_internal_apis().add(PATH, lambda _request: document(), methods=["GET"])


def document() -> dict[str, Any]:
    """What the route answers.

    ``ok`` is false while something has to be done: an engine is silent or stays down, or tables
    are lost and not yet made again. A fault that mended itself is listed and makes nothing red.
    """
    from emulation.services import faults
    from emulation.services.dynamodb import engine

    running = engine.engine()
    engines = [running.describe()] if running is not None else []
    kept, count = faults.recorded()
    return {
        "ok": not any(problem(each) for each in engines),
        "engines": engines,
        "faults": [fault.as_dict() for fault in kept],
        "fault_count": count,
    }


def problem(engine: dict[str, Any]) -> str:
    """What is wrong with an engine, as the route describes it; empty when nothing is."""
    if engine["why"]:
        return str(engine["why"])
    lost = engine["lost_tables"]
    if not lost:
        return ""
    names = ", ".join(table["table"] for table in lost[:5])
    more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
    return f"{engine['name']} ended at {lost[0]['at']}; the tables {names}{more} are lost"

"""Empties a running emulator, as ``POST /_lakestack/reset`` does (docs/http-api.md)."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from lakestack import commands
from lakestack.errors import NotRunningError, StateError

RESET = "/_lakestack/reset"
SECONDS = 120.0
"""It takes tenths of a second; a busy machine, and what has to be killed first, take longer."""


def reset(endpoint: str) -> dict[str, Any]:
    """Empty every service of the emulator at an endpoint.

    Args:
        endpoint: such as ``http://127.0.0.1:4566``

    Returns:
        ``services`` that held something, ``not_ended`` and ``seconds``

    Raises:
        NotRunningError: nothing answers there
        StateError: it answers, and does not reset
    """
    place = urlsplit(endpoint)
    port = place.port or 80
    connection = http.client.HTTPConnection(place.hostname or "", port, timeout=SECONDS)
    try:
        connection.request("POST", RESET, "{}", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body, status = answer.read(), answer.status
    except (OSError, http.client.HTTPException) as e:
        raise NotRunningError(
            f"no emulator answers at {endpoint}: {e}", commands.start(port)
        ) from e
    finally:
        connection.close()
    try:
        found = json.loads(body)["reset"]
    except (ValueError, KeyError, TypeError) as e:
        raise StateError(
            f"{endpoint} was not reset: it answered with {status}", commands.again(port)
        ) from e
    return {name: found[name] for name in ("services", "not_ended", "seconds") if name in found}

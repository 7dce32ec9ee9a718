"""Routes below ``/_lakestack/``: JSON in, JSON out, behind the guard like everything else.

An error is ``{"error": {"message": …, "hint": …}}`` with status 400, or 409 where what is there
does not allow it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from localstack.http import Request, Response

from lakestack.errors import EmulationError, StateError
from lakestack.services.reset.scope import Scope

LOG = logging.getLogger(__name__)

RESET = "/_lakestack/reset"
"""``POST``: empty everything, or ``{"account": …, "region": …}``."""

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


def install() -> None:
    """Add the routes."""
    from localstack.services.internal import get_internal_apis

    for path, method, answer in ((RESET, "POST", _reset),):
        get_internal_apis().add(path, answering(answer), methods=[method])


def answering(answer: Answer) -> Callable[[Request], Response]:
    """A route that gives a JSON object to a function, and answers with what it returns."""

    def route(request: Request) -> Response:
        try:
            return _json(answer(_document(request)), 200)
        except EmulationError as e:
            return _json({"error": {"message": e.message, "hint": e.hint}}, 400)

    return route


def _document(request: Request) -> Mapping[str, Any]:
    body = request.get_data()
    try:
        document = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as e:
        raise StateError(f"The body is no JSON: {e}", "Send a JSON object, or nothing") from e
    if not isinstance(document, dict):
        raise StateError(
            f"The body is a JSON {type(document).__name__}", "Send a JSON object, or nothing"
        )
    return document


def _json(document: Mapping[str, Any], status: int) -> Response:
    return Response(json.dumps(document, default=str), status, mimetype="application/json")


def _reset(document: Mapping[str, Any]) -> dict[str, Any]:
    from lakestack.services.reset import procedure

    return {"reset": procedure.reset(Scope.of(document))}

"""Routes below ``/_lakestack/``: JSON in, JSON out, behind the guard like everything else.

An error is ``{"error": {"message": …, "hint": …}}`` with status 400; where there is no such
request, 404 or 405.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from localstack.http import Request, Response

from lakestack.errors import EmulationError, StateError
from lakestack.services.fault_injection.rules import FAULTS
from lakestack.services.reset.scope import Scope
from lakestack.services.saved_state import folder, states
from lakestack.services.schedules.time import TIME, asked

PREFIX = "/_lakestack"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

RESET = "/_lakestack/reset"
"""``POST``: empty everything, or ``{"account": …, "region": …}``."""

STATE = "/_lakestack/state"
"""``GET``: the saved states; ``DELETE``: ``{"name": …}``."""

SAVE, LOAD = f"{STATE}/save", f"{STATE}/load"
"""``POST``: ``{"name": …}``."""

FAULTS_PATH = "/_lakestack/faults"
"""``POST``: ask for a fault; ``GET``: all of them; ``DELETE``: end all, or ``{"id": …}``."""

CLOCK = "/_lakestack/clock"
"""The time of schedules: ``POST``: ``{"seconds": …}`` advances it, ``DELETE`` sets it back."""

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


def install() -> None:
    """Add the routes."""
    from localstack.services.internal import get_internal_apis

    routes: tuple[tuple[str, str, Answer], ...] = (
        (RESET, "POST", _reset),
        (SAVE, "POST", _save),
        (LOAD, "POST", _load),
        (STATE, "GET", _list_states),
        (STATE, "DELETE", _remove_state),
        (FAULTS_PATH, "GET", _list_faults),
        (FAULTS_PATH, "POST", _add_fault),
        (FAULTS_PATH, "DELETE", _clear_faults),
        (CLOCK, "GET", _clock),
        (CLOCK, "POST", _advance),
        (CLOCK, "DELETE", _set_back),
    )
    methods: dict[str, list[str]] = {}
    for path, method, answer in routes:
        get_internal_apis().add(path, answering(answer), methods=[method])
        methods.setdefault(path, []).append(method)
    for path in (PREFIX, f"{PREFIX}/", f"{PREFIX}/<path:rest>"):
        get_internal_apis().add(path, _refusing(methods), methods=_METHODS)


def answering(answer: Answer) -> Callable[[Request], Response]:
    """A route that gives a JSON object to a function, and answers with what it returns."""

    def route(request: Request) -> Response:
        try:
            return _json(answer(_document(request)), 200)
        except EmulationError as e:
            return _json({"error": {"message": e.message, "hint": e.hint}}, 400)

    return route


def _refusing(methods: Mapping[str, list[str]]) -> Callable[..., Response]:
    """A route for requests that there are not: which path has which methods."""
    valid = ", ".join(f"{'|'.join(names)} {path}" for path, names in methods.items())

    def route(request: Request, rest: str = "") -> Response:
        del rest
        if request.path in methods:
            message, status = f"{request.path} takes no {request.method}", 405
        else:
            message, status = f"There is no path {request.path}", 404
        return _json({"error": {"message": message, "hint": f"valid: {valid}"}}, status)

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


def _save(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": states.save(document)}


def _load(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": states.load(document)}


def _list_states(document: Mapping[str, Any]) -> dict[str, Any]:
    del document
    return {"states": folder.listed(states.states_folder())}


def _remove_state(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"removed": states.remove(document)}


def _add_fault(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"fault": FAULTS.add(document).as_dict()}


def _list_faults(document: Mapping[str, Any]) -> dict[str, Any]:
    del document
    return {"faults": FAULTS.all()}


def _clear_faults(document: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(document) - {"id"}):
        raise StateError(f"There is no member {', '.join(map(repr, unknown))}", 'valid: {"id": 1}')
    return {"cleared": FAULTS.clear(document.get("id"))}


def _clock(document: Mapping[str, Any]) -> dict[str, Any]:
    del document
    return {"clock": TIME.as_dict()}


def _advance(document: Mapping[str, Any]) -> dict[str, Any]:
    TIME.advance(asked(document))
    return _clock({})


def _set_back(document: Mapping[str, Any]) -> dict[str, Any]:
    TIME.back()
    return _clock(document)

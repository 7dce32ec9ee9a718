"""Values out of a request, and what a mapping of parameters does with them.

API Gateway Developer Guide, "Transform API requests and responses for HTTP APIs in API Gateway" and
"Create AWS service integrations for HTTP APIs in API Gateway", "Mapping request parameters". What
is not there is left out; within a text it is empty (our guess).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from lakestack.services.apigatewayv2.events import Answer, readable
from lakestack.services.apigatewayv2.incoming import Incoming
from lakestack.services.event_rules.json_paths import NOTHING, at_path

_ROOTS = r"(?:request|response|context|stageVariables)"
_WHOLE = re.compile(rf"\$({_ROOTS}\.\S+)")
_INSIDE = re.compile(rf"\$\{{({_ROOTS}\.[^}}]+)\}}")
_KEY = re.compile(r"(append|overwrite|remove):(header|querystring)\.(\S+)|overwrite:(path)")
_ANSWER_KEY = re.compile(r"(append|overwrite|remove):(header)\.(\S+)|overwrite:(statuscode)")
_STATUS = re.compile(r"[1-5][0-9][0-9]")
_RESERVED = frozenset(
    (
        *("authorization", "connection", "content-encoding", "content-length"),
        *("content-location", "forwarded", "keep-alive", "origin", "proxy-authenticate"),
        *("proxy-authorization", "te", "trailers", "transfer-encoding", "upgrade"),
        *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via"),
    )
)
_RESERVED_STARTS = ("access-control-", "apigw-", "x-amz-", "x-amzn-")
Mapped = Mapping[str, str]


@dataclass(frozen=True)
class _Change:
    action: str
    place: str
    name: str


def fault_of(parameters: Mapped) -> str | None:
    """What is wrong with request parameters of an integration without subtype; None: nothing."""
    return next(filter(None, (_fault(_KEY, key) for key in parameters)), None)


def fault_of_response(parameters: Mapping[str, Mapped]) -> str | None:
    """What is wrong with response parameters, which are by status; None: nothing."""
    for status, mapped in parameters.items():
        if not _STATUS.fullmatch(status):
            return f"Invalid status code specified: {status}"
        for key in mapped:
            if fault := _fault(_ANSWER_KEY, key):
                return fault
    return None


def _fault(pattern: re.Pattern[str], key: str) -> str | None:
    found = pattern.fullmatch(key)
    if found is None:
        return f"Invalid mapping expression specified: {key}"
    name = (found[3] or "").lower()
    if found[2] == "header" and (name in _RESERVED or name.startswith(_RESERVED_STARTS)):
        return f"Operations on header {name} are restricted"
    return None


def mapped_request(request: Incoming, parameters: Mapped) -> Incoming:
    """The request with its parameters changed, for the integration."""
    made = replace(request, headers=list(request.headers))
    arguments = made.arguments()
    for key, expression in parameters.items():
        change = _change(_KEY, key)
        value = None if change.action == "remove" else value_of(expression, request)
        if value is None and change.action != "remove":
            continue
        text = as_text(value)
        if change.place == "header":
            made.headers = _changed_headers(made.headers, change, text)
        elif change.place == "querystring":
            before = arguments.pop(change.name, [])
            if change.action != "remove":
                arguments[change.name] = [*(before if change.action == "append" else ()), text]
            made.query = urlencode(arguments, doseq=True)
        else:
            made.path, made.route_path = text, quote(text)
    return made


def mapped_answer(answer: Answer, parameters: Mapping[str, Mapped], request: Incoming) -> Answer:
    """The integration's answer with its parameters changed, by its status."""
    made = Answer(answer.status, list(answer.headers), answer.body)
    for key, expression in (parameters.get(str(answer.status)) or {}).items():
        change = _change(_ANSWER_KEY, key)
        value = None if change.action == "remove" else value_of(expression, request, answer)
        if change.place == "header":
            if value is not None or change.action == "remove":
                made.headers = _changed_headers(made.headers, change, as_text(value))
        elif _STATUS.fullmatch(as_text(value)):
            made.status = int(as_text(value))
    return made


def _change(pattern: re.Pattern[str], key: str) -> _Change:
    found = pattern.fullmatch(key)
    if found is None:
        raise ValueError(f"{key} is no mapping")  # looked at when the integration was made
    if found[4]:
        return _Change("overwrite", found[4], "")
    return _Change(found[1], found[2], found[3])


def _changed_headers(
    headers: list[tuple[str, str]], change: _Change, value: str
) -> list[tuple[str, str]]:
    if change.action == "append":
        return [*headers, (change.name, value)]
    kept = [(name, v) for name, v in headers if name.lower() != change.name.lower()]
    return kept if change.action == "remove" else [*kept, (change.name, value)]


def value_of(expression: str, request: Incoming, answer: Answer | None = None) -> Any:
    """What an expression stands for: a text, or what a JSON path finds; None where nothing is.

    Args:
        answer: of the integration, where there is one
    """
    if whole := _WHOLE.fullmatch(expression):
        return _variable(whole[1], request, answer)
    return _INSIDE.sub(lambda m: as_text(_variable(m[1], request, answer)), expression)


def as_text(value: Any) -> str:
    """A value in a text: as it is, else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _variable(name: str, request: Incoming, answer: Answer | None) -> Any:
    root, _, rest = name.partition(".")
    match root:
        case "stageVariables":
            return request.variables.get(rest)
        case "context":
            return context_of(request).get(rest)
        case "response":
            return None if answer is None else _of_answer(rest, answer)
    kind, _, rest = rest.partition(".")
    read = _OF_REQUEST.get(kind)
    return read(request, rest) if read else None


def _of_answer(name: str, answer: Answer) -> Any:
    kind, _, rest = name.partition(".")
    if kind == "header":
        found = [value for key, value in answer.headers if key.lower() == rest.lower()]
        return ",".join(found) if found else None
    return _of_body(answer.body, rest) if kind == "body" else None


def _of_body(body: bytes, path: str) -> Any:
    text = body.decode(errors="replace")
    if not path:
        return text
    try:
        found = at_path(json.loads(text), f"$.{path}")
    except Exception:  # no JSON, or no path: the parser has errors of its own
        return None
    return None if found is NOTHING else found


def _of_query(request: Incoming, name: str) -> str | None:
    found = request.arguments().get(name)
    return ",".join(found) if found else None


def _of_path(request: Incoming, name: str) -> str | None:
    return request.parameters.get(name) if name else request.route_path


_OF_REQUEST: dict[str, Callable[[Incoming, str], Any]] = {
    "header": lambda request, name: request.header(name),
    "querystring": _of_query,
    "path": _of_path,
    "body": lambda request, path: _of_body(request.body, path),
}


def context_of(request: Incoming) -> dict[str, str]:
    """The ``$context`` variables that are known here.

    API Gateway Developer Guide, "Customize HTTP API access logs", "Logging variables".
    """
    given = request.authorizer.get("lambda") or {}
    claims = (request.authorizer.get("jwt") or {}).get("claims") or {}
    return {
        "accountId": request.account,
        "apiId": request.api_id,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity.sourceIp": request.source,
        "identity.userAgent": request.agent,
        "path": request.path,
        "protocol": request.protocol,
        "requestId": request.request_id,
        "requestTime": readable(request.time),
        "requestTimeEpoch": str(int(request.time.timestamp() * 1000)),
        "routeKey": request.route_key,
        "stage": request.stage,
        **{f"authorizer.{name}": as_text(value) for name, value in given.items()},
        **{f"authorizer.claims.{name}": as_text(value) for name, value in claims.items()},
    }

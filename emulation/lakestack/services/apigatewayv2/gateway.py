"""Answers requests to APIs, by their host names and by their path in the emulator.

``<api-id>.execute-api.<region>.<domain>/…`` as on AWS, and ``/_aws/execute-api/<api-id>/…`` as
LocalStack has it for REST APIs. Whether the request may come here at all has been decided by the
front guard: a host name of an API is open to every page, with the API's CORS configuration, and
reaches nothing else; the path is as closed as every other route of the emulator's.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import unquote

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from rolo.request import get_raw_path, restore_payload

from lakestack import clock
from lakestack.services.apigatewayv2 import access_logs, authorizers, cors, integrations
from lakestack.services.apigatewayv2.events import Answer, message
from lakestack.services.apigatewayv2.incoming import Incoming
from lakestack.services.apigatewayv2.routing import choose
from lakestack.services.apigatewayv2.state import DEFAULT, Api, ApisState, Document, find, new_id
from lakestack.services.front_guard.handlers import signed_by_a_program, verdict_of
from lakestack.services.front_guard.rules import Way

PATH = "/_aws/execute-api/"
_LABEL = "execute-api"


class HttpApis:
    """A handler in the gateway's chain: takes requests to HTTP APIs, and leaves all else alone.

    Args:
        by_host: whether it takes those by an API's host name, else those by its path
    """

    def __init__(self, *, by_host: bool) -> None:
        self._by_host = by_host

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        verdict = verdict_of(context)
        if verdict is None or verdict.host is None:
            return
        if self._by_host is not (verdict.way is Way.APPLICATION):
            return
        if not self._by_host and not context.request.path.startswith(PATH):
            return  # most requests
        raw = get_raw_path(context.request)
        if self._by_host:
            labels = verdict.host.name.split(".")
            api_id, path = (labels[0], raw) if labels[1:2] == [_LABEL] else ("", raw)
        elif raw.startswith(PATH):
            api_id, slash, rest = raw.removeprefix(PATH).partition("/")
            path = slash + rest
        else:
            return
        found = find(api_id)
        if found is None:
            return  # a REST API, or none
        told = answer(*found, context.request, path or "/")
        made = Response(told.body, told.status, headers=told.headers)
        if not any(name.lower() == "content-type" for name, _ in told.headers):
            made.headers.pop("Content-Type", None)
        response.headers.pop("Content-Type", None)
        response.update_from(made)
        chain.stop()


def answer(state: ApisState, api: Api, request: Any, path: str) -> Answer:
    """Answer a request to an API.

    Args:
        request: LocalStack's
        path: of the request in the API, percent-encoded, with the stage
    """
    with state.lock:
        stage, behind = _stage_of(api, path)
        served = api.deployed(stage) if stage is not None else {}
        configuration = api.document.get("CorsConfiguration")
        closed = api.document.get("DisableExecuteApiEndpoint")
    if stage is None or closed:
        return _identified(message(404, "Not Found"), new_id(16))
    incoming = _incoming(state, api, request, path, behind, stage)
    lower = {name.lower(): value for name, value in incoming.headers}
    if configuration and cors.is_preflight(incoming.method, lower):
        told = cors.preflight(configuration, lower)
    else:
        signed = signed_by_a_program(request)
        told = _routed(state, served, incoming, signed=signed)
        if configuration:
            told = cors.with_headers(configuration, incoming, told)
    if settings := stage.get("AccessLogSettings"):
        access_logs.write(settings, incoming, told)
    return _identified(told, incoming.request_id)


def _routed(
    state: ApisState, served: dict[str, dict[str, Document]], request: Incoming, *, signed: bool
) -> Answer:
    match = choose(served["routes"].values(), request.method, request.route_path)
    if match is None:
        return message(404, "Not Found")
    if len(request.body) > integrations.MAX_BYTES:
        return message(413, "Request Entity Too Large")
    request.route_key, request.parameters = match.route["RouteKey"], match.parameters
    refused = authorizers.refusal(state, match.route, served["authorizers"], request, signed=signed)
    if refused is not None:
        return refused
    name = (match.route.get("Target") or "").partition("/")[2]
    integration = served["integrations"].get(name)
    if integration is None:  # a route without target
        return message(404, "Not Found")
    return integrations.answer(integration, request)


def _stage_of(api: Api, path: str) -> tuple[Document | None, str]:
    """The stage that a path names, and the path behind it; else ``$default``."""
    first, slash, rest = path[1:].partition("/")
    named = api.stages.get(unquote(first)) if first != DEFAULT else None
    if named is not None:
        return named, slash + rest or "/"
    return api.stages.get(DEFAULT), path


def _incoming(
    state: ApisState, api: Api, request: Any, path: str, behind: str, stage: Document
) -> Incoming:
    now, source = clock.utc(), request.remote_addr or "127.0.0.1"
    headers = [(str(name), str(value)) for name, value in request.headers]
    port = str(request.environ.get("SERVER_PORT") or "")
    given = {name.lower() for name, _ in headers}
    more = {
        "X-Amzn-Trace-Id": f"Root=1-{int(now.timestamp()):08x}-{secrets.token_hex(12)}",
        "X-Forwarded-For": source,
        "X-Forwarded-Port": port,
        "X-Forwarded-Proto": request.scheme,
    }
    headers += [(name, value) for name, value in more.items() if name.lower() not in given]
    return Incoming(
        method="GET" if request.method == "WEBSOCKET" else request.method,
        path=unquote(path),
        route_path=behind,
        query=request.query_string.decode("latin-1"),
        headers=headers,
        body=b"" if request.shallow else request.get_data() or restore_payload(request),
        protocol=request.environ.get("SERVER_PROTOCOL") or "HTTP/1.1",
        host=request.host if _names(request.host, api) else _name_of(state, api),
        source=source,
        api_id=api.id,
        account=state.account,
        region=state.region,
        stage=stage["StageName"],
        variables=dict(stage["StageVariables"]),
        route_key="",
        parameters={},
        request_id=new_id(15) + "=",
        time=now,
    )


def _names(host: str, api: Api) -> bool:
    """Whether a Host is the API's own name."""
    return host.lower().startswith(f"{api.id}.{_LABEL}.")


def _name_of(state: ApisState, api: Api) -> str:
    """The API's name on AWS, for who asks by its path."""
    return f"{api.id}.{_LABEL}.{state.region}.amazonaws.com"


def _identified(told: Answer, request_id: str) -> Answer:
    return Answer(told.status, [*told.headers, ("Apigw-Requestid", request_id)], told.body)

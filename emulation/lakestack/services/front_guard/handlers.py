"""The guard in LocalStack's chain of handlers: first, so that nothing sees what it refuses.

Only what comes over the network is looked at: `Gateway.process` (HTTP and, by way of `accept`,
WebSocket) marks it. Calls from inside the process go to `Gateway.handle` and carry no mark, which
no header can imitate.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

from localstack import config
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.services.edge import ROUTER
from rolo.request import get_raw_path
from werkzeug.exceptions import HTTPException

from lakestack import hostnames, paths
from lakestack.origins import VARIABLE, allowed_origins
from lakestack.services.front_guard import cors, function_urls, rules, unsigned, welcome
from lakestack.services.front_guard.pages import Marks, Page, is_browser
from lakestack.services.front_guard.rules import Head, Verdict, Way
from lakestack.services.front_guard.signatures import Signed, signed

LOG = logging.getLogger(__name__)
_TELLING = frozenset({"host", "origin", "referer", "sec-fetch-site", "user-agent", "authorization"})


class FrontGuard:
    """Refuses what may not be asked, or notes in the context where a request may go."""

    def __init__(self, allowed: frozenset[str], more_names: frozenset[str] = frozenset()) -> None:
        self.allowed, self.more_names = allowed, more_names

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        if not _from_network(context):
            return
        request = context.request
        context.lake_verdict = verdict = rules.decide(head(request), self.allowed, self.more_names)
        if verdict.way is Way.REFUSED:
            LOG.info("refused %a %a: %s", request.method, request.path[:200], verdict.reason)
            body = json.dumps({"__type": "AccessDeniedException", "message": verdict.reason})
            _answer(chain, response, Response(body, 403, mimetype="application/json"))
            return
        if verdict.host is not None and request.headers.get("Host") != verdict.host.header:
            request.headers["Host"] = request.environ["HTTP_HOST"] = verdict.host.header
        if verdict.way is Way.LOOK:
            self._look(chain, context, response, verdict)

    def _look(
        self, chain: HandlerChain, context: RequestContext, response: Response, verdict: Verdict
    ) -> None:
        request = context.request
        if request.shallow:  # a WebSocket has no body; no API of AWS's is behind its address
            _answer(chain, response, unsigned.refusal(request, None))
            return
        if verdict.host is not None and welcome.is_asked(request, verdict.host, self.more_names):
            _answer(chain, response, welcome.page(request, verdict.host))
            return
        service = unsigned.service_of(request)
        told = verdict.page is not Page.UNTOLD
        if unsigned.accepted(request, service, verdict.signed, told):
            return
        name = service.service_name if service is not None else "no known service"
        LOG.info("refused %a %a of %s: no signature", request.method, request.path[:200], name)
        answer = unsigned.refusal(request, service)
        if verdict.page is Page.ALLOWED:
            cors.add_headers(request.headers["Origin"], request.headers, answer.headers)
        _answer(chain, response, answer)


class CorsGate:
    """In the place of LocalStack's enforcer: who may has been decided; preflights are answered."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        del response
        verdict = verdict_of(context)
        if verdict is None or verdict.way is Way.APPLICATION:
            return
        if context.request.method == "OPTIONS":
            chain.respond(204)


class CorsHeaders:
    """In the place of LocalStack's enricher: headers for allowed origins alone."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        del chain
        verdict = verdict_of(context)
        if verdict is None or verdict.way is Way.APPLICATION:
            return
        request, headers = context.request, response.headers
        for name in _cors_names(headers):
            if headers[name] == "" or verdict.page is not Page.ALLOWED:
                del headers[name]
        own_rules = context.service is not None and context.service.service_name == "s3"
        if verdict.page is Page.ALLOWED and "Origin" in request.headers and not own_rules:
            cors.add_headers(request.headers["Origin"], request.headers, headers)
        if "Sec-Fetch-Site" in request.headers or is_browser(request.headers.get("User-Agent")):
            headers["Content-Security-Policy"] = cors.SANDBOX


class Application:
    """What the Host of an API, a function URL or a website reaches: only that.

    LocalStack itself would go on to its own routes and to AWS's services.
    """

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        verdict = verdict_of(context)
        if verdict is None or verdict.way is not Way.APPLICATION or verdict.host is None:
            return
        request = context.request
        origin = request.headers.get("Origin")
        url = function_urls.find(verdict.host.name)
        rule = url.cors if url is not None else None
        given = function_urls.headers(rule, origin, request.headers) if rule and origin else {}
        if rule and request.method == "OPTIONS":  # answered by Lambda, not by the function
            _answer(chain, response, Response(status=200, headers=given))
            return
        if url is not None and url.auth_type == "AWS_IAM" and not signed_by_a_program(request):
            forbidden = Response('{"Message": "Forbidden"}', 403, mimetype="application/json")
            response.update_from(forbidden)
        else:
            response.update_from(self._routed(request))
        chain.stop()
        if rule:
            for name in _cors_names(response.headers):
                del response.headers[name]
            response.headers.update(given)

    @staticmethod
    def _routed(request: Any) -> Response:
        matcher = ROUTER.url_map.bind(server_name=request.host)
        try:
            method = "GET" if request.method == "WEBSOCKET" else request.method
            rule, arguments = matcher.match(
                get_raw_path(request), method=method, return_rule=True, websocket=False
            )
        except HTTPException as e:
            found = e.get_response()
            if found.status_code not in (404, 405):  # a redirect to the path with its slash
                return Response(found.get_data(), found.status_code, headers=found.headers)
            return _not_found()
        if rule.host is None or not any(
            label in rule.host for label in (".execute-api.", ".lambda-url.", ".s3-website.")
        ):
            return _not_found()
        arguments.pop("__host__", None)
        routed: Response = ROUTER.dispatcher(request, rule.endpoint, arguments)
        return routed


class InternalEnd:
    """After the emulator's own routes: an unsigned request to one that is not there ends here."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        verdict = verdict_of(context)
        if verdict is not None and verdict.way is Way.INTERNAL:
            _answer(chain, response, _not_found())


def head(request: Any) -> Head:
    """What the decision needs to know of a request."""
    environ, path = request.environ, request.path
    found: dict[str, list[str]] = {}
    for name, value in request.headers:  # once: each look-up by name goes through all of them
        if (low := name.lower()) in _TELLING:
            found.setdefault(low, []).append(value)
    authorization = found.get("authorization", (None,))[0]
    return Head(
        method=request.method,
        target=environ.get("RAW_URI") or path,
        path=path,
        query=() if authorization or not environ.get("QUERY_STRING") else request.args.keys(),
        hosts=found.get("host", ()),
        scheme="https" if environ.get("wsgi.url_scheme") in ("https", "wss") else "http",
        port=_port(environ),
        marks=Marks(
            _joined(found.get("origin")),
            _joined(found.get("referer")),
            _joined(found.get("sec-fetch-site")),
            _joined(found.get("user-agent")),
        ),
        authorization=authorization,
    )


def verdict_of(context: RequestContext) -> Verdict | None:
    """What the guard found, None for a call from inside the process."""
    found: Verdict | None = context.get("lake_verdict")
    return found


def guard_of_settings() -> FrontGuard:
    """The guard with the names and origins that the environment allows."""
    given = os.environ.get(VARIABLE, "")
    more_names = hostnames.hostnames(os.environ.get(hostnames.VARIABLE, ""))
    if paths.in_container():  # an address is no name that somebody's resolver could lead here
        more_names |= hostnames.own_addresses()
    cors.use_only([origin.strip().rstrip("/") for origin in given.split(",") if origin.strip()])
    return FrontGuard(allowed_origins(given), more_names)


def place(gateway: Any, guard: FrontGuard) -> None:
    """Insert the guard and what belongs to it into a gateway's handlers."""
    chain, answers = gateway.request_handlers, gateway.response_handlers
    enforcer = chain.index(handlers.enforce_cors)
    chain[enforcer : enforcer + 1] = [CorsGate()]
    chain.insert(chain.index(handlers.content_decoder) + 1, Application())
    chain.insert(chain.index(handlers.serve_edge_router_rules) + 1, InternalEnd())
    chain.insert(0, guard)
    answers[answers.index(handlers.add_cors_response_headers)] = CorsHeaders()


def signed_by_a_program(request: Any) -> bool:
    """A page can write a signed address, but no Authorization header without a preflight."""
    how = signed(request.headers.get("Authorization"), request.args.keys())
    marked = any(name in request.headers for name in ("Origin", "Referer", "Sec-Fetch-Site"))
    browser = is_browser(request.headers.get("User-Agent"))
    return how is Signed.BY_HEADER or (how is Signed.BY_QUERY and not marked and not browser)


def _from_network(context: RequestContext) -> bool:
    return "lake.network" in context.request.environ


def _port(environ: Any) -> int:
    """The gateway's port; the one of the connection where it has several."""
    ports: list[int] = [listen.port for listen in config.GATEWAY_LISTEN]
    if len(ports) > 1 and str(environ.get("SERVER_PORT", "")).isdecimal():
        return int(environ["SERVER_PORT"])
    return ports[0]


def _joined(values: list[str] | None) -> str | None:
    """All values of a header: two that differ make one that matches nothing."""
    return None if values is None else ", ".join(values)


def _cors_names(headers: Any) -> list[str]:
    return [
        name
        for name, _ in headers
        if name[:1] in ("A", "a") and name.lower().startswith("access-control-")
    ]


def _not_found() -> Response:
    return Response('{"message": "Not Found"}', 404, mimetype="application/json")


def _answer(chain: HandlerChain, response: Response, answer: Response) -> None:
    """Answer now; LocalStack's response handlers, which add headers, are passed over."""
    response.update_from(answer)
    chain.terminate()

"""Who may ask: authorizers of routes.

API Gateway Developer Guide, "Control access to HTTP APIs with AWS Lambda authorizers", "… with JWT
authorizers" and "… with IAM authorization in API Gateway". A decision is kept by authorizer, stage
and identity sources.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from lakestack import clock
from lakestack.services.apigatewayv2 import events, functions, json_web_tokens
from lakestack.services.apigatewayv2.events import Answer, message
from lakestack.services.apigatewayv2.incoming import Incoming
from lakestack.services.apigatewayv2.mapping import as_text, value_of
from lakestack.services.apigatewayv2.state import ApisState, Document
from lakestack.services.iam.documents import PolicyError, statements
from lakestack.services.iam.evaluation import decide

LOG = logging.getLogger(__name__)
SECONDS = 10.0
"""That an authorizer's function has ("Lambda authorizers", "Timeouts")."""
MOST_KEPT = 10_000
_ACTION = "execute-api:Invoke"


def refusal(
    state: ApisState,
    route: Mapping[str, Any],
    authorizers: Mapping[str, Document],
    request: Incoming,
    *,
    signed: bool,
) -> Answer | None:
    """The answer to a request that may not; None: it may, and notes what the authorizer gave.

    Args:
        authorizers: of the deployment, by id
        signed: whether a program has signed the request
    """
    kind = route.get("AuthorizationType", "NONE")
    if kind == "NONE" or (kind == "AWS_IAM" and signed):
        return None
    if kind == "AWS_IAM":
        return message(403, "Forbidden")
    authorizer = authorizers.get(route.get("AuthorizerId", ""))
    if authorizer is None:  # never open because something is missing
        return message(500, "Internal Server Error")
    if kind == "JWT":
        return _without_token(authorizer, route.get("AuthorizationScopes") or [], request)
    return _refusal_of(state, authorizer, request)


def _without_token(authorizer: Document, scopes: list[str], request: Incoming) -> Answer | None:
    token = value_of(authorizer["IdentitySource"][0], request)
    configured = authorizer["JwtConfiguration"]
    try:
        claims = json_web_tokens.verified(
            as_text(token), configured["Issuer"], configured["Audience"], scopes
        )
    except json_web_tokens.ScopeError as e:
        LOG.info("authorizer %s of %s: %s", authorizer["Name"], request.api_id, e)
        told = f'Bearer scope="{" ".join(scopes)}" error="insufficient_scope"'
        return _told_how(message(403, "Forbidden"), told)
    except json_web_tokens.TokenError as e:
        LOG.info("authorizer %s of %s: %s", authorizer["Name"], request.api_id, e)
        return _told_how(message(401, "Unauthorized"), "Bearer")
    shown = {name: as_text(value) for name, value in claims.items()}
    request.authorizer = {
        "jwt": {"claims": shown, "scopes": json_web_tokens.granted(claims, scopes)}
    }
    return None


def _told_how(answer: Answer, how: str) -> Answer:
    return Answer(answer.status, [*answer.headers, ("WWW-Authenticate", how)], answer.body)


def _refusal_of(state: ApisState, authorizer: Document, request: Incoming) -> Answer | None:
    identities = [value_of(source, request) for source in authorizer["IdentitySource"]]
    if not all(identities):
        return message(401, "Unauthorized")
    try:
        allowed, context = _decision(state, authorizer, request, [as_text(i) for i in identities])
    except (functions.FunctionError, PolicyError, ValueError, TypeError) as e:
        LOG.info("authorizer %s of %s: %s", authorizer["Name"], request.api_id, e)
        return message(500, "Internal Server Error")
    if not allowed:
        return message(403, "Forbidden")
    request.authorizer = {"lambda": context}
    return None


def _decision(
    state: ApisState, authorizer: Document, request: Incoming, identities: list[str]
) -> tuple[bool, Document]:
    lifetime = int(authorizer["AuthorizerResultTtlInSeconds"])
    key = (request.api_id, authorizer["AuthorizerId"], request.stage, *identities)
    now = clock.steady()
    with state.lock:
        kept = state.decisions.get(key) if lifetime else None
    if kept is not None and kept[0] > now:
        return _read(authorizer, kept[1], request)
    version = authorizer["AuthorizerPayloadFormatVersion"]
    make = events.authorizer_1 if version == "1.0" else events.authorizer_2
    uri = functions.filled(authorizer["AuthorizerUri"], request.variables)
    given = json.loads(functions.invoke(uri, make(request, identities), SECONDS))
    found = _read(authorizer, given, request)
    if lifetime:
        with state.lock:
            if len(state.decisions) >= MOST_KEPT:
                state.decisions.clear()
            state.decisions[key] = (now + lifetime, given)
    return found


def _read(authorizer: Document, given: Any, request: Incoming) -> tuple[bool, Document]:
    """Whether a function's answer allows the request, and its context.

    Raises:
        ValueError: it is no such answer
        PolicyError: its policy is none
    """
    if not isinstance(given, dict):
        raise ValueError("the answer is no object")
    context = given.get("context") or {}
    if not isinstance(context, dict):
        raise ValueError("context is no object")
    if authorizer.get("EnableSimpleResponses"):
        if not isinstance(given.get("isAuthorized"), bool):
            raise ValueError("isAuthorized is neither true nor false")
        return given["isAuthorized"], context
    if not given.get("principalId") or "policyDocument" not in given:
        raise ValueError("principalId or policyDocument is missing")
    policy = statements(given["policyDocument"], "policyDocument", "Resource Policy")
    decision = decide(_ACTION, request.route_arn, policy, {"aws:sourceip": [request.source]})
    if authorizer["AuthorizerPayloadFormatVersion"] == "1.0":
        context = {**context, "principalId": given["principalId"]}
    return decision.decision == "allowed", context

"""Which tokens of an issuer are accepted."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lakestack.services.apigatewayv2 import json_web_tokens
from lakestack.services.apigatewayv2.json_web_tokens import Keys, ScopeError, TokenError, verified
from tests.unit.apigatewayv2.tokens import ISSUER, KEY, OTHER, encoded, published, token


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    monkeypatch.setattr(json_web_tokens, "_fetched", lambda _: [published(KEY, "one")])
    return Keys()


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer "])
def test_a_token_is_accepted(keys: Keys, prefix: str) -> None:
    assert verified(prefix + token(), ISSUER, ["me", "you"], ["read", "write"], keys)["aud"] == "me"


def test_a_client_id_stands_for_an_audience(keys: Keys) -> None:
    text = token(client_id="me")
    with pytest.raises(TokenError):
        verified(token(aud="other", client_id="me"), ISSUER, ["me"], [], keys)
    assert verified(text, ISSUER, ["me"], [], keys)["client_id"] == "me"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:9999"},
        {"aud": "other"},
        {"aud": None},
        {"aud": [{}]},
        {"exp": 1},
        {"exp": None},
        {"exp": "never"},
        {"nbf": 99999999999},
        {"iat": 99999999999},
    ],
)
def test_what_is_refused(keys: Keys, claims: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        verified(token(**claims), ISSUER, ["me"], [], keys)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a.b", "a.b.c", "Bearer "),
        token(OTHER),
        token(head={"alg": "none"}),
        token(head={"alg": "HS256"}),
        token(head={"kid": "two"}),
        token(head={"kid": None}),
        token().rpartition(".")[0] + ".",
    ],
    # Each process signs by a key of its own, and names of tests have to be the same in all.
    ids=[
        "nothing",
        "parts",
        "no-json",
        "no-token",
        "key",
        "none",
        "hmac",
        "id",
        "no-id",
        "unsigned",
    ],
)
def test_what_is_not_the_issuers(keys: Keys, text: str) -> None:
    with pytest.raises(TokenError):
        verified(text, ISSUER, ["me"], [], keys)


def test_a_changed_claim_breaks_the_signature(keys: Keys) -> None:
    head, body, signature = token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = encoded(json.dumps({**claims, "scope": "admin"}).encode())
    with pytest.raises(TokenError):
        verified(f"{head}.{forged}.{signature}", ISSUER, ["me"], [], keys)


def test_a_route_may_want_scopes(keys: Keys) -> None:
    with pytest.raises(ScopeError):
        verified(token(), ISSUER, ["me"], ["write"], keys)
    assert verified(token(scope=None, scp=["write"]), ISSUER, ["me"], ["write"], keys)

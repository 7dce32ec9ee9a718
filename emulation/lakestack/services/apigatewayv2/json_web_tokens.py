"""Tokens of an issuer on this machine.

API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers in API Gateway": kid,
signature by the issuer's key (RSA only), iss, aud or client_id, exp, nbf, iat, and scope or scp.
The keys are kept for two hours, as the guide says that API Gateway may.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lakestack import clock
from lakestack.services import local_endpoint
from lakestack.services.local_endpoint import UnreachableError

KEPT_SECONDS = 7200.0
FETCH_SECONDS = 1.5
""""API Gateway … timeout": 1,500 ms for the discovery and for the keys."""
MAX_BYTES = 150_000
MOST_ISSUERS = 100
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}
Claims = dict[str, Any]


class TokenError(Exception):
    """A token that is not accepted."""


class ScopeError(TokenError):
    """A token without the route's scopes."""


class Keys:
    """Public keys of issuers, as they were fetched."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def of(self, issuer: str, name: str) -> rsa.RSAPublicKey:
        """A key of an issuer.

        Args:
            name: the token's kid

        Raises:
            TokenError: the issuer does not answer, or has no such key
        """
        now = clock.steady()
        with self._lock:
            kept = self._kept.get(issuer)
        if kept is None or kept[0] <= now or name not in kept[1]:
            found = {str(key.get("kid")): key for key in _fetched(issuer)}
            with self._lock:
                if len(self._kept) >= MOST_ISSUERS:
                    self._kept.clear()
                self._kept[issuer] = kept = (now + KEPT_SECONDS, found)
        if name not in kept[1]:
            raise TokenError(f"{issuer} has no key {name!r}")
        return _public_key(kept[1][name])


KEYS = Keys()


def verified(
    token: str, issuer: str, audience: list[str], scopes: list[str], keys: Keys = KEYS
) -> Claims:
    """The claims of a token.

    Args:
        token: with or without ``Bearer`` before it
        audience: one of these must be in ``aud``, or be ``client_id`` where there is no ``aud``
        scopes: of the route; the token needs one of them

    Raises:
        TokenError: it is not accepted
        ScopeError: it has none of the scopes
    """
    text = token[7:] if token[:7].lower() == "bearer " else token
    parts = text.strip().split(".")
    if len(parts) != 3:
        raise TokenError("a token has three parts")
    head, claims = _document(parts[0]), _document(parts[1])
    algorithm = _HASHES.get(str(head.get("alg")))
    if algorithm is None or not isinstance(head.get("kid"), str):
        raise TokenError("a token needs a kid and an RSA algorithm")
    key = keys.of(issuer, head["kid"])
    signed = f"{parts[0]}.{parts[1]}".encode()
    try:
        key.verify(_decoded(parts[2]), signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature as e:
        raise TokenError("the signature is not the issuer's") from e
    _check(claims, issuer, audience)
    given = _scopes(claims)
    if scopes and not given & set(scopes):
        raise ScopeError(f"the token has none of the scopes {', '.join(scopes)}")
    return claims


def granted(claims: Claims, wanted: list[str]) -> list[str] | None:
    """The token's scopes that the route asks for; None where it asks for none."""
    return sorted(_scopes(claims) & set(wanted)) if wanted else None


def _scopes(claims: Claims) -> set[str]:
    given = claims.get("scope") or claims.get("scp") or []
    return _texts(given.split() if isinstance(given, str) else given)


def _texts(given: Any) -> set[str]:
    return {each for each in given if isinstance(each, str)} if isinstance(given, list) else set()


def _check(claims: Claims, issuer: str, audience: list[str]) -> None:
    if claims.get("iss") != issuer:
        raise TokenError(f"iss is {claims.get('iss')!r}")
    named = claims["aud"] if "aud" in claims else claims.get("client_id")
    if not _texts(named if isinstance(named, list) else [named]) & set(audience):
        raise TokenError(f"aud or client_id is {named!r}")
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TokenError(f"{name} is no number")
    if claims.get("exp") is None or claims["exp"] <= clock.wall():
        raise TokenError("the token has expired")
    if max(claims.get("nbf") or 0, claims.get("iat") or 0) > clock.wall():
        raise TokenError("the token is not valid yet")


def _fetched(issuer: str) -> list[dict[str, Any]]:
    found = _asked(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    keys = _asked(str(found.get("jwks_uri"))).get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _asked(url: str) -> dict[str, Any]:
    try:
        answer = local_endpoint.ask("GET", url, b"", {}, seconds=FETCH_SECONDS, most=MAX_BYTES)
        found = json.loads(answer.body) if answer.status == 200 else None
    except (UnreachableError, ValueError) as e:
        raise TokenError(f"{url[:200]}: {e}") from e
    if not isinstance(found, dict):
        raise TokenError(f"{url[:200]} has answered {answer.status}, and no object")
    return found


def _public_key(key: Mapping[str, Any]) -> rsa.RSAPublicKey:
    if key.get("kty") != "RSA":
        raise TokenError("the issuer's key is no RSA key")
    try:
        numbers = (int.from_bytes(_decoded(str(key[name])), "big") for name in ("e", "n"))
        return rsa.RSAPublicNumbers(*numbers).public_key()
    except (KeyError, ValueError) as e:
        raise TokenError(f"the issuer's key cannot be read: {e}") from e


def _document(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part))
    except (ValueError, RecursionError) as e:
        raise TokenError("a part of the token is no JSON") from e
    if not isinstance(found, dict):
        raise TokenError("a part of the token is no object")
    return found


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error) as e:
        raise TokenError("a part of the token is not in Base64") from e

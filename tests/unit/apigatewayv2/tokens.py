"""Tokens, and the key that they are signed with."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lakestack import clock

ISSUER = "http://127.0.0.1:9999/realm"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encoded(data: bytes) -> str:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def published(key: rsa.RSAPrivateKey, kid: str) -> dict[str, str]:
    """A key as issuers publish it."""
    numbers = key.public_key().public_numbers()
    e, n = (encoded(v.to_bytes((v.bit_length() + 7) // 8, "big")) for v in (numbers.e, numbers.n))
    return {"kty": "RSA", "kid": kid, "e": e, "n": n}


def token(key: rsa.RSAPrivateKey = KEY, head: Any = None, **claims: Any) -> str:
    """A token that is accepted, with changes of its head and claims."""
    now = int(clock.wall())
    given = {
        "iss": ISSUER,
        "aud": "me",
        "exp": now + 60,
        "nbf": now - 60,
        "scope": "read",
        **claims,
    }
    first = {"alg": "RS256", "kid": "one", **(head or {})}
    parts = [encoded(json.dumps(each).encode()) for each in (first, given)]
    text = ".".join(parts)
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{encoded(signature)}"

"""Keys and certificates of the package cryptography, which KMS and ACM keep: as DER."""

from __future__ import annotations

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PRIVATE = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)
PUBLIC = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)


def write(value: Any) -> list[Any] | None:
    """The node of a key or certificate; None for anything else."""
    if isinstance(value, x509.Certificate):
        return _node("certificate", value.public_bytes(serialization.Encoding.DER))
    if isinstance(value, PRIVATE):
        return _node(
            "private",
            value.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    if isinstance(value, PUBLIC):
        der = value.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return _node("public", der)
    return None


def read(node: list[Any]) -> Any:
    """What `write` has written.

    Raises:
        ValueError: it is something else
    """
    _, kind, text = node
    der = base64.b64decode(text, validate=True)
    if kind == "certificate":
        return x509.load_der_x509_certificate(der)
    if kind == "private":
        return serialization.load_der_private_key(der, None)
    if kind == "public":
        return serialization.load_der_public_key(der)
    raise ValueError(f"{kind!r} is no kind of key")


def _node(kind: str, der: bytes) -> list[Any]:
    return ["key", kind, base64.b64encode(der).decode()]

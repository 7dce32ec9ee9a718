"""Whether a request is signed. The signature itself is not checked: any credentials are accepted.

IAM User Guide, "Signing AWS API requests"; S3 API Reference, "Authenticating Requests" (headers,
query parameters, browser-based uploads using POST).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

SCHEMES = ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "AWS", "AWS3-HTTPS", "AWS3")
"""Signature versions 4 and 4A, 2 of S3, 3 of Route 53 and others."""

_QUERY = (
    frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-signature"}),
    frozenset({"awsaccesskeyid", "signature"}),
)
_POLICY = (
    frozenset({"policy", "x-amz-algorithm", "x-amz-credential", "x-amz-signature"}),
    frozenset({"policy", "awsaccesskeyid", "signature"}),
)


class Signed(Enum):
    """How a request is signed."""

    BY_HEADER = "header"
    """No page can: a script's Authorization header needs a preflight first."""

    BY_QUERY = "query"
    """Anybody can write such an address, a page into its ``<img>`` as well."""

    BEARER = "bearer"
    """A token, which a few services take in place of a signature."""

    NO = "no"


def signed(authorization: str | None, query: Iterable[str]) -> Signed:
    """Say how a request is signed.

    Args:
        authorization: the header
        query: names of the query's parameters
    """
    if authorization:
        scheme = authorization.partition(" ")[0]
        if scheme in SCHEMES:
            return Signed.BY_HEADER
        if scheme.lower() == "bearer":
            return Signed.BEARER
    names = {name.lower() for name in query}
    return Signed.BY_QUERY if any(needed <= names for needed in _QUERY) else Signed.NO


def form_signed(fields: Iterable[str]) -> bool:
    """Whether a form has what signs it: SigV2's parameters in the body of the query protocol."""
    return _QUERY[1] <= {name.lower() for name in fields}


def policy_signed(fields: Iterable[str]) -> bool:
    """Whether an upload by an HTML form has a policy and its signature."""
    names = {name.lower() for name in fields}
    return any(needed <= names for needed in _POLICY)

"""Takes out of a cassette what says whose account it was recorded in."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from tests.aws.cassette import Cassette

ACCOUNT: Final = "123456789012"
"""Stands for the account: AWS's own example."""
_PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # IAM User Guide, "IAM identifiers", Unique identifiers.
    (
        re.compile(r"\b(A3T[A-Z0-9]|ABIA|ACCA|AGPA|AIDA|AKIA|ANPA|AROA|ASIA)[A-Z0-9]{12,17}\b"),
        r"\1EXAMPLE",
    ),
    (re.compile(r"https?://[^\s\"]*[?&]X-Amz-[^\s\"]*", re.IGNORECASE), "https://example.com/"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "someone@example.com"),
    (
        re.compile(r"\b(?!10\.|127\.|0\.0\.0\.0|192\.168\.)(?:\d{1,3}\.){3}\d{1,3}\b(?!/)"),
        "192.0.2.1",
    ),
)


_NOBODY: Final = "0" * 64


@dataclass(frozen=True)
class Caller:
    """What a cassette may not hold.

    Attributes:
        account: twelve digits
        arn: of the caller, as STS gives it
        user_id: of the caller, as STS gives it
        secrets: access key, secret key, session token
    """

    account: str
    arn: str
    user_id: str
    secrets: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the ARN says behind account and kind: ``user/jane``, ``role/session``."""
        return self.arn.split(":", 5)[-1]


def sanitised(cassette: Cassette, caller: Caller) -> Cassette:
    """The same cassette, in account `ACCOUNT`, of a caller without a name.

    Raises:
        ValueError: something of the caller's is still there
    """
    result = Cassette.of(_clean(cassette.as_dict(), caller))
    _require_clean(json.dumps(result.as_dict()), caller)
    return result


def _clean(data: Any, caller: Caller) -> Any:
    if isinstance(data, dict):
        match list(data.items()):
            case [("$bytes" | "$stream" as kind, str(text))]:
                return {kind: _clean_bytes(text, caller)}
        return {
            _clean(key, caller): _NOBODY if _is_canonical(key, item) else _clean(item, caller)
            for key, item in data.items()
        }
    if isinstance(data, list):
        return [_clean(item, caller) for item in data]
    return _clean_text(data, caller) if isinstance(data, str) else data


def _is_canonical(key: str, value: Any) -> bool:
    """Whether it is a canonical user id; digests look the same, and are kept to be compared."""
    named = key in ("ID", "CanonicalUser")  # of an Owner or Grantee; of a policy's Principal
    return named and isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f]{64}", value))


def _clean_text(text: str, caller: Caller) -> str:
    for known, instead in (
        (caller.arn, f"arn:aws:iam::{ACCOUNT}:user/someone"),
        (caller.user_id, "AIDAEXAMPLE"),
        (caller.name, "user/someone"),
        *((secret, "EXAMPLE") for secret in caller.secrets),
        (caller.account, ACCOUNT),
    ):
        if known:
            text = text.replace(known, instead)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _clean_bytes(encoded: str, caller: Caller) -> str:
    content = base64.b64decode(encoded)
    try:
        cleaned = _clean_text(content.decode(), caller).encode()
    except UnicodeDecodeError:
        return encoded  # an archive, an image: `_require_clean` looks for what can be found in it
    return base64.b64encode(cleaned).decode()


def _require_clean(text: str, caller: Caller) -> None:
    inside = b"".join(
        base64.b64decode(found) for found in re.findall(r'"\$(?:bytes|stream)": "([^"]*)"', text)
    )
    places = (text, inside.decode("latin-1"))
    last = caller.name.rpartition("/")[2]
    owned = {"the account id": caller.account, "the caller's user id": caller.user_id}
    owned["the caller's name"] = last if len(last) > 3 else ""
    owned |= {f"secret {n}": secret for n, secret in enumerate(caller.secrets)}
    for what, value in owned.items():
        if value and value != ACCOUNT and any(value in place for place in places):
            raise ValueError(f"The cassette still holds {what}; it was not written.")

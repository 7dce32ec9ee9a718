"""What a reset is about: everything, or what is of one account, of one region, or of both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakestack.errors import StateError

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}")
_HINT = 'valid: {} for everything, or {"account": "000000000000", "region": "us-east-1"}'


@dataclass(frozen=True)
class Scope:
    """Accounts and regions that something is about.

    Attributes:
        account: only this one; None: all
        region: only this one; None: all, and what has no region, such as IAM's roles
    """

    account: str | None = None
    region: str | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Scope:
        """Read ``account`` and ``region`` of a request, both optional.

        Raises:
            StateError: another member, no account id, or no region's name
        """
        if unknown := sorted(set(document) - {"account", "region"}):
            raise StateError(f"There is no member {', '.join(map(repr, unknown))}", _HINT)
        scope = cls(document.get("account"), document.get("region"))
        for what, value, pattern in (
            ("account", scope.account, _ACCOUNT),
            ("region", scope.region, _REGION),
        ):
            if value is not None and not (isinstance(value, str) and pattern.fullmatch(value)):
                raise StateError(f"The {what} {value!r} is none", _HINT)
        return scope

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.account is None and self.region is None

    def covers(self, account: str | None, region: str | None) -> bool:
        """Whether something of this account and region is meant; a region of None is no region."""
        return self.account in (None, account) and self.region in (None, region)

    def covers_arn(self, arn: str) -> bool:
        """Whether a text begins with the ARN of something that is meant."""
        parts = arn.split(":", 5)
        if len(parts) < 6 or parts[0] != "arn":
            return self.everything
        return self.covers(parts[4] or None, parts[3] or None)

    def as_dict(self) -> dict[str, str]:
        """As a request spells it."""
        named = {"account": self.account, "region": self.region}
        return {name: value for name, value in named.items() if value is not None}

"""A request to an API, as authorizers, mappings and integrations see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from lakestack.services import arns


@dataclass
class Incoming:
    """A request and where it goes.

    Attributes:
        path: with the stage, decoded
        route_path: behind the stage, percent-encoded
        query: behind the question mark, as received
        headers: as received; names in any case, several of one name in their order
        account: that the API belongs to
        route_key: of the route that takes it
        time: when it was received
        authorizer: what the authorizer has given, by its kind (``jwt``, ``lambda``), else empty
    """

    method: str
    path: str
    route_path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    protocol: str
    host: str
    source: str
    api_id: str
    account: str
    region: str
    stage: str
    variables: Mapping[str, str]
    route_key: str
    parameters: dict[str, str]
    request_id: str
    time: datetime
    authorizer: dict[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """The values of a header, joined by commas; None without one."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(found) if found else None

    def arguments(self) -> dict[str, list[str]]:
        """The query's values by name, decoded."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @property
    def agent(self) -> str:
        """User-Agent."""
        return self.header("user-agent") or ""

    @property
    def route_arn(self) -> str:
        """ARN by which policies name the route; ``$default`` has the request's path (our guess)."""
        method, _, path = self.route_key.partition(" ")
        if not path:
            method, path = self.method, self.route_path
        elif method == "ANY":
            method = self.method
        resource = f"{self.api_id}/{self.stage}/{method}{path}"
        return arns.arn("execute-api", self.region, self.account, resource)

"""What is granted to whom on which resource: pure logic over the API's structures.

AWS Lake Formation Developer Guide, "Lake Formation permissions reference"; API Reference,
"GrantPermissions", "RevokePermissions" and "ListPermissions".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Document = dict[str, Any]

_ALL = "ALL"
_TABLE = {_ALL, "SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"}
_DATABASE = {_ALL, "CREATE_TABLE", "ALTER", "DROP", "DESCRIBE"}
_TAG = {_ALL, "ALTER", "DROP", "DESCRIBE", "ASSOCIATE", "GRANT_WITH_LF_TAG_EXPRESSION"}
_PERMISSIONS: dict[str, set[str]] = {
    "Database": _DATABASE,
    "Table": _TABLE,
    "TableWithColumns": {_ALL, "SELECT", "DESCRIBE"},
    "DataLocation": {"DATA_LOCATION_ACCESS"},
    "DataCellsFilter": {_ALL, "SELECT", "DESCRIBE", "DROP"},
    "LFTag": _TAG,
    "LFTagPolicy": _DATABASE | _TABLE,
    "LFTagExpression": {*_TAG, "CREATE_LF_TAG_EXPRESSION"},
}
"""What can be granted on a resource; on the catalog everything that the API model has."""

_LISTED: dict[str, set[str]] = {
    "CATALOG": {"Catalog"},
    "DATABASE": {"Database"},
    "TABLE": {"Table", "TableWithColumns", "DataCellsFilter"},
    "DATA_LOCATION": {"DataLocation"},
    "LF_TAG": {"LFTag"},
    "LF_TAG_POLICY": {"LFTagPolicy"},
    "LF_TAG_POLICY_DATABASE": {"LFTagPolicy"},
    "LF_TAG_POLICY_TABLE": {"LFTagPolicy"},
    "LF_NAMED_TAG_EXPRESSION": {"LFTagExpression"},
}
"""The kinds of resources that a ResourceType of ListPermissions means."""


@dataclass
class Grant:
    """All that one principal has on one resource.

    Attributes:
        principal: the principal's identifier: an ARN, an account, IAM_ALLOWED_PRINCIPALS …
        resource: as `normalised` gives it
        grantable: those that it may grant to others
        condition: an expression, or ""
    """

    principal: str
    resource: Document
    permissions: list[str] = field(default_factory=list)
    grantable: list[str] = field(default_factory=list)
    condition: str = ""
    updated: float = 0.0

    def add(self, permissions: Sequence[str], grantable: Sequence[str]) -> None:
        """Grant these; what may be granted on is held, too."""
        self.permissions = _union(self.permissions, [*permissions, *grantable])
        self.grantable = _union(self.grantable, grantable)

    def take(self, permissions: Sequence[str], grantable: Sequence[str]) -> list[str]:
        """Revoke these; what is not held may not be granted on either.

        Returns:
            those that it did not have, in which case nothing is changed
        """
        missing = [p for p in permissions if p not in self.permissions]
        missing += [p for p in grantable if p not in self.grantable and p not in missing]
        if not missing:
            gone = {*permissions, *grantable}
            self.permissions = [p for p in self.permissions if p not in permissions]
            self.grantable = [p for p in self.grantable if p not in gone]
        return missing

    def shown(self) -> Document:
        """As ListPermissions has it, but for the time."""
        answer: Document = {
            "Principal": {"DataLakePrincipalIdentifier": self.principal},
            "Resource": self.resource,
            "Permissions": self.permissions,
            "PermissionsWithGrantOption": self.grantable,
            "LastUpdated": self.updated,
        }
        if self.condition:
            answer["Condition"] = {"Expression": self.condition}
        return answer

    def snapshot(self) -> Document:
        """As plain data."""
        return asdict(self)


def kind_of(resource: Mapping[str, Any]) -> str:
    """The one kind of resource that a request names.

    Raises:
        ValueError: it names none, or several
    """
    named = [name for name, value in resource.items() if value is not None]
    if len(named) != 1:
        raise ValueError(
            "Resource must have exactly one field populated, and has "
            + (", ".join(named) or "none")
        )
    return named[0]


def normalised(resource: Mapping[str, Any], catalog: str) -> Document:
    """A resource with the catalog that is meant where it names none.

    Args:
        catalog: the caller's

    Raises:
        ValueError: it names no resource, several, or a table both by name and by wildcard
    """
    kind = kind_of(resource)
    given = {name: value for name, value in resource[kind].items() if value is not None}
    if kind == "Table" and ("Name" in given) == ("TableWildcard" in given):
        raise ValueError("Table name and table wildcard cannot both be empty or both be present.")
    if kind == "TableWithColumns" and ("ColumnNames" in given) == ("ColumnWildcard" in given):
        raise ValueError("Exactly one of ColumnNames and ColumnWildcard must be given.")
    own = {"Catalog": "Id", "DataCellsFilter": "TableCatalogId"}.get(kind, "CatalogId")
    return {kind: {own: catalog, **given}}


def unfit(resource: Mapping[str, Any], permissions: Sequence[str]) -> list[str]:
    """Permissions that do not exist on a resource of this kind."""
    known = _PERMISSIONS.get(kind_of(resource))
    return [] if known is None else [p for p in permissions if p not in known]


def key(principal: str, resource: Mapping[str, Any], condition: str = "") -> str:
    """Under which a grant is kept: the same for the same principal, resource and condition."""
    return json.dumps([principal, _ordered(resource), condition], sort_keys=True)


def matches(
    grant: Grant, principal: str | None, resource: Mapping[str, Any] | None, kind: str | None
) -> bool:
    """Whether ListPermissions shows a grant.

    A table means its columns, too, and all tables of a database each of them.

    Args:
        resource: as `normalised` gives it
        kind: a ResourceType
    """
    if principal is not None and grant.principal != principal:
        return False
    have = kind_of(grant.resource)
    if kind is not None and (have not in _LISTED[kind] or not _policy_fits(grant, kind)):
        return False
    if resource is None:
        return True
    wanted = kind_of(resource)
    if wanted == "Table" and have in ("Table", "TableWithColumns"):
        asked, held = resource["Table"], grant.resource[have]
        if any(asked[n] != held.get(n) for n in ("CatalogId", "DatabaseName")):
            return False
        return "TableWildcard" in asked or bool(asked["Name"] == held.get("Name"))
    return bool(_ordered(grant.resource) == _ordered(resource))


def _policy_fits(grant: Grant, kind: str) -> bool:
    wanted = kind.removeprefix("LF_TAG_POLICY_")
    return wanted == kind or bool(grant.resource["LFTagPolicy"].get("ResourceType") == wanted)


def _union(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _ordered(value: Any) -> Any:
    """Lists of names have no order."""
    if isinstance(value, Mapping):
        return {name: _ordered(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=lambda each: json.dumps(each))
    return value

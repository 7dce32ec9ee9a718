"""Operations that grant, revoke and list permissions, which nothing here enforces.

AWS Lake Formation API Reference, "GrantPermissions", "BatchGrantPermissions", "ListPermissions".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack import clock
from lakestack.services.lakeformation import catalog, grants
from lakestack.services.lakeformation.grants import Document, Grant
from lakestack.services.lakeformation.paging import page
from lakestack.services.lakeformation.state import STORE, invalid, shown, state_of

_IAM = "IAM_ALLOWED_PRINCIPALS"
"""Has everything by the default settings, which is not listed here, and may lose it."""


class PermissionApi:
    """Who may do what with databases, tables, locations and tags."""

    @handler("GrantPermissions", expand=False)
    def grant_permissions(self, context: RequestContext, request: Document) -> Document:
        _grant(context, request, request.get("CatalogId") or context.account_id)
        return {}

    @handler("RevokePermissions", expand=False)
    def revoke_permissions(self, context: RequestContext, request: Document) -> Document:
        _revoke(context, request, request.get("CatalogId") or context.account_id)
        return {}

    @handler("BatchGrantPermissions", expand=False)
    def batch_grant_permissions(self, context: RequestContext, request: Document) -> Document:
        return _each(context, request, _grant)

    @handler("BatchRevokePermissions", expand=False)
    def batch_revoke_permissions(self, context: RequestContext, request: Document) -> Document:
        return _each(context, request, _revoke)

    @handler("ListPermissions", expand=False)
    def list_permissions(self, context: RequestContext, request: Document) -> Document:
        principal = (request.get("Principal") or {}).get("DataLakePrincipalIdentifier")
        resource, kind = request.get("Resource"), request.get("ResourceType")
        if principal is not None and resource is None and kind is None:
            raise invalid("Resource is mandatory if Principal is set in the input.")
        wanted = catalog.named(resource, context.account_id) if resource else None
        state = state_of(context)
        with state.lock:
            found = [
                each.shown()
                for each in state.grants.values()
                if grants.matches(each, principal, wanted, kind)
            ]
        return page(found, request, "PrincipalResourcePermissions")


def _grant(context: RequestContext, entry: Document, catalog_id: str) -> None:
    principal, resource, condition = _named(entry, catalog_id)
    given, grantable = _permissions(entry, resource)
    catalog.check(context, resource)
    with STORE.holding(context.account_id, context.region) as state:
        at = grants.key(principal, resource, condition)
        grant = state.grants.setdefault(at, Grant(principal, resource, condition=condition))
        grant.add(given, grantable)
        grant.updated = clock.wall()


def _revoke(context: RequestContext, entry: Document, catalog_id: str) -> None:
    principal, resource, condition = _named(entry, catalog_id)
    given, grantable = _permissions(entry, resource)
    with STORE.holding(context.account_id, context.region) as state:
        at = grants.key(principal, resource, condition)
        grant = state.grants.get(at)
        if grant is None and principal == _IAM:
            return
        if grant is None:
            raise invalid(
                "No permissions revoked. Grantee has no permissions and no grantable permissions "
                "on resource."
            )
        if missing := grant.take(given, grantable):
            raise invalid(f"No permissions revoked. Grantee does not have: [{', '.join(missing)}]")
        grant.updated = clock.wall()
        if not grant.permissions:
            del state.grants[at]


def _each(
    context: RequestContext, request: Document, act: Callable[[RequestContext, Document, str], None]
) -> Document:
    """Each entry by itself: one that fails is named, and does not keep the others."""
    catalog_id = request.get("CatalogId") or context.account_id
    failures = []
    for entry in request["Entries"]:
        try:
            act(context, entry, catalog_id)
        except CommonServiceException as e:
            failures.append({"RequestEntry": entry, "Error": shown(e)})
    return {"Failures": failures}


def _named(entry: Document, catalog_id: str) -> tuple[str, Document, str]:
    principal = (entry.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    if not principal:
        raise invalid("Principal is required.")
    condition = (entry.get("Condition") or {}).get("Expression") or ""
    return principal, catalog.named(entry.get("Resource") or {}, catalog_id), condition


def _permissions(entry: Document, resource: Document) -> tuple[list[Any], list[Any]]:
    given = list(entry.get("Permissions") or [])
    grantable = list(entry.get("PermissionsWithGrantOption") or [])
    if not given and not grantable:
        raise invalid("Permissions must not be empty.")
    if unfit := grants.unfit(resource, [*given, *grantable]):
        raise invalid(
            f"Permissions modification is invalid: {grants.kind_of(resource)} has no permission "
            + ", ".join(unfit)
        )
    return given, grantable

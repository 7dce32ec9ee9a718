"""Operations on LF-Tags, and on the resources of the Data Catalog that have them.

AWS Lake Formation API Reference, "CreateLFTag", "AddLFTagsToResource", "GetResourceLFTags".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.lakeformation import catalog, grants
from lakestack.services.lakeformation.grants import Document
from lakestack.services.lakeformation.paging import page
from lakestack.services.lakeformation.state import (
    STORE,
    LakeFormationState,
    exists,
    invalid,
    not_found,
    shown,
    state_of,
)

_TAGGABLE = ("Database", "Table", "TableWithColumns")


class TagApi:
    """LF-Tags by key, with the values that may be given."""

    @handler("CreateLFTag", expand=False)
    def create_lf_tag(self, context: RequestContext, request: Document) -> Document:
        name = request["TagKey"].lower()
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.tags:
                raise exists("Tag key already exists")
            state.tags[name] = list(dict.fromkeys(v.lower() for v in request["TagValues"]))
        return {}

    @handler("GetLFTag", expand=False)
    def get_lf_tag(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return _tag(state, request["TagKey"])

    @handler("ListLFTags", expand=False)
    def list_lf_tags(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            found = [_tag(state, name) for name in sorted(state.tags)]
        return page(found, request, "LFTags")

    @handler("UpdateLFTag", expand=False)
    def update_lf_tag(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            values = _tag(state, request["TagKey"])["TagValues"]
            gone = [v.lower() for v in request.get("TagValuesToDelete") or []]
            if missing := [value for value in gone if value not in values]:
                raise invalid(f"Tag values to delete do not exist: {', '.join(missing)}")
            new = [v.lower() for v in request.get("TagValuesToAdd") or []]
            kept = [value for value in values if value not in gone]
            state.tags[request["TagKey"].lower()] = list(dict.fromkeys([*kept, *new]))
            for held in state.tagged.values():
                if held.get(request["TagKey"].lower()) in gone:
                    del held[request["TagKey"].lower()]
        return {}

    @handler("DeleteLFTag", expand=False)
    def delete_lf_tag(self, context: RequestContext, request: Document) -> Document:
        """It goes from the resources that have it, too."""
        name = request["TagKey"].lower()
        with STORE.holding(context.account_id, context.region) as state:
            _tag(state, name)
            del state.tags[name]
            for at, held in list(state.tagged.items()):
                held.pop(name, None)
                if not held:
                    del state.tagged[at]
        return {}

    @handler("AddLFTagsToResource", expand=False)
    def add_lf_tags_to_resource(self, context: RequestContext, request: Document) -> Document:
        """A value takes the place of another one of the same key."""
        resource = _resource(request, context.account_id)
        catalog.check(context, resource)
        failures = []
        with STORE.holding(context.account_id, context.region) as state:
            for each in request["LFTags"]:
                try:
                    name, value = _pair(state, each)
                except CommonServiceException as e:
                    failures.append(_failure(each, e))
                    continue
                for at in _places(resource):
                    state.tagged.setdefault(at, {})[name] = value
        return {"Failures": failures}

    @handler("RemoveLFTagsFromResource", expand=False)
    def remove_lf_tags_from_resource(self, context: RequestContext, request: Document) -> Document:
        resource = _resource(request, context.account_id)
        failures = []
        with STORE.holding(context.account_id, context.region) as state:
            for each in request["LFTags"]:
                name = each["TagKey"].lower()
                for at in _places(resource):
                    held = state.tagged.get(at, {})
                    if held.pop(name, None) is None:
                        failures.append(_failure(each, not_found("Tag is not on the resource")))
                    if not held:
                        state.tagged.pop(at, None)
        return {"Failures": failures}

    @handler("GetResourceLFTags", expand=False)
    def get_resource_lf_tags(self, context: RequestContext, request: Document) -> Document:
        """A table has its database's tags, a column its table's, unless it has its own."""
        resource = _resource(request, context.account_id)
        catalog.check(context, resource)
        ((kind, named),) = resource.items()
        own = bool(request.get("ShowAssignedLFTags"))
        state, catalog_id = state_of(context), named["CatalogId"]
        database = named["Name"] if kind == "Database" else named["DatabaseName"]
        with state.lock:
            above = state.tagged.get(_at(catalog_id, database), {})
            if kind == "Database":
                return {"LFTagOnDatabase": _listed(above, catalog_id)}
            table = state.tagged.get(_at(catalog_id, database, named.get("Name")), {})
            whole = table if own else {**above, **table}
            answer: Document = {"LFTagsOnTable": _listed(whole, catalog_id)}
            if not own:
                answer["LFTagOnDatabase"] = _listed(above, catalog_id)
            if kind == "TableWithColumns":
                answer["LFTagsOnColumns"] = [
                    {
                        "Name": name,
                        "LFTags": _listed(held if own else {**whole, **held}, catalog_id),
                    }
                    for name in named.get("ColumnNames") or []
                    for held in [
                        state.tagged.get(_at(catalog_id, database, named["Name"], name), {})
                    ]
                ]
        return answer


def _tag(state: LakeFormationState, name: str) -> Document:
    values = state.tags.get(name.lower())
    if values is None:
        raise not_found("Tag not found")
    return {"CatalogId": state.account, "TagKey": name.lower(), "TagValues": list(values)}


def _pair(state: LakeFormationState, given: Mapping[str, Any]) -> tuple[str, str]:
    values = given["TagValues"]
    known = _tag(state, given["TagKey"])
    if len(values) != 1:
        raise invalid("Exactly one value of a tag can be given to a resource.")
    if values[0].lower() not in known["TagValues"]:
        raise not_found(f"Tag value not found: {values[0]}")
    return known["TagKey"], values[0].lower()


def _failure(pair: Mapping[str, Any], error: CommonServiceException) -> Document:
    return {"LFTag": pair, "Error": shown(error)}


def _resource(request: Document, catalog_id: str) -> Document:
    found = catalog.named(request["Resource"], request.get("CatalogId") or catalog_id)
    if (kind := grants.kind_of(found)) not in _TAGGABLE:
        raise invalid(f"A resource of the kind {kind} has no LF-Tags.")
    return found


def _places(resource: Mapping[str, Any]) -> Iterator[str]:
    ((kind, named),) = resource.items()
    if kind == "Database":
        yield _at(named["CatalogId"], named["Name"])
    elif kind == "Table":
        yield _at(named["CatalogId"], named["DatabaseName"], named.get("Name"))
    else:
        for column in named.get("ColumnNames") or []:
            yield _at(named["CatalogId"], named["DatabaseName"], named["Name"], column)


def _at(*names: str | None) -> str:
    """Under which the tags of a resource are kept: catalog, database, table, column."""
    return json.dumps(names)


def _listed(held: Mapping[str, str], catalog_id: str) -> list[Document]:
    return [
        {"CatalogId": catalog_id, "TagKey": name, "TagValues": [value]}
        for name, value in sorted(held.items())
    ]

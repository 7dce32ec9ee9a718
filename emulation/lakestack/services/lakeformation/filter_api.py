"""Operations on data cells filters: rows and columns of a table under a name.

AWS Lake Formation API Reference, "CreateDataCellsFilter", "ListDataCellsFilter".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.lakeformation import catalog
from lakestack.services.lakeformation.grants import Document
from lakestack.services.lakeformation.paging import page
from lakestack.services.lakeformation.state import (
    STORE,
    LakeFormationState,
    exists,
    invalid,
    not_found,
    state_of,
)

_NAMES = ("TableCatalogId", "DatabaseName", "TableName", "Name")


class FilterApi:
    """Filters of rows and columns."""

    @handler("CreateDataCellsFilter", expand=False)
    def create_data_cells_filter(self, context: RequestContext, request: Document) -> Document:
        given = _checked(context, request["TableData"])
        with STORE.holding(context.account_id, context.region) as state:
            if _at(given) in state.filters:
                raise exists("Data cells filter already exists")
            state.filters[_at(given)] = {**given, "VersionId": "1"}
        return {}

    @handler("UpdateDataCellsFilter", expand=False)
    def update_data_cells_filter(self, context: RequestContext, request: Document) -> Document:
        given = _checked(context, request["TableData"])
        with STORE.holding(context.account_id, context.region) as state:
            version = int(_filter(state, given)["VersionId"]) + 1
            state.filters[_at(given)] = {**given, "VersionId": str(version)}
        return {}

    @handler("GetDataCellsFilter", expand=False)
    def get_data_cells_filter(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return {"DataCellsFilter": dict(_filter(state, request))}

    @handler("DeleteDataCellsFilter", expand=False)
    def delete_data_cells_filter(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            _filter(state, request)
            del state.filters[_at(request)]
        return {}

    @handler("ListDataCellsFilter", expand=False)
    def list_data_cells_filter(self, context: RequestContext, request: Document) -> Document:
        state, table = state_of(context), request.get("Table") or {}
        wanted = {"DatabaseName": table.get("DatabaseName"), "TableName": table.get("Name")}
        with state.lock:
            found = [dict(each) for _, each in sorted(state.filters.items())]
        found = [e for e in found if all(v is None or e[k] == v for k, v in wanted.items())]
        return page(found, request, "DataCellsFilters")


def _checked(context: RequestContext, given: Mapping[str, Any]) -> Document:
    """A filter's definition with its defaults: all rows, and the columns that are not excluded."""
    named = {name: given[name] for name in _NAMES}
    if given.get("ColumnNames") and given.get("ColumnWildcard") is not None:
        raise invalid("Only one of ColumnNames and ColumnWildcard can be given.")
    catalog.check(context, {"DataCellsFilter": named})
    rest = {
        k: given[k]
        for k in ("RowFilter", "ColumnNames", "ColumnWildcard")
        if given.get(k) is not None
    }
    if not rest.get("ColumnNames"):
        rest.setdefault("ColumnWildcard", {})
    return {**named, "RowFilter": {"AllRowsWildcard": {}}, **rest}


def _filter(state: LakeFormationState, named: Mapping[str, Any]) -> Document:
    found = state.filters.get(_at(named))
    if found is None:
        raise not_found("Data cells filter not found")
    return found


def _at(named: Mapping[str, Any]) -> str:
    return json.dumps([named.get(name) for name in _NAMES])

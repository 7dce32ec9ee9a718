"""Operations on data catalogs, and on Glue's databases and tables as Athena shows them.

Amazon Athena API Reference, "GetTableMetadata", "ListDatabases", "CreateDataCatalog".
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.athena.execution import Document
from lakestack.services.athena.paging import page
from lakestack.services.athena.state import (
    CATALOG,
    STORE,
    AthenaState,
    invalid,
    state_of,
)
from lakestack.services.base import aws_error, client


class CatalogApi:
    """Data catalogs; the databases and tables of Glue's."""

    @handler("CreateDataCatalog", expand=False)
    def create_data_catalog(self, context: RequestContext, request: Document) -> Document:
        """A catalog of type LAMBDA or HIVE can be made and read, and not queried."""
        name = request["Name"]
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.catalogs or name.lower() == CATALOG.lower():
                raise invalid(f"DataCatalog {name} already exists")
            made = {k: request[k] for k in ("Name", "Type", "Description") if request.get(k)}
            state.catalogs[name] = {
                **made,
                "Parameters": dict(request.get("Parameters") or {}),
                "Status": "CREATE_COMPLETE",
            }
            if request.get("Tags"):
                tags = {each["Key"]: each.get("Value", "") for each in request["Tags"]}
                state.tags[state.arn("datacatalog", name)] = tags
        return {}

    @handler("GetDataCatalog", expand=False)
    def get_data_catalog(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return {"DataCatalog": _catalog(state, request["Name"])}

    @handler("ListDataCatalogs", expand=False)
    def list_data_catalogs(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            found = [_catalog(state, name) for name in (CATALOG, *sorted(state.catalogs))]
            shown = [
                {"CatalogName": c["Name"], "Type": c["Type"], "Status": "CREATE_COMPLETE"}
                for c in found
            ]
        return page(shown, request, "DataCatalogsSummary")

    @handler("UpdateDataCatalog", expand=False)
    def update_data_catalog(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            found = _catalog(state, request["Name"])
            if request["Name"] not in state.catalogs:
                raise invalid(f"DataCatalog {CATALOG} cannot be changed")
            for name in ("Type", "Description", "Parameters"):
                if request.get(name) is not None:
                    found[name] = request[name]
        return {}

    @handler("DeleteDataCatalog", expand=False)
    def delete_data_catalog(self, context: RequestContext, request: Document) -> Document:
        name = request["Name"]
        with STORE.holding(context.account_id, context.region) as state:
            found = _catalog(state, name)
            if name not in state.catalogs:
                raise invalid(f"DataCatalog {CATALOG} cannot be deleted")
            del state.catalogs[name]
            state.tags.pop(state.arn("datacatalog", name), None)
        return {"DataCatalog": {**found, "Status": "DELETE_COMPLETE"}}

    @handler("ListDatabases", expand=False)
    def list_databases(self, context: RequestContext, request: Document) -> Document:
        glue = _glue(context, request["CatalogName"])
        pages = glue.get_paginator("get_databases").paginate()
        found = [_database(each) for each_page in pages for each in each_page["DatabaseList"]]
        return page(sorted(found, key=lambda d: str(d["Name"])), request, "DatabaseList")

    @handler("GetDatabase", expand=False)
    def get_database(self, context: RequestContext, request: Document) -> Document:
        glue = _glue(context, request["CatalogName"])
        try:
            found = glue.get_database(Name=request["DatabaseName"])["Database"]
        except ClientError as e:
            raise _metadata(e) from e
        return {"Database": _database(found)}

    @handler("ListTableMetadata", expand=False)
    def list_table_metadata(self, context: RequestContext, request: Document) -> Document:
        """Expression is Glue's."""
        glue = _glue(context, request["CatalogName"])
        wanted = {"DatabaseName": request["DatabaseName"]}
        if request.get("Expression"):
            wanted["Expression"] = request["Expression"]
        try:
            pages = list(glue.get_paginator("get_tables").paginate(**wanted))
        except ClientError as e:
            raise _metadata(e) from e
        found = [_table(each) for each_page in pages for each in each_page["TableList"]]
        found.sort(key=lambda table: str(table["Name"]))
        return page(found, request, "TableMetadataList")

    @handler("GetTableMetadata", expand=False)
    def get_table_metadata(self, context: RequestContext, request: Document) -> Document:
        glue = _glue(context, request["CatalogName"])
        try:
            found = glue.get_table(DatabaseName=request["DatabaseName"], Name=request["TableName"])
        except ClientError as e:
            raise _metadata(e) from e
        return {"TableMetadata": _table(found["Table"])}


def _catalog(state: AthenaState, name: str) -> Document:
    if name.lower() == CATALOG.lower():
        return {
            "Name": CATALOG,
            "Type": "GLUE",
            "Parameters": {"catalog-id": state.account},
            "Status": "CREATE_COMPLETE",
        }
    found = state.catalogs.get(name)
    if found is None:
        raise invalid(f"DataCatalog {name} was not found")
    return found


def _glue(context: RequestContext, name: str) -> Any:
    """Glue's client for a catalog that is Glue's.

    Raises:
        CommonServiceException: InvalidRequestException, MetadataException
    """
    state = state_of(context)
    with state.lock:
        found = _catalog(state, name)
    if found["Type"] != "GLUE":
        raise aws_error(
            "MetadataException", f"Catalog {name} of type {found['Type']} cannot be read here"
        )
    return client(context.account_id, context.region, "glue")


def _metadata(error: ClientError) -> CommonServiceException:
    found = error.response["Error"]
    return aws_error("MetadataException", f"{found['Code']}: {found['Message']}")


def _database(found: Document) -> Document:
    shown: Document = {"Name": found["Name"]}
    if found.get("Description"):
        shown["Description"] = found["Description"]
    if found.get("Parameters"):
        shown["Parameters"] = found["Parameters"]
    return shown


def _table(found: Document) -> Document:
    storage = found.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    extra = {
        "inputformat": storage.get("InputFormat"),
        "location": storage.get("Location"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{k}": v for k, v in (serde.get("Parameters") or {}).items()},
    }
    shown: Document = {
        "Name": found["Name"],
        "TableType": found.get("TableType", ""),
        "Columns": _columns(storage.get("Columns") or []),
        "PartitionKeys": _columns(found.get("PartitionKeys") or []),
        "Parameters": {
            **(found.get("Parameters") or {}),
            **{name: value for name, value in extra.items() if value},
        },
    }
    for name, source in (("CreateTime", "CreateTime"), ("LastAccessTime", "LastAccessTime")):
        if found.get(source) is not None:
            shown[name] = found[source]
    return shown


def _columns(found: list[Document]) -> list[Document]:
    return [{k: each[k] for k in ("Name", "Type", "Comment") if each.get(k)} for each in found]

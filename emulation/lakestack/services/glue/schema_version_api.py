"""Operations on registries and versions of schemas that moto lacks; both themselves are moto's.

AWS Glue API Reference, "DeleteSchemaVersions", "ListSchemaVersions", "QuerySchemaVersionMetadata",
"RemoveSchemaVersionMetadata" and "UpdateRegistry".
"""

from __future__ import annotations

import re
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler
from moto.core.utils import utcnow
from moto.glue.models import FakeSchema, FakeSchemaVersion, glue_backends

from lakestack.services.base import aws_error
from lakestack.services.paging import answer, cut

Document = dict[str, Any]
_RANGE = re.compile(r"([1-9][0-9]{0,5})(?:-([1-9][0-9]{0,5}))?")
_FIRST = 1


class SchemaVersionApi:
    """Versions of schemas, and what is noted of each under a key."""

    @handler("UpdateRegistry", expand=False)
    def update_registry(self, context: RequestContext, request: Document) -> Document:
        backend = glue_backends[context.account_id][context.region]
        found = backend.get_registry(request["RegistryId"])
        registry = backend.registries[found["RegistryName"]]
        registry.description, registry.updated_time = request["Description"], utcnow()
        return {name: found[name] for name in ("RegistryName", "RegistryArn")}

    @handler("ListSchemaVersions", expand=False)
    def list_schema_versions(self, context: RequestContext, request: Document) -> Document:
        schema = _schema(context, request["SchemaId"])
        found = [
            {
                "SchemaArn": version.schema_arn,
                "SchemaVersionId": version.schema_version_id,
                "VersionNumber": version.version_number,
                "Status": version.schema_version_status,
                "CreatedTime": version.created_time.isoformat(),
            }
            for version in _versions(schema)
        ]
        return answer("Schemas", *cut(found, request, 25, lambda _: _invalid("Invalid NextToken")))

    @handler("DeleteSchemaVersions", expand=False)
    def delete_schema_versions(self, context: RequestContext, request: Document) -> Document:
        """One version or a range of them; the first goes only with its schema."""
        schema = _schema(context, request["SchemaId"])
        matched = _RANGE.fullmatch(request["Versions"])
        if matched is None:
            raise _invalid("Versions must be a version number or a range such as 2-4")
        low, high = int(matched[1]), int(matched[2] or matched[1])
        errors = []
        for number in range(low, min(high, schema.next_schema_version) + 1):
            found = [v for v in _versions(schema) if v.version_number == number]
            if number == _FIRST or not found:
                code = "InvalidInputException" if found else "EntityNotFoundException"
                said = "The first version cannot be deleted." if found else "Version not found."
                details = {"ErrorCode": code, "ErrorMessage": said}
                errors.append({"VersionNumber": number, "ErrorDetails": details})
                continue
            del schema.schema_versions[found[0].schema_version_id]
        schema.latest_schema_version = max(v.version_number for v in _versions(schema))
        return {"SchemaVersionErrors": errors}

    @handler("QuerySchemaVersionMetadata", expand=False)
    def query_schema_version_metadata(self, context: RequestContext, request: Document) -> Document:
        version = _version(context, request)
        wanted = request.get("MetadataList") or []
        created = version.created_time.isoformat()
        shown: dict[str, Document] = {}
        for name, values in version.metadata.items():
            kept = [v for v in values if not wanted or _asked(name, v, wanted)]
            for value in kept[:1]:
                others = [{"MetadataValue": v, "CreatedTime": created} for v in kept[1:]]
                shown[name] = {"MetadataValue": value, "CreatedTime": created}
                if others:
                    shown[name]["OtherMetadataValueList"] = others
        return {"MetadataInfoMap": shown, "SchemaVersionId": version.schema_version_id}

    @handler("RemoveSchemaVersionMetadata", expand=False)
    def remove_schema_version_metadata(
        self, context: RequestContext, request: Document
    ) -> Document:
        version, pair = _version(context, request), request["MetadataKeyValue"]
        name, value = pair.get("MetadataKey"), pair.get("MetadataValue")
        values = version.metadata.get(name, [])
        if value not in values:
            raise _missing(f"Metadata {name} with the value {value} is not found.")
        values.remove(value)
        if not values:
            del version.metadata[name]
        return {
            "SchemaVersionId": version.schema_version_id,
            "VersionNumber": version.version_number,
            "MetadataKey": name,
            "MetadataValue": value,
        }


def _schema(context: RequestContext, named: Document) -> FakeSchema:
    """A schema by its ARN, or by its name and its registry's.

    Raises:
        CommonServiceException: EntityNotFoundException
    """
    registries = glue_backends[context.account_id][context.region].registries
    for registry in registries.values():
        for schema in registry.schemas.values():
            by_name = (named.get("RegistryName") or "default-registry", named.get("SchemaName"))
            if schema.schema_arn == named.get("SchemaArn"):
                return schema
            if by_name == (schema.registry_name, schema.schema_name):
                return schema
    raise _missing("Schema is not found.")


def _versions(schema: FakeSchema) -> list[FakeSchemaVersion]:
    return sorted(schema.schema_versions.values(), key=lambda version: version.version_number)


def _version(context: RequestContext, request: Document) -> FakeSchemaVersion:
    wanted = request.get("SchemaVersionId")
    if wanted:
        registries = glue_backends[context.account_id][context.region].registries
        schemas = [schema for each in registries.values() for schema in each.schemas.values()]
        found = [s.schema_versions[wanted] for s in schemas if wanted in s.schema_versions]
    else:
        schema = _schema(context, request.get("SchemaId") or {})
        number = request.get("SchemaVersionNumber") or {}
        latest = schema.latest_schema_version
        wanted = latest if number.get("LatestVersion") else number.get("VersionNumber")
        found = [v for v in _versions(schema) if v.version_number == wanted]
    if not found:
        raise _missing("Schema version is not found.")
    return found[0]


def _asked(name: str, value: str, wanted: list[Document]) -> bool:
    return any(
        each.get("MetadataKey") in (None, name) and each.get("MetadataValue") in (None, value)
        for each in wanted
    )


def _missing(message: str) -> CommonServiceException:
    return aws_error("EntityNotFoundException", message)


def _invalid(message: str) -> CommonServiceException:
    return aws_error("InvalidInputException", message)

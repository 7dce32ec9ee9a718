"""Versions of schemas: listed, deleted but for the first, with notes under keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_versions_are_listed_and_deleted_but_for_the_first(
    aws: Callable[[str], Any], name: str
) -> None:
    glue, schema = aws("glue"), {"SchemaName": name, "RegistryName": "default-registry"}
    first = _definition("one")
    glue.create_schema(
        SchemaName=name, DataFormat="JSON", Compatibility="NONE", SchemaDefinition=first
    )
    for title in ("two", "three"):
        glue.register_schema_version(SchemaId=schema, SchemaDefinition=_definition(title))

    answer = glue.delete_schema_versions(SchemaId=schema, Versions="1-2")

    assert [each["VersionNumber"] for each in answer["SchemaVersionErrors"]] == [1]
    listed = glue.list_schema_versions(SchemaId=schema)["Schemas"]
    assert [each["VersionNumber"] for each in listed] == [1, 3]
    with pytest.raises(ClientError, match="versions"):
        glue.delete_schema_versions(SchemaId=schema, Versions="last")


def test_what_is_noted_of_a_version_is_found_and_removed(
    aws: Callable[[str], Any], name: str
) -> None:
    glue = aws("glue")
    made = glue.create_schema(
        SchemaName=name, DataFormat="JSON", Compatibility="NONE", SchemaDefinition=_definition("a")
    )
    version = {"SchemaVersionId": made["SchemaVersionId"]}
    pair = {"MetadataKey": "team", "MetadataValue": "data"}
    glue.put_schema_version_metadata(**version, MetadataKeyValue=pair)

    found = glue.query_schema_version_metadata(**version, MetadataList=[pair])["MetadataInfoMap"]
    assert found["team"]["MetadataValue"] == "data"
    glue.remove_schema_version_metadata(**version, MetadataKeyValue=pair)
    assert glue.query_schema_version_metadata(**version)["MetadataInfoMap"] == {}
    with pytest.raises(ClientError, match="is not found"):
        glue.remove_schema_version_metadata(**version, MetadataKeyValue=pair)


def _definition(title: str) -> str:
    return json.dumps({"type": "object", "title": title})

"""Locations, settings, permissions, LF-Tags and filters: what is granted is listed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import ACCOUNT, unique

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/reader"
PRINCIPAL = {"DataLakePrincipalIdentifier": ROLE}


@pytest.fixture(name="database")
def _database(aws: Aws) -> str:
    """A database with the table ``ratings`` of two columns and a partition key."""
    name = unique("lf").replace("-", "_")
    aws("glue").create_database(DatabaseInput={"Name": name})
    aws("glue").create_table(
        DatabaseName=name,
        TableInput={
            "Name": "ratings",
            "StorageDescriptor": {
                "Columns": [{"Name": "user", "Type": "int"}, {"Name": "score", "Type": "double"}]
            },
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
        },
    )
    return name


def test_a_location_is_registered_once(aws: Aws, name: str) -> None:
    lake, arn = aws("lakeformation"), f"arn:aws:s3:::{name}"
    lake.register_resource(ResourceArn=arn, UseServiceLinkedRole=True)

    found = lake.describe_resource(ResourceArn=arn)["ResourceInfo"]
    assert found["RoleArn"].endswith(
        ":role/aws-service-role/lakeformation.amazonaws.com/"
        "AWSServiceRoleForLakeFormationDataAccess"
    )
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        lake.register_resource(ResourceArn=arn, RoleArn=ROLE)
    lake.update_resource(ResourceArn=arn, RoleArn=ROLE, HybridAccessEnabled=True)
    by_role = {"Field": "ROLE_ARN", "ComparisonOperator": "EQ", "StringValueList": [ROLE]}
    listed = lake.list_resources(FilterConditionList=[by_role])["ResourceInfoList"]
    assert [e["HybridAccessEnabled"] for e in listed if e["ResourceArn"] == arn] == [True]
    lake.deregister_resource(ResourceArn=arn)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.describe_resource(ResourceArn=arn)


def test_a_location_needs_a_role(aws: Aws, name: str) -> None:
    with pytest.raises(ClientError, match="InvalidInputException"):
        aws("lakeformation").register_resource(ResourceArn=f"arn:aws:s3:::{name}")


def test_grants_add_up_and_are_taken_back(aws: Aws, database: str) -> None:
    lake = aws("lakeformation")
    table = {"Table": {"DatabaseName": database, "Name": "ratings"}}
    lake.grant_permissions(Principal=PRINCIPAL, Resource=table, Permissions=["SELECT"])
    lake.grant_permissions(
        Principal=PRINCIPAL,
        Resource=table,
        Permissions=["ALTER"],
        PermissionsWithGrantOption=["ALTER"],
    )

    (held,) = _listed(lake, table)
    assert held["Permissions"] == ["SELECT", "ALTER"]
    assert held["PermissionsWithGrantOption"] == ["ALTER"]
    assert held["Resource"]["Table"]["CatalogId"] == ACCOUNT
    lake.revoke_permissions(Principal=PRINCIPAL, Resource=table, Permissions=["ALTER"])
    (held,) = _listed(lake, table)
    assert (held["Permissions"], held["PermissionsWithGrantOption"]) == (["SELECT"], [])
    lake.revoke_permissions(Principal=PRINCIPAL, Resource=table, Permissions=["SELECT"])
    assert _listed(lake, table) == []
    with pytest.raises(ClientError, match="No permissions revoked"):
        lake.revoke_permissions(Principal=PRINCIPAL, Resource=table, Permissions=["SELECT"])


def test_what_is_granted_must_be_there(aws: Aws, database: str) -> None:
    lake = aws("lakeformation")
    missing = {"Table": {"DatabaseName": database, "Name": "nothing"}}
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.grant_permissions(Principal=PRINCIPAL, Resource=missing, Permissions=["SELECT"])
    columns = {"DatabaseName": database, "Name": "ratings", "ColumnNames": ["nothing"]}
    with pytest.raises(ClientError, match="non-existent column"):
        lake.grant_permissions(
            Principal=PRINCIPAL, Resource={"TableWithColumns": columns}, Permissions=["SELECT"]
        )
    with pytest.raises(ClientError, match="Permissions modification is invalid"):
        lake.grant_permissions(
            Principal=PRINCIPAL, Resource={"Database": {"Name": database}}, Permissions=["SELECT"]
        )


def test_a_batch_names_what_it_could_not_do(aws: Aws, database: str) -> None:
    lake = aws("lakeformation")
    of_columns = {"DatabaseName": database, "Name": "ratings"}
    right = {"TableWithColumns": {**of_columns, "ColumnWildcard": {}}}
    wrong = {"Database": {"Name": "nothing"}}
    entries = [
        {"Id": "a", "Principal": PRINCIPAL, "Resource": right, "Permissions": ["SELECT"]},
        {"Id": "b", "Principal": PRINCIPAL, "Resource": wrong, "Permissions": ["DROP"]},
    ]

    failures = lake.batch_grant_permissions(Entries=entries)["Failures"]

    assert [each["RequestEntry"]["Id"] for each in failures] == ["b"]
    assert failures[0]["Error"]["ErrorCode"] == "EntityNotFoundException"
    (held,) = _listed(lake, {"Table": of_columns})
    assert held["Resource"]["TableWithColumns"]["ColumnWildcard"] == {}


def test_a_table_has_its_databases_tags(aws: Aws, database: str, name: str) -> None:
    lake, tag = aws("lakeformation"), name.lower()
    lake.create_lf_tag(TagKey=tag, TagValues=["Raw", "curated"])
    raw = [{"TagKey": tag, "TagValues": ["raw"]}]
    curated = [{"TagKey": tag, "TagValues": ["curated"]}]
    column = {"DatabaseName": database, "Name": "ratings", "ColumnNames": ["score"]}
    lake.add_lf_tags_to_resource(Resource={"Database": {"Name": database}}, LFTags=raw)
    lake.add_lf_tags_to_resource(Resource={"TableWithColumns": column}, LFTags=curated)

    found = lake.get_resource_lf_tags(Resource={"TableWithColumns": column})
    assert [each["TagValues"] for each in found["LFTagsOnTable"]] == [["raw"]]
    assert [e["TagValues"] for e in found["LFTagsOnColumns"][0]["LFTags"]] == [["curated"]]
    unknown = [{"TagKey": tag, "TagValues": ["other"]}]
    answer = lake.add_lf_tags_to_resource(Resource={"Database": {"Name": database}}, LFTags=unknown)
    assert [e["Error"]["ErrorCode"] for e in answer["Failures"]] == ["EntityNotFoundException"]
    lake.delete_lf_tag(TagKey=tag)
    found = lake.get_resource_lf_tags(Resource={"Database": {"Name": database}})
    assert found["LFTagOnDatabase"] == []


def test_a_filter_has_all_rows_and_columns_unless_it_says(aws: Aws, database: str) -> None:
    lake = aws("lakeformation")
    named = {"TableCatalogId": ACCOUNT, "DatabaseName": database, "TableName": "ratings"}
    lake.create_data_cells_filter(TableData={**named, "Name": "all"})

    found = lake.get_data_cells_filter(**named, Name="all")["DataCellsFilter"]
    assert (found["RowFilter"], found["ColumnWildcard"]) == ({"AllRowsWildcard": {}}, {})
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        lake.create_data_cells_filter(TableData={**named, "Name": "all"})
    table = {"DatabaseName": database, "Name": "ratings"}
    listed = lake.list_data_cells_filter(Table=table)["DataCellsFilters"]
    assert [each["Name"] for each in listed] == ["all"]


def test_what_is_not_emulated_is_refused(aws: Aws) -> None:
    with pytest.raises(ClientError) as refusal:
        aws("lakeformation").start_transaction()
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def _listed(lake: Any, resource: dict[str, Any]) -> list[Any]:
    answer = lake.list_permissions(Principal=PRINCIPAL, Resource=resource)
    return list(answer["PrincipalResourcePermissions"])

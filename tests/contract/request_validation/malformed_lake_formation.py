"""Right requests to Lake Formation: what the broken ones are made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.request_validation.malformed_values import ROLE, UNIQUE, Base
from tests.support import ACCOUNT, unique


def lake_formation(aws: Callable[[str], Any]) -> list[Base]:
    """Requests about a database, a table and a tag that are there."""
    name = unique("fz").replace("-", "_")
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": name})
    columns = [{"Name": "a", "Type": "string"}]
    glue.create_table(
        DatabaseName=name, TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}}
    )
    aws("lakeformation").create_lf_tag(TagKey=name, TagValues=["one"])
    database = {"Database": {"CatalogId": ACCOUNT, "Name": name}}
    of_columns = {"DatabaseName": name, "Name": "t", "ColumnNames": ["a"]}
    principal = {"DataLakePrincipalIdentifier": ROLE}
    cells = {"TableCatalogId": ACCOUNT, "DatabaseName": name, "TableName": "t"}
    return [
        ("RegisterResource", {"ResourceArn": f"arn:aws:s3:::{name}", "RoleArn": ROLE}),
        ("DescribeResource", {"ResourceArn": f"arn:aws:s3:::{name}"}),
        (
            "PutDataLakeSettings",
            {"DataLakeSettings": {"DataLakeAdmins": [principal], "TrustedResourceOwners": []}},
        ),
        (
            "GrantPermissions",
            {
                "Principal": principal,
                "Resource": database,
                "Permissions": ["DESCRIBE"],
                "PermissionsWithGrantOption": ["DESCRIBE"],
            },
        ),
        (
            "BatchGrantPermissions",
            {
                "Entries": [
                    {
                        "Id": "1",
                        "Principal": principal,
                        "Resource": {"TableWithColumns": of_columns},
                        "Permissions": ["SELECT"],
                    }
                ]
            },
        ),
        ("ListPermissions", {"Resource": database, "MaxResults": 1}),
        ("CreateLFTag", {"TagKey": UNIQUE, "TagValues": ["one"]}),
        (
            "AddLFTagsToResource",
            {"Resource": database, "LFTags": [{"TagKey": name, "TagValues": ["one"]}]},
        ),
        (
            "CreateDataCellsFilter",
            {"TableData": {**cells, "Name": UNIQUE, "RowFilter": {"FilterExpression": "a='b'"}}},
        ),
        ("GetDataCellsFilter", {**cells, "Name": "missing"}),
    ]

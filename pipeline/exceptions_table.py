"""DMS's table of rejected rows, of which a region has one for all tasks that load into DynamoDB.

AWS DMS User Guide, "Control table task settings": its name is fixed, and DMS adds rows to it. So
the lakes of two projects in a region share it. Each puts a tag of its own on it after its load, and
the last one to go deletes it.
"""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing
from pipeline.settings import EXCEPTIONS_TABLE

__all__ = ["claim", "release", "users"]

_USER: Final = "lake:"
"""Begins the key of each lake's tag; the project follows."""


def users(lake: Lake) -> set[str] | None:
    """Projects of the lakes whose tasks write to the table; None when there is no table."""
    found = _tags(lake)
    if found is None:
        return None
    tags = found[1]
    named = {key.removeprefix(_USER) for key in tags if key.startswith(_USER)}
    return named | ({tags["project"]} if "project" in tags else set())


def claim(lake: Lake) -> None:
    """Put the lake's tags on the table, which outlive its bucket, and have it cost what is used.

    DMS makes its tables with 200 read and 200 write capacity units (AWS DMS User Guide, "Using an
    Amazon DynamoDB database as a target").
    """
    found = _tags(lake)
    if found is None:
        return
    table, tags = found
    own = {"Key": f"{_USER}{lake.settings.project}", "Value": "awsdms"}
    first = [] if "project" in tags else [lake.settings.tag]
    dynamodb = lake.client("dynamodb")
    dynamodb.tag_resource(ResourceArn=table["TableArn"], Tags=[own, *first])
    on_demand = table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    if not on_demand and table["TableStatus"] == "ACTIVE":
        dynamodb.update_table(TableName=EXCEPTIONS_TABLE, BillingMode="PAY_PER_REQUEST")


def release(lake: Lake) -> None:
    """Take the lake's tags from a table that others use too; it is theirs from then on."""
    found, others = _tags(lake), (users(lake) or set()) - {lake.settings.project}
    if found is None or not others:
        return
    table, tags = found
    dynamodb, arn = lake.client("dynamodb"), table["TableArn"]
    own = [f"{_USER}{lake.settings.project}"]
    if tags.get("project") != lake.settings.project:
        dynamodb.untag_resource(ResourceArn=arn, TagKeys=own)
        return
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=[*own, "project"])
    tag = {"Key": "project", "Value": min(others)}
    dynamodb.tag_resource(ResourceArn=arn, Tags=[tag])


def _tags(lake: Lake) -> tuple[dict[str, Any], dict[str, str]] | None:
    """The table and its tags, None when there is none."""
    dynamodb = lake.client("dynamodb")
    try:
        table = dynamodb.describe_table(TableName=EXCEPTIONS_TABLE)["Table"]
        pages = dynamodb.get_paginator("list_tags_of_resource").paginate(
            ResourceArn=table["TableArn"]
        )
        return table, {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    except ClientError as error:
        if is_missing(error):
            return None
        raise

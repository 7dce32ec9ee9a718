"""Whose the loaded tables are, what they cost, and the table of DMS that need not be there.

Against moto: an AWS of others' making, in this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from types import SimpleNamespace
from typing import Any, cast

import pytest
from moto import mock_aws

from pipeline import exceptions_table
from pipeline.infrastructure import deploy_bucket, empty_tables
from pipeline.lab_checks import checks
from pipeline.lake import Lake
from pipeline.ownership import claim_exceptions, foreign_tables, own_tables
from pipeline.reconciliation import Measured
from pipeline.run_state import Record
from pipeline.settings import EXCEPTIONS_TABLE, LOADED, TABLES
from pipeline.stages.full_load import FullLoad
from pipeline.table_state import holds_items
from pipeline.target import open_target
from tests.unit.pipeline.fakes import SilentReporter

FOUR = [f"{table}_t" for table in TABLES]
PROVISIONED = {"ReadCapacityUnits": 200, "WriteCapacityUnits": 200}


@pytest.fixture
def lake() -> Iterator[Lake]:
    """A lake whose bucket and tables are made."""
    with mock_aws():
        local = open_target("local", environ={})
        target = replace(
            local, endpoint=None, account="123456789012", waits=replace(local.waits, poll=0.01)
        )
        lake = Lake.open(target, SilentReporter())
        deploy_bucket(lake.stacks, lambda _: None)
        lake.stacks.deploy(LOADED, {})
        yield lake


def make(lake: Lake, name: str, key: str = "id") -> None:
    """A table as DMS makes it."""
    lake.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        ProvisionedThroughput=PROVISIONED,
    )


def billing(lake: Lake, name: str) -> str:
    table = lake.client("dynamodb").describe_table(TableName=name)["Table"]
    return str(table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"))


def put(lake: Lake) -> None:
    lake.client("dynamodb").put_item(TableName="movies_t", Item={"movieId": {"S": "1"}})


def test_the_lake_makes_the_tables_and_they_cost_what_is_used(lake: Lake) -> None:
    assert {billing(lake, name) for name in FOUR} == {"PAY_PER_REQUEST"}
    assert own_tables(lake) == FOUR
    assert foreign_tables(lake) == []


def test_a_table_is_the_stacks_also_without_its_tag(lake: Lake) -> None:
    dynamodb = lake.client("dynamodb")
    arn = dynamodb.describe_table(TableName="tags_t")["Table"]["TableArn"]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["project"])
    assert own_tables(lake) == FOUR


def test_tables_are_emptied_by_making_them_anew(lake: Lake) -> None:
    assert not holds_items(lake, FOUR)
    put(lake)
    assert holds_items(lake, FOUR)
    empty_tables(lake.stacks)
    assert not holds_items(lake, FOUR)
    assert {billing(lake, name) for name in FOUR} == {"PAY_PER_REQUEST"}


def test_the_table_of_rejected_rows_is_claimed_by_a_load_and_made_cheap(lake: Lake) -> None:
    claim_exceptions(lake)  # nothing there
    make(lake, EXCEPTIONS_TABLE)
    claim_exceptions(lake)
    assert foreign_tables(lake) == [EXCEPTIONS_TABLE], "no load has been: it is somebody else's"
    assert billing(lake, EXCEPTIONS_TABLE) == "PROVISIONED"
    lake.state.write(Record("full_load", "running", "x"))
    assert foreign_tables(lake) == []
    claim_exceptions(lake)
    assert billing(lake, EXCEPTIONS_TABLE) == "PAY_PER_REQUEST"
    lake.state.forget("full_load")
    assert foreign_tables(lake) == [], "its tag outlives the record"


def test_the_table_of_rejected_rows_is_every_lakes_until_the_last_one_goes(lake: Lake) -> None:
    """A region has one of it, whatever the project."""
    other = replace(lake, settings=replace(lake.settings, project="films"))
    make(lake, EXCEPTIONS_TABLE)
    for one in (lake, other):
        exceptions_table.claim(one)
    for one in (lake, other):
        assert EXCEPTIONS_TABLE not in own_tables(one)
        assert EXCEPTIONS_TABLE not in foreign_tables(one), "it would stop a run"
    exceptions_table.release(lake)
    assert own_tables(other) == [EXCEPTIONS_TABLE]
    assert EXCEPTIONS_TABLE not in [*own_tables(lake), *foreign_tables(lake)]
    exceptions_table.release(other)
    assert own_tables(other) == [EXCEPTIONS_TABLE], "the last one deletes it"


def test_a_load_without_a_table_of_rejected_rows_is_not_done_again(lake: Lake) -> None:
    """AWS makes control tables for tasks with ongoing replication; this one has none."""
    put(lake)
    items = {table: int(table == "movies") for table in TABLES}
    record = Record("full_load", "done", "x", details={"items": items})
    assert FullLoad().missing(lake, record) is None
    assert FullLoad().lost(lake, record) is None
    record.details["items"]["movies"] = 2
    assert FullLoad().missing(lake, record) == "1 of 2 items of DynamoDB table movies_t"


def looked(
    lake: Lake, *, exceptions: int | None, rejected: int, shared: bool = False
) -> dict[str, tuple[bool, str]]:
    items: dict[str, Any] = {**dict.fromkeys(FOUR, 1), EXCEPTIONS_TABLE: exceptions}
    measured = SimpleNamespace(
        settings=lake.settings,
        items=items,
        load_errors={"ratings": rejected},
        shares_exceptions=shared,
    )
    found = takewhile(lambda check: check.lab == 1, checks(lake, cast(Measured, measured)))
    return {c.number: c.look() for c in found if c.number in ("5-7", "8")}


def test_no_table_of_rejected_rows_is_no_error_and_one_is_counted(lake: Lake) -> None:
    absent = looked(lake, exceptions=None, rejected=0)
    assert absent["5-7"] == (True, ", ".join(FOUR))
    assert absent["8"] == (True, "not made by DMS; 0 rows rejected")
    assert looked(lake, exceptions=2, rejected=2)["8"] == (True, "2 items")
    assert looked(lake, exceptions=1, rejected=2)["8"] == (False, "1 item")
    text = "3 items of all lakes of the region, 2 of this one"
    assert looked(lake, exceptions=3, rejected=2, shared=True)["8"] == (True, text)

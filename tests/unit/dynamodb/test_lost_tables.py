"""Tables whose engine has died: how they are described and listed."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.dynamodb.lost_tables import Tables, with_lost

ACCOUNT, REGION = "000000000000", "us-east-1"
DESCRIPTION = {
    "TableName": "one",
    "TableStatus": "ACTIVE",
    "ItemCount": 3,
    "TableSizeBytes": 30,
    "GlobalSecondaryIndexes": [{"IndexName": "i", "ItemCount": 3, "IndexSizeBytes": 30}],
}


def key(name: str, account: str = ACCOUNT, region: str = REGION) -> tuple[str, str, str]:
    return account, region, name


def test_a_lost_table_says_so_and_counts_nothing() -> None:
    tables = Tables()
    tables.made(key("one"), DESCRIPTION)
    assert tables.lost(key("one")) is None
    assert tables.lose("it was killed") == [key("one")]
    lost = tables.lost(key("one"))
    assert lost is not None
    described = lost.describe()
    assert described["TableStatus"] == "ARCHIVED"
    assert described["ArchivalSummary"]["ArchivalReason"] == "it was killed"
    assert not {"ItemCount", "TableSizeBytes"} & described.keys()
    assert described["GlobalSecondaryIndexes"] == [{"IndexName": "i"}]
    assert DESCRIPTION["ItemCount"] == 3, "what was given is left as it was"


def test_what_was_deleted_before_is_not_lost() -> None:
    tables = Tables()
    tables.made(key("one"), DESCRIPTION)
    tables.deleted(key("one"))
    assert tables.lose("x") == []


def test_a_table_made_anew_is_lost_no_more_and_can_be_lost_again() -> None:
    tables = Tables()
    tables.made(key("one"), DESCRIPTION)
    tables.lose("first")
    tables.made(key("one"), DESCRIPTION)
    assert tables.lost(key("one")) is None
    tables.lose("second")
    lost = tables.lost(key("one"))
    assert lost is not None
    assert lost.reason == "second"


def test_a_second_death_does_not_find_what_the_first_took() -> None:
    tables = Tables()
    tables.made(key("one"), DESCRIPTION)
    tables.lose("first")
    assert tables.lose("second") == []
    lost = tables.lost(key("one"))
    assert lost is not None
    assert lost.reason == "first"


def test_a_creation_that_fails_leaves_the_table_lost() -> None:
    tables = Tables()
    tables.made(key("one"), DESCRIPTION)
    tables.lose("x")
    before = tables.forget(key("one"))
    assert before is not None
    tables.restore(key("one"), before)
    assert tables.lost(key("one")) is before


def test_accounts_and_regions_are_apart() -> None:
    tables = Tables()
    for place in (key("b"), key("a"), key("c", region="eu-south-2"), key("d", account="1" * 12)):
        tables.made(place, DESCRIPTION)
    tables.lose("x")
    assert tables.names_lost(ACCOUNT, REGION) == ["a", "b"]
    assert len(tables.all_lost()) == 4
    tables.clear()
    assert tables.all_lost() == {}


@pytest.mark.parametrize(
    ("page", "after", "limit", "expected"),
    [
        ({"TableNames": ["b"]}, None, None, {"TableNames": ["a", "b", "c"]}),
        ({"TableNames": []}, "a", None, {"TableNames": ["c"]}),
        (
            {"TableNames": ["b"], "LastEvaluatedTableName": "b"},
            None,
            2,
            {"TableNames": ["a", "b"], "LastEvaluatedTableName": "b"},
        ),
        (
            {"TableNames": ["b"], "LastEvaluatedTableName": "b"},
            None,
            1,
            {"TableNames": ["a"], "LastEvaluatedTableName": "a"},
        ),
        ({"TableNames": ["d"]}, "c", None, {"TableNames": ["d"]}),
        ({"TableNames": []}, None, 1, {"TableNames": ["a"], "LastEvaluatedTableName": "a"}),
    ],
)
def test_lost_tables_stand_where_they_belong_in_a_list(
    page: dict[str, Any], after: str | None, limit: int | None, expected: dict[str, Any]
) -> None:
    assert with_lost(page, ["a", "c"], after, limit) == expected


def test_every_page_together_names_every_table_once() -> None:
    live, lost = ["b", "d", "e"], ["a", "c", "f"]
    seen: list[str] = []
    after: str | None = None
    while True:
        rest = [name for name in live if after is None or name > after]
        page: dict[str, Any] = {"TableNames": rest[:2]}
        if len(rest) > 2:
            page["LastEvaluatedTableName"] = rest[1]
        found = with_lost(page, lost, after, 2)
        seen += found["TableNames"]
        after = found.get("LastEvaluatedTableName")
        if after is None:
            break
    assert seen == sorted(live + lost)

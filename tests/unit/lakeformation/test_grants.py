"""Grants: which resource is meant, what adds up, what ListPermissions shows."""

from __future__ import annotations

import pytest

from lakestack.services.lakeformation import grants
from lakestack.services.lakeformation.grants import Grant

CATALOG = "000000000000"
TABLE = {"Table": {"CatalogId": CATALOG, "DatabaseName": "d", "Name": "t"}}
ALL_TABLES = {"Table": {"CatalogId": CATALOG, "DatabaseName": "d", "TableWildcard": {}}}
COLUMNS = {
    "TableWithColumns": {
        "CatalogId": CATALOG, "DatabaseName": "d", "Name": "t", "ColumnNames": ["a", "b"],
    }
}  # fmt: skip


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"Catalog": {}, "Database": {"Name": "d"}},
        {"Table": {"DatabaseName": "d"}},
        {"Table": {"DatabaseName": "d", "Name": "t", "TableWildcard": {}}},
        {"TableWithColumns": {"DatabaseName": "d", "Name": "t"}},
    ],
)
def test_a_resource_is_one_thing(resource: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"Resource|Table name|ColumnNames"):
        grants.normalised(resource, CATALOG)


def test_the_callers_catalog_is_meant() -> None:
    assert grants.normalised({"Catalog": {}}, CATALOG) == {"Catalog": {"Id": CATALOG}}
    named = {"Database": {"CatalogId": "111111111111", "Name": "d"}}
    assert grants.normalised(named, CATALOG) == named


def test_what_may_be_granted_on_is_held() -> None:
    grant = Grant("p", TABLE)

    grant.add([], ["SELECT"])

    assert (grant.permissions, grant.grantable) == (["SELECT"], ["SELECT"])


def test_the_option_goes_with_the_permission_and_without_it() -> None:
    grant = Grant("p", TABLE, ["SELECT", "ALTER"], ["SELECT", "ALTER"])

    assert grant.take([], ["ALTER"]) == []
    assert (grant.permissions, grant.grantable) == (["SELECT", "ALTER"], ["SELECT"])
    assert grant.take(["SELECT"], []) == []
    assert (grant.permissions, grant.grantable) == (["ALTER"], [])


def test_what_is_not_held_changes_nothing() -> None:
    grant = Grant("p", TABLE, ["SELECT"])

    assert grant.take(["SELECT", "DROP"], []) == ["DROP"]
    assert grant.permissions == ["SELECT"]


@pytest.mark.parametrize(
    ("held", "asked", "seen"),
    [
        (TABLE, TABLE, True),
        (COLUMNS, TABLE, True),
        (TABLE, ALL_TABLES, True),
        (TABLE, COLUMNS, False),
        (COLUMNS, COLUMNS, True),
    ],
)
def test_a_table_means_its_columns(
    held: dict[str, object], asked: dict[str, object], seen: bool
) -> None:
    assert grants.matches(Grant("p", held, ["SELECT"]), "p", asked, None) is seen
    assert not grants.matches(Grant("p", held, ["SELECT"]), "q", asked, None)


def test_names_of_columns_have_no_order() -> None:
    other = {"TableWithColumns": {**COLUMNS["TableWithColumns"], "ColumnNames": ["b", "a"]}}

    assert grants.key("p", COLUMNS) == grants.key("p", other)
    assert grants.key("p", COLUMNS) != grants.key("q", COLUMNS)


@pytest.mark.parametrize(
    ("kind", "seen"), [("TABLE", True), ("DATABASE", False), ("LF_TAG_POLICY_TABLE", False)]
)
def test_a_resource_type_chooses_kinds(kind: str, seen: bool) -> None:
    assert grants.matches(Grant("p", COLUMNS, ["SELECT"]), None, None, kind) is seen


def test_a_policy_is_listed_by_what_it_is_about() -> None:
    policy = {"LFTagPolicy": {"CatalogId": CATALOG, "ResourceType": "TABLE", "Expression": []}}
    grant = Grant("p", policy, ["SELECT"])

    assert grants.matches(grant, None, None, "LF_TAG_POLICY_TABLE")
    assert not grants.matches(grant, None, None, "LF_TAG_POLICY_DATABASE")


def test_some_permissions_fit_no_database() -> None:
    database = {"Database": {"CatalogId": CATALOG, "Name": "d"}}
    assert grants.unfit(database, ["SELECT", "DROP"]) == ["SELECT"]
    assert grants.unfit({"Catalog": {"Id": CATALOG}}, ["CREATE_DATABASE"]) == []

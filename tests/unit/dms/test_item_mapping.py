"""Rows to items: expressions, types, NULL, documents, keys, and the traps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.dms.errors import DefinitionError, TableError
from lakestack.services.dms.external_table import Column, SourceTable
from lakestack.services.dms.item_mapping import (
    ItemMapping,
    RejectedRowError,
    check_against,
    compile_mapping,
)
from lakestack.services.dms.table_mapping import TableMappings, parse_table_mappings

TAGS = SourceTable(
    "lake",
    "tags",
    "tags/",
    (
        Column("userId", "INT8"),
        Column("movieId", "INT8"),
        Column("tag", "STRING"),
        Column("weight", "REAL8"),
    ),
)
ROW: list[str | None] = ["1", "31", "dark, funny", "2.5"]


def compiled(
    table: SourceTable = TAGS,
    action: str = "map-record-to-record",
    attributes: dict[str, Any] | None = None,
    **parameters: Any,
) -> ItemMapping:
    mappings = []
    for target, value in (attributes or {}).items():
        one = value if isinstance(value, dict) else {"value": value}
        mappings.append({"target-attribute-name": target, **one})
    locator = {"schema-name": "%", "table-name": "%"}
    document = {
        "rules": [
            {"rule-type": "selection", "object-locator": locator, "rule-action": "include"},
            {
                "rule-type": "object-mapping",
                "object-locator": locator,
                "rule-action": action,
                "target-table-name": "tags_t",
                "mapping-parameters": {
                    "attribute-mappings": mappings,
                    **{k.replace("_", "-"): v for k, v in parameters.items()},
                },
            },
        ]
    }
    return compile_mapping(
        table, parse_table_mappings(document).mapping_of(table.schema, table.name)
    )


def test_columns_become_attributes_of_their_types_and_keys_are_texts() -> None:
    mapping = compiled(partition_key_name="userId", sort_key_name="movieId")
    assert mapping.key_types == {"userId": "S", "movieId": "S"}
    assert mapping.make(ROW) == {
        "userId": {"S": "1"},
        "movieId": {"S": "31"},
        "tag": {"S": "dark, funny"},
        "weight": {"N": "2.5"},
    }


def test_expressions_put_columns_together() -> None:
    mapping = compiled(
        partition_key_name="id", attributes={"id": "${userId}X${movieId}!"}, exclude_columns=["tag"]
    )
    item = mapping.make(ROW)
    assert item["id"] == {"S": "1X31!"}
    assert "tag" not in item
    assert item["movieId"] == {"N": "31"}, "a column in an expression is an attribute as well"


def test_a_number_key() -> None:
    number = {"value": "${userId}", "attribute-sub-type": "number"}
    mapping = compiled(partition_key_name="user", attributes={"user": number})
    assert mapping.key_types == {"user": "N"}
    assert mapping.make(ROW)["user"] == {"N": "1"}


def test_an_unknown_column_leaves_the_attribute_out_and_is_said_once() -> None:
    mapping = compiled(partition_key_name="userId", attributes={"tags": "${tags}"})
    assert "tags" not in mapping.make(ROW)
    assert "tags" not in mapping.make(ROW)
    (warning,) = mapping.warnings
    assert "unknown column tags; the columns are userId, movieId, tag" in warning


def test_an_unknown_column_in_a_key_is_the_tables_error() -> None:
    with pytest.raises(TableError, match="key id is neither"):
        compiled(partition_key_name="id", attributes={"id": "${user_id}"})


def keyed(key: str, selected: str = "%") -> TableMappings:
    def locator(table: str) -> dict[str, str]:
        return {"schema-name": "lake", "table-name": table}

    mapping = {
        "rule-type": "object-mapping",
        "rule-id": "2",
        "object-locator": locator("%"),
        "rule-action": "map-record-to-record",
        "mapping-parameters": {"partition-key-name": key},
    }
    selection = {"rule-type": "selection", "rule-action": "include"}
    rules = [{**selection, "object-locator": locator(selected)}, mapping]
    return parse_table_mappings({"rules": rules})


def test_a_rule_that_fits_none_of_its_tables_is_named() -> None:
    links = SourceTable("lake", "links", "links/", (Column("imdbId", "STRING"),))
    with pytest.raises(DefinitionError, match=r"ruleId = 2 .* Table lake\.tags: key id is neither"):
        check_against([TAGS, links], keyed("id"))
    check_against([TAGS, links], keyed("imdbId"))  # the load tells of the others
    check_against([TAGS, links], keyed("id", selected="movies"))  # it maps no table at all


def test_without_a_key_name_the_primary_key_is_used() -> None:
    table = SourceTable("lake", "m", "m", (Column("id", "INT4", is_key=True), Column("t", "CLOB")))
    assert compiled(table).key_types == {"id": "S"}
    with pytest.raises(TableError, match="has 0 primary key columns"):
        compiled()


def test_null_is_left_out() -> None:
    mapping = compiled(partition_key_name="userId", attributes={"both": "${tag}-${weight}"})
    item = mapping.make(["1", "31", None, None])
    assert item == {"userId": {"S": "1"}, "movieId": {"N": "31"}}
    assert mapping.make(["1", "31", "x", None])["both"] == {"S": "x-"}


@pytest.mark.parametrize("key", [None, ""])
def test_an_empty_key_rejects_the_row(key: str | None) -> None:
    mapping = compiled(partition_key_name="tag")
    with pytest.raises(RejectedRowError, match="key attribute tag is empty"):
        mapping.make(["1", "31", key, None])


def test_the_rest_goes_into_a_document() -> None:
    mapping = compiled(
        action="map-record-to-document",
        partition_key_name="user",
        attributes={"user": "${userId}"},
        exclude_columns=["movieId"],
    )
    assert mapping.make(ROW) == {
        "user": {"S": "1"},
        "_doc": {"M": {"userId": {"N": "1"}, "tag": {"S": "dark, funny"}, "weight": {"N": "2.5"}}},
    }


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (
            {"M": {"Tag": {"S": "<${tag}>"}, "W": {"N": "${weight}"}}},
            {"M": {"Tag": {"S": "<dark, funny>"}, "W": {"N": "2.5"}}},
        ),
        ({"Tag": "${tag}", "n": 3}, {"M": {"Tag": {"S": "dark, funny"}, "n": {"N": "3"}}}),
        (
            '{"Tag": "${tag}", "on": true}',
            {"M": {"Tag": {"S": "dark, funny"}, "on": {"BOOL": True}}},
        ),
    ],
)
def test_documents(value: Any, wire: Any) -> None:
    document = {"attribute-type": "document", "attribute-sub-type": "dynamodb-map", "value": value}
    assert compiled(partition_key_name="userId", attributes={"d": document}).make(ROW)["d"] == wire


def test_a_list_document() -> None:
    document = {
        "attribute-type": "document",
        "attribute-sub-type": "dynamodb-list",
        "value": {"L": [{"S": "${tag}"}, {"N": "${movieId}"}]},
    }
    item = compiled(partition_key_name="userId", attributes={"d": document}).make(ROW)
    assert item["d"] == {"L": [{"S": "dark, funny"}, {"N": "31"}]}


def test_a_document_of_the_other_kind_is_the_tables_error() -> None:
    document = {"attribute-type": "document", "attribute-sub-type": "list", "value": {"a": "b"}}
    with pytest.raises(TableError, match="its value is a JSON object"):
        compiled(partition_key_name="userId", attributes={"d": document})


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("INT4", "userId", "'userId' is not a number"),
        ("INT4", "1_000", "is not a number"),
        ("INT4", "٣", "is not a number"),
        ("INT4", "2147483648", "out of range of INT4"),
        ("INT1", "-129", "out of range of INT1"),
        ("UINT2", "-1", "out of range of UINT2"),
        ("INT8", "9" * 5000, "out of range of INT8"),
        ("INT4", "1.5", "is not a number"),
        ("REAL8", "NaN", "is not a number"),
        ("REAL8", "inf", "is not a number"),
        ("NUMERIC", "4,5", "is not a number"),
        ("BOOLEAN", "perhaps", "is not true or false"),
    ],
)
def test_bad_values_reject_the_row(kind: str, text: str, says: str) -> None:
    table = SourceTable("l", "t", "t", (Column("id", "STRING", is_key=True), Column("v", kind)))
    with pytest.raises(RejectedRowError, match=says):
        compiled(table).make(["1", text])


@pytest.mark.parametrize(
    ("kind", "text", "wire"),
    [
        ("INT4", " +7 ", {"N": "7"}),
        ("REAL8", "-2.5e3", {"N": "-2.5e3"}),
        ("BOOLEAN", "Y", {"BOOL": True}),
        ("BOOLEAN", "0", {"BOOL": False}),
        ("TIMESTAMP", "2018-11-26 14:00:00", {"S": "2018-11-26 14:00:00"}),
    ],
)
def test_values(kind: str, text: str, wire: Any) -> None:
    table = SourceTable("l", "t", "t", (Column("id", "STRING", is_key=True), Column("v", kind)))
    assert compiled(table).make(["1", text])["v"] == wire


def test_null_in_a_column_that_has_none_rejects_the_row() -> None:
    columns = (Column("id", "STRING", is_key=True), Column("v", "STRING", nullable=False))
    with pytest.raises(RejectedRowError, match="column v is NULL"):
        compiled(SourceTable("l", "t", "t", columns)).make(["1", None])


def test_binary_columns_are_left_out_and_said() -> None:
    columns = (Column("id", "STRING", is_key=True), Column("picture", "BLOB"))
    mapping = compiled(SourceTable("l", "t", "t", columns))
    assert mapping.make(["1", "x"]) == {"id": {"S": "1"}}
    assert "picture of type BLOB is left out" in mapping.warnings[0]


@given(st.text(max_size=30), st.lists(st.none() | st.text(max_size=5), min_size=4, max_size=4))
def test_any_expression_and_row_give_an_item_or_a_reason(
    template: str, row: list[str | None]
) -> None:
    try:
        mapping = compiled(partition_key_name="id", attributes={"id": template + "${tag}"})
        assert mapping.make(row)["id"]["S"]
    except (DefinitionError, TableError, RejectedRowError) as e:
        assert str(e)

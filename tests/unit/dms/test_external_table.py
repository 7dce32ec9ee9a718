"""The external table definition: what DMS accepts, and what it says about the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.dms.errors import DefinitionError
from lakestack.services.dms.external_table import parse_external_table_definition


def definition(**changes: Any) -> dict[str, Any]:
    table = {
        "TableName": "ratings",
        "TablePath": "data/ratings/",
        "TableOwner": "lake",
        "TableColumns": [
            {"ColumnName": "userId", "ColumnType": "INT8", "ColumnIsPk": "true"},
            {"ColumnName": "title", "ColumnType": "string", "ColumnLength": "30"},
        ],
        "TableColumnsTotal": "2",
    }
    table.update(changes)
    return {"TableCount": "1", "Tables": [table]}


def test_text_and_object_are_the_same() -> None:
    document = definition()
    tables = parse_external_table_definition(json.dumps(document))
    assert tables == parse_external_table_definition(document)
    assert tables[0].full_name == "lake.ratings"
    assert tables[0].columns[0].is_key
    assert (tables[0].columns[1].type, tables[0].columns[1].length) == ("STRING", 30)


@pytest.mark.parametrize("total", [2, "2", " 2 "])
def test_numbers_may_be_texts(total: Any) -> None:
    assert parse_external_table_definition(definition(TableColumnsTotal=total))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"TableColumnsTotal": "3"}, "TableColumnsTotal is 3, but TableColumns has 2"),
        ({"TableColumns": []}, "TableColumns must be an array with a column"),
        ({"TableName": ""}, "TableName must be a text"),
        ({"TableOwner": None}, "TableOwner must be a text"),
        ({"TablePath": 5}, "TablePath must be a text"),
        ({"TableColumns": [{"ColumnName": "a", "ColumnType": "VARCHAR"}]}, "'VARCHAR' is not one"),
        ({"TableColumns": ["a"]}, "must be a JSON object, not str"),
        (
            {"TableColumns": [{"ColumnName": "a", "ColumnType": "STRING"}] * 2},
            "column a is defined twice",
        ),
        (
            {"TableColumns": [{"ColumnName": "a", "ColumnType": "STRING", "ColumnIsPk": "maybe"}]},
            'must be "true" or "false"',
        ),
        (
            {"TableColumns": [{"ColumnName": "a", "ColumnType": "STRING", "ColumnLength": -1}]},
            "ColumnLength must be a whole number",
        ),
    ],
)
def test_a_wrong_element_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        parse_external_table_definition(definition(**changes))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "Tables must be an array"),
        ('{"Tables": [1]}', r"Tables\[1\] must be a JSON object"),
    ],
)
def test_a_wrong_document_is_refused(document: str, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        parse_external_table_definition(document)


def test_table_count_has_to_be_right() -> None:
    document = definition()
    document["TableCount"] = "4"
    with pytest.raises(DefinitionError, match="TableCount is 4, but Tables has 1"):
        parse_external_table_definition(document)


def test_a_table_may_not_be_defined_twice() -> None:
    document = definition()
    document["Tables"] *= 2
    document["TableCount"] = 2
    with pytest.raises(DefinitionError, match=r"lake\.ratings is defined twice"):
        parse_external_table_definition(document)


WORDS = [
    "Tables",
    "TableCount",
    "TableName",
    "TablePath",
    "TableOwner",
    "TableColumns",
    "TableColumnsTotal",
    "ColumnName",
    "ColumnType",
    "ColumnLength",
    "ColumnIsPk",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_no_document_makes_it_crash(document: Any) -> None:
    try:
        parse_external_table_definition(document)
    except DefinitionError as e:
        assert e.message


@given(st.text(max_size=200))
def test_no_text_makes_it_crash(text: str) -> None:
    with pytest.raises(DefinitionError):
        parse_external_table_definition(text)


@given(st.dictionaries(st.sampled_from(list(definition()["Tables"][0])), JSON))
def test_no_table_makes_it_crash(changes: dict[str, Any]) -> None:
    try:
        parse_external_table_definition(definition(**changes))
    except DefinitionError as e:
        assert e.message

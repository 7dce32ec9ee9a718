"""Types: inference, merging and their text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.glue.schema_types import (
    Array,
    Column,
    GlueType,
    Struct,
    columns_of,
    compatible,
    merge,
    merge_columns,
    render,
    type_of,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "int"),
        (True, "boolean"),
        (2**31, "bigint"),
        (2**63, "decimal(38,0)"),
        (2.5, "double"),
        ("x", "string"),
        (None, "string"),
        ([], "array<string>"),
        ([1, 2.5], "array<double>"),
        ({"a": {"B": [None, 1]}}, "struct<a:struct<B:array<int>>>"),
    ],
)
def test_types_of_json_values(value: Any, expected: str) -> None:
    assert render(type_of(value)) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("int", "bigint", "bigint"),
        ("bigint", "double", "double"),
        ("int", "string", "string"),
        ("boolean", "int", "string"),
        ("date", "timestamp", "timestamp"),
        ("decimal(38,0)", "bigint", "decimal(38,0)"),
        ("decimal(5,2)", "double", "double"),
        (None, "int", "int"),
    ],
)
def test_merging_scalars(a: GlueType, b: GlueType, expected: str) -> None:
    assert merge(a, b) == merge(b, a) == expected


def test_merging_records_unites_fields() -> None:
    a, b = type_of({"x": 1, "y": None}), type_of({"y": [1], "z": "s"})
    assert render(merge(a, b)) == "struct<x:int,y:array<int>,z:string>"
    assert merge(a, "string") == "string"
    assert compatible(a, b)
    assert not compatible(a, Array("int"))
    assert not compatible("string", "int")


@given(JSON, JSON)
def test_merging_is_idempotent_and_never_fails(a: Any, b: Any) -> None:
    merged = merge(type_of(a), type_of(b))
    assert merge(merged, merged) == merged
    assert render(merged) == render(merge(merged, type_of(a)))


@given(JSON)
def test_a_value_has_one_type_however_it_is_written(value: Any) -> None:
    assert type_of(json.loads(json.dumps(value))) == type_of(value)


def test_column_names_are_lower_case_and_united() -> None:
    record = Struct((("UserId", "int"), ("userID", "bigint"), ("x", None)))
    assert columns_of(record) == (Column("userid", "bigint"), Column("x", None))
    united = merge_columns([[Column("a", "int")], [Column("b", "int"), Column("a", "double")]])
    assert united == (Column("a", "double"), Column("b", "int"))

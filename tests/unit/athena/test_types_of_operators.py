"""Decimals as Trino calculates them, and operators that it refuses."""

from __future__ import annotations

import pytest

from tests.unit.athena.conftest import Lake


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SELECT 1.0 / 3", "0.3"),
        ("SELECT CAST(7 AS decimal(10, 2)) / 3", "2.33"),
        ("SELECT 5 % 3.0", "2.0"),
        ("SELECT avg(x) FROM (VALUES 1.10, 2.25) t(x)", "1.68"),
        ("SELECT avg(x) FILTER (WHERE x > 2) FROM (VALUES 1.10, 2.25) t(x)", "2.25"),
        ("SELECT DISTINCT avg(x) OVER () FROM (VALUES 1.10, 2.25) t(x)", "1.68"),
        ("SELECT 100.0 * count(*) / sum(x) FROM (VALUES 1, 2, 4) t(x)", "42.9"),
        (
            "WITH a AS (SELECT CAST(1.5 AS decimal(5, 2)) v), b(q) AS (SELECT v / 4 FROM a) "
            "SELECT q FROM b",
            "0.38",
        ),
        ("SELECT x.v / 3 FROM (SELECT 1.00 v UNION ALL SELECT 1.0) x LIMIT 1", "0.33"),
        ("SELECT t.* FROM (SELECT 2.0 / 3 AS q) t", "0.7"),
        ("SELECT a.x / b.y FROM (VALUES 5) a(x) CROSS JOIN (VALUES 2.0) b(y)", "2.5"),
    ],
)
def test_decimals_stay_decimals(reader: Lake, query: str, text: str) -> None:
    assert reader.rows(query) == [f'"{text}"']


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT 1.0 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT 'a' + 1", "TYPE_MISMATCH: line 1:1: Cannot apply operator: varchar(1) + integer"),
        (
            "SELECT 1 FROM (VALUES '2020') t(year) WHERE year = 2020",
            "TYPE_MISMATCH: line 1:50: Cannot apply operator: varchar(4) = integer",
        ),
        (
            "SELECT 1 FROM (VALUES date '2020-01-01') t(d)\nWHERE t.d >= '2020-01-01'",
            "TYPE_MISMATCH: line 2:11: Cannot apply operator: date >= varchar(10)",
        ),
        (
            "SELECT 1 FROM (VALUES 1) t(x) WHERE x IN ('1')",
            "TYPE_MISMATCH: line 1:37: IN value and list items must be the same type",
        ),
        (
            "SELECT 1 FROM (VALUES date '2020-01-01') t(d) WHERE d BETWEEN '2020' AND '2021'",
            "TYPE_MISMATCH: line 1:53: Cannot check if date is BETWEEN varchar(4) and varchar(4)",
        ),
        ("SELECT CAST('a' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to INT"),
        (
            "SELECT CAST('2020-01-02T03:04:05Z' AS timestamp)",
            "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2020-01-02T03:04:05Z",
        ),
        ("SELECT CAST('x' AS date)", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: x"),
        (
            "SELECT 2147483647 + 1",
            "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1",
        ),
        ("SELECT sum(x) FROM (VALUES 1) t(x) WHERE sum(x) > 1", "EXPRESSION_NOT_SCALAR"),
    ],
)
def test_what_trino_refuses_is_refused(reader: Lake, query: str, reason: str) -> None:
    assert reader.failure(query).startswith(reason)

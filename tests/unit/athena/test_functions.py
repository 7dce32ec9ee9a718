"""Expressions of Trino's, and what they are worth."""

from __future__ import annotations

import pytest

from tests.unit.athena.conftest import Lake


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("7 / 2", '"3"'),
        ("-7 / 2", '"-3"'),
        ("7 / 2e0", '"3.5"'),
        ("1e0 / 0", '"Infinity"'),
        ("TRY(1 / 0)", ""),
        ("TRY_CAST('a' AS integer)", ""),
        ("1e10", '"1.0E10"'),
        ("CAST(1.50 AS decimal(5, 3))", '"1.500"'),
        ("timestamp '2020-01-02 03:04:05.678'", '"2020-01-02 03:04:05.678"'),
        ("from_unixtime(0)", '"1970-01-01 00:00:00.000 UTC"'),
        ("CAST(timestamp '2020-01-02 03:04:05' AS varchar)", '"2020-01-02 03:04:05.000"'),
        ("date_trunc('month', timestamp '2020-05-06 01:02:03')", '"2020-05-01 00:00:00.000"'),
        ("date_trunc('month', date '2020-05-06')", '"2020-05-01"'),
        ("date_parse('06/05/2020', '%d/%m/%Y')", '"2020-05-06 00:00:00.000"'),
        ("date_format(timestamp '2020-05-06 01:02:03', '%Y-%m-%d %H:%i:%s')", None),
        ("format_datetime(timestamp '2020-05-06 01:02:03', 'yyyy-MM-dd HH:mm:ss')", None),
        ("date_add('day', 1, date '2020-02-28')", '"2020-02-29"'),
        ("date '2020-02-28' + interval '2' day", '"2020-03-01"'),
        ("date_diff('day', timestamp '2020-01-01 12:00', timestamp '2020-01-02 01:00')", '"0"'),
        ("date_diff('month', date '2020-01-31', date '2020-03-01')", '"1"'),
        ("""json_extract_scalar('{"a": {"b": "x"}}', '$.a.b') = 'x'""", '"true"'),
        ("json_array_length('[1, 2]')", '"2"'),
        ("element_at(map(ARRAY['a'], ARRAY[1]), 'b')", ""),
        ("cardinality(ARRAY[1, 2])", '"2"'),
        ("cardinality(map(ARRAY['a'], ARRAY[1]))", '"1"'),
        ("slice(ARRAY[1, 2, 3, 4], 2, 2)", '"[2, 3]"'),
        ("reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s * 10)", '"60"'),
        ("transform(filter(ARRAY[1, 2], x -> x > 1), x -> x + 1)", '"[3]"'),
        ("ARRAY[1, NULL]", '"[1, null]"'),
        ("CAST(ROW(1, 'a') AS ROW(x integer, y varchar))", '"{x=1, y=a}"'),
        ("map(ARRAY['k'], ARRAY[1.5e0])", '"{k=1.5}"'),
        ("regexp_like('abc', 'b')", '"true"'),
        ("split('a,b', ',')", '"[a, b]"'),
        ("url_extract_host('https://u@example.com:80/p?q=1')", '"example.com"'),
        ("url_extract_parameter('https://example.com/?a=1&b=2', 'b')", '"2"'),
        ("to_hex(md5(to_utf8('a')))", '"0CC175B9C0F1B6A831C399E269772661"'),
        ("concat('a', CAST(NULL AS varchar))", ""),
        ("'it''s \"x\"'", '"it\'s ""x"""'),
        ("format('%d-%s', 1, 'a')", '"1-a"'),
        ("X'6162'", '"61 62"'),
    ],
)
def test_expressions(reader: Lake, expression: str, text: str | None) -> None:
    assert reader.value(expression) == (text if text is not None else '"2020-05-06 01:02:03"')


def test_unnest_gives_what_is_in_arrays_rows_and_maps(reader: Lake) -> None:
    numbered = "SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t(x, n) ORDER BY n"
    assert reader.rows(numbered) == ['"a","1"', '"b","2"']
    maps = "SELECT k, v FROM (SELECT map(ARRAY['a'], ARRAY[1]) m) CROSS JOIN UNNEST(m) AS u(k, v)"
    assert reader.rows(maps) == ['"a","1"']
    rows = (
        "SELECT x, y FROM (SELECT ARRAY[CAST(ROW(1, 'a') AS ROW(p integer, q varchar))] r), "
        "UNNEST(r) AS u(x, y)"
    )
    assert reader.rows(rows) == ['"1","a"']
    several = "SELECT x, y FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS t(x, y) ORDER BY x"
    assert reader.rows(several) == ['"1","a"', '"2",']


def test_columns_without_names_have_their_place(reader: Lake) -> None:
    found = reader.run("SELECT *, 1 + 1, 'a' AS b, count(*) FROM (VALUES 5) t(x) GROUP BY x")
    assert [each["Name"] for each in found["columns"]] == ["x", "_col1", "b", "_col3"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT nope FROM (VALUES 1) t(x)",
            "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not",
        ),
        (
            "SELECT * FROM missing",
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake",
        ),
        ("SELECT * FROM no.t", "SCHEMA_NOT_FOUND: line 1:18: Schema 'no' does not exist"),
        ("SELECT x FROM (VALUES (1, 2)) t(x, y) GROUP BY y", "EXPRESSION_NOT_AGGREGATE: line 1:8"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO"),
        ("SELECT CAST('a' AS integer)", "INVALID_CAST_ARGUMENT"),
        ("SELECT * FROM (VALUES 'a') t(x) WHERE x = 1", "TYPE_MISMATCH: line 1:41: Cannot apply"),
        ("SELECT no_such(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'no_such' not registered"),
        ("SELECT getenv('HOME')", "FUNCTION_NOT_FOUND"),
        ("SELECT * FROM read_csv('/etc/passwd')", "NOT_SUPPORTED: The table function READ_CSV"),
        ("SELECT * FROM '/etc/passwd'", "TABLE_NOT_FOUND"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        ("SELECT FROM x y z", "SYNTAX_ERROR: line 1:17: mismatched input 'z'"),
        ("SELECT parse_datetime(x, y) FROM (VALUES ('a', 'b')) t(x, y)", "NOT_SUPPORTED"),
    ],
)
def test_failures_are_in_athenas_words(reader: Lake, sql: str, reason: str) -> None:
    assert reader.failure(sql).startswith(reason)

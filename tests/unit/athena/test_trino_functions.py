"""Functions of Trino's documentation, with the results that stand there or follow from it."""

from __future__ import annotations

import pytest

from tests.unit.athena.conftest import Lake


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("split_part('a,b', ',', 9)", ""),
        ("strpos('abcabc', 'c', 2)", '"6"'),
        ("split('a,b,c', ',', 2)", '"[a, b,c]"'),
        ("split_to_map('a=1;b=2', ';', '=')", '"{a=1, b=2}"'),
        ("split_to_multimap('a=1;a=2', ';', '=')", '"{a=[1, 2]}"'),
        ("concat_ws('-', ARRAY['a', NULL, 'b'])", '"a-b"'),
        ("length(to_utf8('é'))", '"2"'),
        ("url_encode('a b&c')", '"a+b%26c"'),
        ("format('%s %.2f %08d', true, 2.0, 42)", '"true 2.00 00000042"'),
        ("regexp_extract('abc', 'x')", ""),
        (r"regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')", '"3ca 3cb 14m"'),
        (r"regexp_replace('1a', '(?<d>\d+)', '<${d}>')", '"<1>a"'),
        (r"regexp_position('I have 23 apples', '\b\d+\b')", '"8"'),
        ("to_hex(sha1(to_utf8('a')))", '"86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8"'),
        ("crc32(to_utf8('a'))", '"3904355907"'),
        ("to_hex(hmac_md5(to_utf8('a'), to_utf8('k')))", '"DDCF3D210049E7135F61AFFAE73731CD"'),
        ("CAST('abc' AS varchar(2))", '"ab"'),
        ("CAST(NULL AS timestamp)", ""),
        ("CAST(12345678e0 AS varchar)", '"1.2345678E7"'),
    ],
)
def test_texts(reader: Lake, expression: str, text: str) -> None:
    assert reader.value(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("""json_extract_scalar('{"a": [1]}', '$.a')""", ""),
        ("json_extract_scalar('none', '$.a')", ""),
        ("""json_extract('{"a": [{"b": 1}, {"b": 2}]}', '$.a[*].b')""", '"[1,2]"'),
        ("""CAST(json_parse('"x"') AS varchar)""", '"x"'),
        ("json_array_get('[1, 2, 3]', -1)", '"3"'),
        ("json_array_contains('[1, 2]', 2)", '"true"'),
        ("is_json_scalar('[1]')", '"false"'),
        ("""json_value('{"a": "x"}', 'lax $.a')""", '"x"'),
        ("CAST('HELLO ATHENA' AS JSON)", '"""HELLO ATHENA"""'),
        ("CAST('{\"a\": 1}' AS JSON)", '"""{\\""a\\"": 1}"""'),
        ("CAST(12345 AS JSON)", '"12345"'),
        ("CAST(MAP(ARRAY['a', 'b'], ARRAY[1, 2]) AS JSON)", '"{""a"":1,""b"":2}"'),
        ("TRY_CAST(CAST(NULL AS varchar) AS JSON)", ""),
        ("CAST(JSON '{\"a\": 1}' AS JSON)", '"{""a"":1}"'),
    ],
)
def test_json(reader: Lake, expression: str, text: str) -> None:
    assert reader.value(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("array_sort(ARRAY[3, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))", "[3, 2, 1]"),
        ("array_distinct(ARRAY[2, 1, 2])", "[2, 1]"),
        ("array_union(ARRAY[3, 1], ARRAY[1, 2])", "[3, 1, 2]"),
        ("array_except(ARRAY[3, 1, 3], ARRAY[1])", "[3]"),
        ("array_intersect(ARRAY[3, 1, 2], ARRAY[2, 3])", "[3, 2]"),
        ("any_match(ARRAY[1, 2], x -> x > 1)", "true"),
        ("all_match(ARRAY[1, 2], x -> x > 1)", "false"),
        ("none_match(ARRAY[1, 2], x -> x > 5)", "true"),
        ("zip_with(ARRAY[1, 2], ARRAY['a', 'b'], (x, y) -> y || CAST(x AS varchar))", "[a1, b2]"),
        ("trim_array(ARRAY[1, 2, 3], 1)", "[1, 2]"),
        ("ngrams(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [b, c]]"),
        ("contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3])", "true"),
        ("array_histogram(ARRAY[1, 1, 2])", "{1=2, 2=1}"),
        ("sequence(5, 3)", "[5, 4, 3]"),
        ("sequence(date '2020-02-28', date '2020-03-01')", "[2020-02-28, 2020-02-29, 2020-03-01]"),
        (
            "sequence(date '2020-01-01', date '2020-03-01', interval '1' month)",
            "[2020-01-01, 2020-02-01, 2020-03-01]",
        ),
        ("reduce(ARRAY['a', 'bb'], 0, (s, x) -> s + length(x), s -> s)", "3"),
        (
            "reduce(ARRAY[5, 20, 50], CAST(ROW(0.0, 0) AS ROW(sum double, count integer)), "
            "(s, x) -> CAST(ROW(x + s.sum, s.count + 1) AS ROW(sum double, count integer)), "
            "s -> IF(s.count = 0, NULL, s.sum / s.count))",
            "25.0",
        ),
        (
            "transform(ARRAY[1, 5], x -> any_match(ARRAY[4, 5], y -> y = x))",
            "[false, true]",
        ),
    ],
)
def test_arrays(reader: Lake, expression: str, text: str) -> None:
    assert reader.value(expression) == f'"{text}"'


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("map_concat(map(ARRAY['a'], ARRAY[1]), map(ARRAY['b'], ARRAY[2]))", "{a=1, b=2}"),
        ("map_filter(map(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)", "{b=2}"),
        ("transform_values(map(ARRAY['a'], ARRAY[1]), (k, v) -> v * 10)", "{a=10}"),
        ("transform_keys(map(ARRAY['a'], ARRAY[1]), (k, v) -> upper(k))", "{A=1}"),
        (
            "map_zip_with(map(ARRAY['a'], ARRAY[1]), map(ARRAY['a'], ARRAY[5]), "
            "(k, x, y) -> x + y)",
            "{a=6}",
        ),
        ("map_entries(map(ARRAY['a'], ARRAY[1]))", "[{field0=a, field1=1}]"),
        ("multimap_from_entries(ARRAY[(1, 'x'), (1, 'y')])", "{1=[x, y]}"),
        ("multimap_agg(k, v) FROM (VALUES ('a', 1), ('a', 2)) t(k, v)", "{a=[1, 2]}"),
        (
            "map_union(m) FROM (VALUES map(ARRAY['a'], ARRAY[1]), map(ARRAY['b'], ARRAY[2])) t(m)",
            "{a=1, b=2}",
        ),
        ("ROW(1, 'b')", "{field0=1, field1=b}"),
    ],
)
def test_maps_and_rows(reader: Lake, expression: str, text: str) -> None:
    assert reader.value(expression) == f'"{text}"'


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (
            "date_format(timestamp '2022-10-20 05:10:00', '%r %v %x')",
            "05:10:00 AM 42 2022",
        ),
        (
            "format_datetime(from_unixtime(0), 'E yyyy-MM-dd HH:mm:ssZ')",
            "Thu 1970-01-01 00:00:00+0000",
        ),
        ("parse_datetime('2020-05-06 13', 'yyyy-MM-dd HH')", "2020-05-06 13:00:00.000 UTC"),
        (
            "parse_datetime('07/Mar/2018:14:21:10 +0200', 'dd/MMM/yyyy:HH:mm:ss Z')",
            "2018-03-07 12:21:10.000 UTC",
        ),
        ("to_iso8601(from_unixtime(0))", "1970-01-01T00:00:00.000Z"),
        ("extract(day_of_week FROM date '2020-05-10')", "7"),
        ("timestamp '2012-10-31 01:00 UTC'", "2012-10-31 01:00:00.000 UTC"),
        ("timestamp '2012-10-31 01:00 +01:00'", "2012-10-31 00:00:00.000 UTC"),
        (
            "with_timezone(timestamp '2012-10-31 09:00:00', 'Asia/Tokyo')",
            "2012-10-31 00:00:00.000 UTC",
        ),
        ("to_milliseconds(interval '1' day)", "86400000"),
        ("date '2020-05-06' - date '2020-05-01'", "5 00:00:00.000"),
        ("date_add('millisecond', 86, timestamp '2020-03-01 00:00:00')", "2020-03-01 00:00:00.086"),
    ],
)
def test_times(reader: Lake, expression: str, text: str) -> None:
    assert reader.value(expression) == f'"{text}"'


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("to_base(255, 16)", "ff"),
        ("bit_count(-7, 8)", "6"),
        ("bitwise_left_shift(1, 3)", "8"),
        ("random(5) < 5 AND random(1, 3) < 3", "true"),
        ("normal_cdf(0, 1, 0)", "0.5"),
        ("geometric_mean(x) FROM (VALUES 2e0, 8e0) t(x)", "4.0"),
        ("every(x) FROM (VALUES true, false) t(x)", "false"),
        ("approx_distinct(x, 0.01) FROM (VALUES 1, 2) t(x)", "2"),
        ("typeof(ROW(1, ARRAY['a']))", "row(integer, array(varchar))"),
        ("typeof(now())", "timestamp(3) with time zone"),
        ("CAST(sum(x) AS double) / count(*) FROM (VALUES 1, 2) t(x)", "1.5"),
    ],
)
def test_numbers_and_types(reader: Lake, expression: str, text: str) -> None:
    assert reader.value(expression) == f'"{text}"'

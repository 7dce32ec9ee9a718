"""Macros of DuckDB for functions of Trino: what it lacks, or has with another meaning.

Trino documentation, "Functions and operators".
"""

from __future__ import annotations

from lakestack.services.athena.engine.types import literal

TIMESTAMP = r"\s*[+-]?\d+-\d+-\d+(\s+\d+:\d+(:\d+(\.\d+)?)?(\s+\S+|[+-]\d+:\d+)?)?\s*"
"""Texts that Trino casts to a timestamp: no ``T`` in them, and no ``Z`` behind the seconds."""
_FLOATING = "('FLOAT', 'DOUBLE')"


def _division(name: str, sign: str) -> str:
    """A division: by zero it is an error, but of floating point infinite or no number.

    Not by overloads for types: a literal fits several, and then DuckDB takes none.
    """
    return (
        f"{name}(a, b) AS CASE WHEN b = 0 AND typeof(a) NOT IN {_FLOATING} AND "
        f"typeof(b) NOT IN {_FLOATING} THEN error('DIVISION_BY_ZERO') ELSE a {sign} b END"
    )


MACROS = (
    _division("trino_divide", "/"),
    _division("trino_mod", "%"),
    "trino_decimal_quotient(a, b) AS CASE WHEN b = 0 THEN error('DIVISION_BY_ZERO') ELSE a / b END",
    "trino_double_quotient(a, b) AS CASE WHEN b = 0 THEN a * CAST('Infinity' AS DOUBLE) "
    "ELSE a / b END",
    "trino_double_rest(a, b) AS CASE WHEN b = 0 THEN CAST('NaN' AS DOUBLE) ELSE a % b END",
    "trino_decimal_rest(a, b) AS CASE WHEN b = 0 THEN error('DIVISION_BY_ZERO') ELSE a % b END",
    "trino_slice(a, f, n) AS list_slice(a, CASE WHEN f < 0 THEN len(a) + f + 1 ELSE f END, "
    "CASE WHEN f < 0 THEN len(a) + f + 1 ELSE f END + n - 1)",
    "trino_cardinality(a) AS len(a)",
    # Of a list or a map, whose types DuckDB's macros cannot tell apart.
    "trino_cardinality_any(a) AS CASE WHEN a IS NULL THEN NULL WHEN typeof(a) LIKE 'MAP%' "
    "AND typeof(a) NOT LIKE '%[]' THEN len(json_keys(to_json(a))) "
    "ELSE json_array_length(to_json(a)) END",
    # Not by the types of parameters: that would make a decimal another one.
    "trino_text(d) AS CASE typeof(d) WHEN 'TIMESTAMP' THEN "
    "strftime(TRY_CAST(CAST(d AS VARCHAR) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g') "
    "WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(timezone('UTC', "
    "TRY_CAST(CAST(d AS VARCHAR) AS TIMESTAMPTZ)), '%Y-%m-%d %H:%M:%S.%g') || ' UTC' "
    "WHEN 'DOUBLE' THEN lake_java_double(TRY_CAST(CAST(d AS VARCHAR) AS DOUBLE)) "
    "WHEN 'JSON' THEN json_extract_string(TRY_CAST(CAST(d AS VARCHAR) AS JSON), '$') "
    "ELSE CAST(d AS VARCHAR) END",
    "trino_repeat(x, n) AS list_transform(range(n), lambda i: x)",
    "trino_json_length(j) AS json_array_length(CAST(j AS JSON))",
    "trino_at_zone(t, z) AS timezone(z, CAST(t AS TIMESTAMPTZ))",
    "trino_longest(a, b) AS CASE WHEN len(a) < len(b) THEN range(len(b)) ELSE range(len(a)) END",
    "trino_plus(d DATE, i INTERVAL) AS CAST(d + i AS DATE), (d TIMESTAMP, i INTERVAL) AS d + i, "
    "(d TIMESTAMPTZ, i INTERVAL) AS d + i, (d TIME, i INTERVAL) AS d + i",
    "trino_minus(d DATE, i INTERVAL) AS CAST(d - i AS DATE), (d TIMESTAMP, i INTERVAL) AS d - i, "
    "(d TIMESTAMPTZ, i INTERVAL) AS d - i, (d TIME, i INTERVAL) AS d - i",
    "array_max(a) AS list_max(a)",
    "array_min(a) AS list_min(a)",
    # In the order in which they first come, which DuckDB's list_distinct does not keep.
    "array_distinct(a) AS list_filter(a, lambda x, i: list_position(a, x) = i)",
    "array_union(a, b) AS list_filter(list_concat(a, b), "
    "lambda x, i: list_position(list_concat(a, b), x) = i)",
    "array_except(a, b) AS list_filter(a, lambda x, i: list_position(a, x) = i AND "
    "list_position(b, x) IS NULL)",
    "trino_intersect(a, b) AS list_filter(a, lambda x, i: list_position(a, x) = i AND "
    "list_position(b, x) IS NOT NULL)",
    "array_remove(a, x) AS list_filter(a, lambda y: y IS DISTINCT FROM x)",
    "array_histogram(a) AS map(array_distinct(a), list_transform(array_distinct(a), "
    "lambda x: len(list_filter(a, lambda y: y = x))))",
    "trim_array(a, n) AS list_slice(a, 1, len(a) - n)",
    "contains_sequence(a, b) AS len(list_filter(range(1, len(a) + 2), "
    "lambda i: list_slice(a, i, i + len(b) - 1) = b)) > 0",
    "ngrams(a, n) AS list_transform(range(1, greatest(len(a) - n + 2, 2)), "
    "lambda i: list_slice(a, i, i + n - 1))",
    "trino_sequence(a DATE, b DATE) AS CAST(generate_series(CAST(a AS TIMESTAMP), "
    "CAST(b AS TIMESTAMP), CASE WHEN b < a THEN -INTERVAL 1 DAY ELSE INTERVAL 1 DAY END) "
    "AS DATE[]), (a BIGINT, b BIGINT) AS generate_series(a, b, CASE WHEN b < a THEN -1 ELSE 1 END)",
    "trino_sequence_by(a DATE, b DATE, s INTERVAL) AS CAST(generate_series(CAST(a AS TIMESTAMP), "
    "CAST(b AS TIMESTAMP), s) AS DATE[]), (a TIMESTAMP, b TIMESTAMP, s INTERVAL) AS "
    "generate_series(a, b, s), (a TIMESTAMPTZ, b TIMESTAMPTZ, s INTERVAL) AS "
    "generate_series(a, b, s), (a BIGINT, b BIGINT, s BIGINT) AS generate_series(a, b, s)",
    "arrays_overlap(a, b) AS list_has_any(a, b)",
    "array_position(a, x) AS coalesce(list_position(a, x), 0)",
    "map_agg(k, v) AS map(list(k) FILTER (WHERE k IS NOT NULL), "
    "list(v) FILTER (WHERE k IS NOT NULL))",
    # Of keys that may be the same, in the order of their first values.
    "trino_multimap(k, v) AS map(array_distinct(k), list_transform(array_distinct(k), "
    "lambda x: list_transform(list_filter(range(1, len(k) + 1), "
    "lambda i: k[i] = x), lambda i: v[i])))",
    "trino_first_of_each(k, v) AS map(array_distinct(k), list_transform(array_distinct(k), "
    "lambda x: v[list_position(k, x)]))",
    "multimap_agg(k, v) AS trino_multimap(list(k) FILTER (WHERE k IS NOT NULL), "
    "list(v) FILTER (WHERE k IS NOT NULL))",
    "multimap_from_entries(e) AS trino_multimap(list_transform(e, lambda x: x[1]), "
    "list_transform(e, lambda x: x[2]))",
    "map_union(m) AS trino_first_of_each(flatten(list(map_keys(m))), flatten(list(map_values(m))))",
    "map_entries(m) AS list_transform(map_keys(m), lambda k, i: row(k, map_values(m)[i]))",
    "trino_pairs(s, e, k) AS map(list_transform(string_split(s, e), "
    "lambda x: split_part(x, k, 1)), list_transform(string_split(s, e), "
    "lambda x: substr(x, strpos(x, k) + len(k))))",
    "split_to_multimap(s, e, k) AS trino_multimap(list_transform(string_split(s, e), "
    "lambda x: split_part(x, k, 1)), list_transform(string_split(s, e), "
    "lambda x: substr(x, strpos(x, k) + len(k))))",
    # Where the n-th part of a text begins.
    "trino_part(s, d, n) AS CAST(list_sum(list_transform(list_slice(string_split(s, d), 1, n - 1), "
    "lambda x: len(x))) AS BIGINT) + (n - 1) * len(d) + 1",
    "trino_split(s, d, n) AS CASE WHEN len(string_split(s, d)) <= n OR n < 2 "
    "THEN string_split(s, d) ELSE list_append(list_slice(string_split(s, d), 1, n - 1), "
    "substr(s, trino_part(s, d, n))) END",
    "trino_split_part(s, d, n) AS list_extract(string_split(s, d), n)",
    "trino_position(s, t, n) AS CASE WHEN n < len(string_split(s, t)) THEN "
    "trino_part(s, t, n + 1) - len(t) ELSE 0 END",
    "trino_join(s, a VARCHAR[]) AS CASE WHEN len(list_filter(a, lambda x: x IS NOT NULL)) = 0 "
    "THEN '' ELSE list_reduce(list_filter(a, lambda x: x IS NOT NULL), "
    "lambda x, y: x || s || y) END, (s, a VARCHAR) AS concat_ws(s, a)",
    "trino_length(s) AS CASE WHEN typeof(s) = 'BLOB' THEN octet_length(TRY_CAST(s AS BLOB)) "
    "ELSE length(CAST(s AS VARCHAR)) END",
    "trino_regexp_extract(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN "
    "regexp_extract(s, p, g) END",
    "regexp_position(s, p) AS CASE WHEN regexp_matches(s, p) THEN "
    "len(regexp_split_to_array(s, p)[1]) + 1 ELSE -1 END",
    "url_encode(s) AS replace(system.main.url_encode(s), '%20', '+')",
    "url_decode(s) AS system.main.url_decode(replace(s, '+', ' '))",
    "hamming_distance(a, b) AS hamming(a, b)",
    "ends_with(s, t) AS suffix(s, t)",
    "url_extract_host(u) AS nullif(regexp_extract(u, "
    "'^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]*)', 1), '')",
    "url_extract_protocol(u) AS nullif(regexp_extract(u, '^([a-zA-Z][a-zA-Z0-9+.-]*):', 1), '')",
    "url_extract_path(u) AS regexp_extract(u, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)', 1)",
    "url_extract_query(u) AS nullif(regexp_extract(u, '^[^?#]*[?]([^#]*)', 1), '')",
    "url_extract_fragment(u) AS nullif(regexp_extract(u, '#(.*)$', 1), '')",
    "url_extract_port(u) AS TRY_CAST(nullif(regexp_extract(u, "
    "'^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?[^/?#:]*:([0-9]+)', 1), '') AS BIGINT)",
    "url_extract_parameter(u, p) AS nullif(regexp_extract(u, '[?&]' || regexp_escape(p) || "
    "'=([^&#]*)', 1), '')",
    "array_sum(a) AS list_sum(a)",
    "array_average(a) AS list_avg(a)",
    "zip(a, b) AS list_zip(a, b)",
    "regexp_count(s, p) AS len(regexp_extract_all(s, p))",
    "is_nan(x) AS isnan(x)",
    "is_finite(x) AS isfinite(x)",
    "is_infinite(x) AS isinf(x)",
    "nan() AS CAST('NaN' AS DOUBLE)",
    "infinity() AS CAST('Infinity' AS DOUBLE)",
    "codepoint(s) AS unicode(s)",
    "json_parse(s) AS CAST(json(s) AS JSON)",
    "trino_to_json(v) AS CASE WHEN v IS NOT NULL THEN to_json(v) END",
    # Of a text that is no JSON, and of an object or array as a scalar, there is none.
    "trino_json_scalar(j, p) AS CASE WHEN json_valid(j) AND json_type(j, p) NOT IN "
    "('OBJECT', 'ARRAY') THEN json_extract_string(j, p) END",
    "trino_json_extract(j, p) AS CASE WHEN json_valid(j) THEN json_extract(j, p) END",
    "trino_json_list(j, p) AS CASE WHEN json_valid(j) THEN to_json(json_extract(j, p)) END",
    "json_array_get(j, i) AS CASE WHEN json_valid(j) THEN json_extract(j, "
    "'$[' || CASE WHEN i < 0 THEN '#' ELSE '' END || i || ']') END",
    "json_array_contains(j, x) AS CASE WHEN json_valid(j) THEN "
    "list_contains(json_extract(j, '$[*]'), to_json(x)) END",
    "json_exists(j, p) AS system.main.json_exists(CAST(j AS JSON), "
    "regexp_replace(p, '^(lax|strict) ', ''))",
    "is_json_scalar(j) AS json_type(j) NOT IN ('OBJECT', 'ARRAY')",
    "json_format(j) AS CAST(CAST(j AS JSON) AS VARCHAR)",
    "json_size(j, p) AS CASE json_type(CAST(j AS JSON), p) WHEN 'OBJECT' THEN "
    "len(json_keys(CAST(j AS JSON), p)) WHEN 'ARRAY' THEN json_array_length(CAST(j AS JSON), p) "
    "ELSE 0 END",
    "from_unixtime_nanos(n) AS to_timestamp(n / 1000000000)",
    "trino_to_milliseconds(i) AS epoch_ms(i)",
    "with_timezone(t, z) AS timezone(z, CAST(t AS TIMESTAMP))",
    "current_timezone() AS 'UTC'",
    "trino_timestamp(s VARCHAR) AS CASE WHEN s IS NULL OR "
    f"regexp_full_match(s, {literal(TIMESTAMP)}) THEN CAST(s AS TIMESTAMP) ELSE "
    "error('TIMESTAMP ' || s) END, (s TIMESTAMP) AS s, (s DATE) AS CAST(s AS TIMESTAMP), "
    "(s TIMESTAMPTZ) AS CAST(s AS TIMESTAMP)",
    "trino_try_timestamp(s VARCHAR) AS CASE WHEN "
    f"regexp_full_match(s, {literal(TIMESTAMP)}) THEN TRY_CAST(s AS TIMESTAMP) END, "
    "(s TIMESTAMP) AS s, (s DATE) AS CAST(s AS TIMESTAMP), "
    "(s TIMESTAMPTZ) AS CAST(s AS TIMESTAMP)",
    "from_iso8601_date(s) AS CAST(s AS DATE)",
    "to_iso8601(d DATE) AS strftime(d, '%Y-%m-%d'), "
    "(d TIMESTAMP) AS strftime(d, '%Y-%m-%dT%H:%M:%S.%g'), "
    "(d TIMESTAMPTZ) AS strftime(timezone('UTC', d), '%Y-%m-%dT%H:%M:%S.%g') || 'Z'",
    "day_of_year(d) AS dayofyear(d)",
    "day_of_month(d) AS day(d)",
    "year_of_week(d) AS isoyear(d)",
    "week_of_year(d) AS week(d)",
    "yow(d) AS isoyear(d)",
    "doy(d) AS dayofyear(d)",
    "dow(d) AS isodow(d)",
    "bitwise_not(a) AS ~a",
    "truncate(x) AS trunc(x), (x, n) AS trunc(x * power(10, n)) / power(10, n)",
    "trino_random(n) AS CAST(floor(random() * n) AS BIGINT), "
    "(m, n) AS m + CAST(floor(random() * (n - m)) AS BIGINT)",
    "to_base(n, b) AS lower(system.main.to_base(n, b))",
    "bit_count(n, b) AS system.main.bit_count(CAST(n AS BIGINT)) - "
    "CASE WHEN n < 0 THEN 64 - b ELSE 0 END",
    "bitwise_left_shift(n, b) AS CAST(n AS BIGINT) << b",
    "bitwise_right_shift(n, b) AS CAST(n AS BIGINT) >> b",
    "bitwise_right_shift_arithmetic(n, b) AS CAST(n AS BIGINT) >> b",
    "shuffle(a) AS list_select(a, list_grade_up(list_transform(a, lambda x: random())))",
    "every(x) AS bool_and(x)",
    "geometric_mean(x) AS exp(avg(ln(x)))",
    "bitwise_and_agg(x) AS bit_and(x)",
    "bitwise_or_agg(x) AS bit_or(x)",
    "great_circle_distance(a, b, c, d) AS 6371.01 * 2 * asin(sqrt(power(sin(radians(c - a) / 2), "
    "2) + cos(radians(a)) * cos(radians(c)) * power(sin(radians(d - b) / 2), 2)))",
    "normal_cdf(m, s, x) AS 0.5 * (1 + lake_erf((x - m) / (s * sqrt(2))))",
    "e() AS exp(1)",
    "log(b, x) AS ln(x) / ln(b)",
)

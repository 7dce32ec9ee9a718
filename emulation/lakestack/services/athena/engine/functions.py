"""Functions of Trino that DuckDB lacks or has with another meaning, as DuckDB's macros.

Trino documentation, "Functions and operators"; Amazon Athena User Guide, "Functions in Amazon
Athena". A function that is neither translated by sqlglot, nor here, nor in `SAME` is refused by
name: DuckDB may have another one of that name.
"""

from __future__ import annotations

from typing import Any

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


def _by_kind(name: str, sign: str) -> str:
    """A division: a whole number by zero is an error, one of floating point is infinite or none.

    Decimals are taken for numbers of floating point, as DuckDB divides them.
    """
    whole = [
        f"(a {kind}, b {kind}) AS CASE WHEN b = 0 THEN error('DIVISION_BY_ZERO') "
        f"ELSE a {sign} b END"
        for kind in _WHOLE
    ]
    zero = "Infinity" if sign == "/" else "NaN"
    floating = [
        f"(a {kind}, b {kind}) AS CASE WHEN b = 0 THEN a * CAST('{zero}' AS {kind}) "
        f"ELSE a {sign} b END"
        for kind in ("FLOAT", "DOUBLE")
    ]
    return name + ", ".join([*whole, *floating])


_MACROS = (
    _by_kind("trino_divide", "/"),
    _by_kind("trino_mod", "%"),
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
    "array_union(a, b) AS list_distinct(list_concat(a, b))",
    "array_except(a, b) AS list_distinct(list_filter(a, lambda x: NOT list_contains(b, x)))",
    "arrays_overlap(a, b) AS list_has_any(a, b)",
    "array_position(a, x) AS coalesce(list_position(a, x), 0)",
    "map_agg(k, v) AS map(list(k) FILTER (WHERE k IS NOT NULL), "
    "list(v) FILTER (WHERE k IS NOT NULL))",
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
    "json_parse(s) AS CAST(s AS JSON)",
    "json_format(j) AS CAST(CAST(j AS JSON) AS VARCHAR)",
    "json_size(j, p) AS CASE json_type(CAST(j AS JSON), p) WHEN 'OBJECT' THEN "
    "len(json_keys(CAST(j AS JSON), p)) WHEN 'ARRAY' THEN json_array_length(CAST(j AS JSON), p) "
    "ELSE 0 END",
    "from_unixtime_nanos(n) AS to_timestamp(n / 1000000000)",
    "from_iso8601_date(s) AS CAST(s AS DATE)",
    "to_iso8601(d) AS CASE WHEN typeof(d) = 'DATE' THEN strftime(d, '%Y-%m-%d') ELSE "
    "strftime(d, '%Y-%m-%dT%H:%M:%S.%g') END",
    "day_of_year(d) AS dayofyear(d)",
    "day_of_month(d) AS day(d)",
    "year_of_week(d) AS isoyear(d)",
    "week_of_year(d) AS week(d)",
    "bitwise_not(a) AS ~a",
    "truncate(x) AS trunc(x)",
    "e() AS exp(1)",
    "log(b, x) AS ln(x) / ln(b)",
)
_NAMES = frozenset(text.partition("(")[0] for text in _MACROS)

SAME = frozenset(
    [
        "abs",
        "acos",
        "asin",
        "atan",
        "atan2",
        "cbrt",
        "ceil",
        "ceiling",
        "cos",
        "cosh",
        "degrees",
        "exp",
        "floor",
        "ln",
        "log10",
        "log2",
        "pi",
        "pow",
        "power",
        "radians",
        "random",
        "rand",
        "round",
        "sign",
        "sin",
        "sinh",
        "sqrt",
        "tan",
        "tanh",
        "chr",
        "length",
        "lower",
        "lpad",
        "ltrim",
        "replace",
        "reverse",
        "rpad",
        "rtrim",
        "starts_with",
        "strpos",
        "translate",
        "trim",
        "upper",
        "regexp_extract_all",
        "day",
        "hour",
        "minute",
        "month",
        "quarter",
        "second",
        "week",
        "year",
        "millisecond",
        "array_agg",
        "array_position",
        "array_sort",
        "array_intersect",
        "array_distinct",
        "flatten",
        "list_sort",
        "bool_and",
        "bool_or",
        "corr",
        "covar_pop",
        "covar_samp",
        "kurtosis",
        "regr_intercept",
        "regr_slope",
        "skewness",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "var_pop",
        "var_samp",
        "variance",
        "cume_dist",
        "dense_rank",
        "first_value",
        "lag",
        "last_value",
        "lead",
        "nth_value",
        "ntile",
        "percent_rank",
        "rank",
        "row_number",
        "map_keys",
        "map_values",
        "map_entries",
        "map_from_entries",
        "cardinality",
        "typeof",
        "uuid",
        "now",
        "coalesce",
    ]
)
"""Functions that sqlglot does not know and that mean the same in DuckDB."""

KNOWN = SAME | _NAMES | {"histogram"}


def install(connection: Any) -> None:
    """Make the macros.

    Args:
        connection: DuckDB's
    """
    for text in _MACROS:
        connection.execute(f"CREATE MACRO {text}")

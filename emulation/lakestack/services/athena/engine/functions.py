"""Functions of Trino that a query may name.

Trino documentation, "Functions and operators"; Amazon Athena User Guide, "Functions in Amazon
Athena". A function that is neither translated by sqlglot, nor here, nor in `SAME` is refused by
name: DuckDB may have another one of that name.
"""

from __future__ import annotations

from typing import Any

from lakestack.services.athena.engine import native
from lakestack.services.athena.engine.macros import MACROS

_NAMES = frozenset(text.partition("(")[0] for text in MACROS)

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
        "array_sort",
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
        "map_concat",
        "map_keys",
        "map_values",
        "map_from_entries",
        "cardinality",
        "uuid",
        "now",
        "json_array",
        "coalesce",
    ]
)
"""Functions that sqlglot does not know and that mean the same in DuckDB."""

KNOWN = SAME | _NAMES | native.NAMES | {"histogram"}


def install(connection: Any) -> None:
    """Make the macros, and what they need that is no SQL.

    Args:
        connection: DuckDB's
    """
    native.install(connection)
    for text in MACROS:
        connection.execute(f"CREATE MACRO {text}")

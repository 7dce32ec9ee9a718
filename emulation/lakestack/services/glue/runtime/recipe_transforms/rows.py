"""Steps that leave rows out, and the conditions for it.

AWS Glue DataBrew Developer Guide, "Defining a recipe structure", "Using conditions".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from awsglue.errors import UnsupportedApiError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .columns import column

_COMPARED: Mapping[str, Callable[[Column, str], Column]] = {
    "CONTAINS": lambda value, wanted: value.contains(wanted),
    "NOT_CONTAINS": lambda value, wanted: ~value.contains(wanted),
    "STARTS_WITH": lambda value, wanted: value.startswith(wanted),
    "NOT_STARTS_WITH": lambda value, wanted: ~value.startswith(wanted),
    "ENDS_WITH": lambda value, wanted: value.endswith(wanted),
    "NOT_ENDS_WITH": lambda value, wanted: ~value.endswith(wanted),
}
_NUMBERS: Mapping[str, Callable[[Column, Column], Column]] = {
    "LESS_THAN": lambda value, wanted: value < wanted,
    "LESS_THAN_EQUAL": lambda value, wanted: value <= wanted,
    "GREATER_THAN": lambda value, wanted: value > wanted,
    "GREATER_THAN_EQUAL": lambda value, wanted: value >= wanted,
}
_CONDITIONS = ("IS", "IS_NOT", "IS_MISSING", *_COMPARED, *_NUMBERS)


def remove_values(
    frame: DataFrame,
    condition_expressions: Sequence[Mapping[str, Any]],
    source_column: str | None = None,  # noqa: ARG001 - each condition has its own column
) -> DataFrame:
    """REMOVE_VALUES: the rows for which not all conditions hold.

    Null fulfils none but IS_MISSING (our guess).

    Args:
        frame: the rows
        condition_expressions: each with ``Condition``, ``TargetColumn`` and ``Value``
        source_column: has no effect

    Raises:
        UnsupportedApiError: a condition is not here
    """
    removed = F.lit(True)
    for each in condition_expressions:
        removed = removed & _condition(frame, each)
    return frame.filter(~F.coalesce(removed, F.lit(False)))


def _condition(frame: DataFrame, given: Mapping[str, Any]) -> Column:
    """Whether a condition holds for a row; may be null."""
    name, wanted = given["Condition"], str(given.get("Value", ""))
    value = column(frame, given["TargetColumn"])
    text = value.cast("string")
    if name in _COMPARED:
        return _COMPARED[name](text, wanted)
    if name in _NUMBERS:
        return _NUMBERS[name](value.cast("double"), F.lit(wanted).cast("double"))
    if name in ("IS", "IS_NOT"):
        same = text.isin(_several(wanted))
        return same if name == "IS" else ~same
    if name == "IS_MISSING":
        return value.isNull() | (text == "")
    valid = ", ".join(_CONDITIONS)
    raise UnsupportedApiError(f"condition {name!r} of a recipe", f"one of {valid}")


def _several(text: str) -> list[str]:
    """The values of IS and IS_NOT: a list in JSON, or one value."""
    try:
        found = json.loads(text)
    except ValueError:
        return [text]
    return [str(each) for each in found] if isinstance(found, list) else [text]

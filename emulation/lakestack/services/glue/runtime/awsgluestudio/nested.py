"""Transforms of arrays, maps, structs and JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from awsglue.columns import quoted
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import UnsupportedApiError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import MapType, StructType

from .columns import added, column, names

_STEP = re.compile(r'(?:\.|^)(?:(?P<name>[A-Za-z_]\w*)|"(?P<text>[^"\\]*)")|\[(?P<at>[0-9]+)\]')


def explode(
    frame: DataFrame,
    colName: str,  # noqa: N803 - AWS's
    newCol: str,  # noqa: N803
    outer: bool = False,
) -> DataFrame:
    """Explode Array Or Map Into Rows: a row for each value; of a map with ``key`` and ``value``.

    Args:
        frame: the rows
        colName: the array or map
        newCol: the column of an array's values
        outer: keep rows without values, with null
    """
    value = column(frame, colName)
    function = F.explode_outer if outer else F.explode
    kind: Any = frame.select(value).schema.fields[0].dataType
    if isinstance(kind, MapType):
        return frame.select("*", function(value))
    return added(frame, newCol, function(value))


def array_to_columns(
    frame: DataFrame,
    colName: str,  # noqa: N803
    colList: str | Sequence[str],  # noqa: N803
    indexes: str | None = None,
) -> DataFrame:
    """Array To Columns: elements as columns; the first is 1, and null where there is none."""
    value, targets = column(frame, colName), names(colList)
    at = [int(each) for each in names(indexes)] if indexes else list(range(1, len(targets) + 1))
    if len(at) < len(targets):
        raise ValueError(f"there are {len(at)} indexes for the columns {', '.join(targets)}")
    for target, index in zip(targets, at, strict=False):
        frame = added(frame, target, value.getItem(index - 1))
    return frame


def flatten(frame: DataFrame, maxLevels: int = 0, separator: str = ".") -> DataFrame:  # noqa: N803
    """Flatten: fields of structs as columns.

    Args:
        frame: the rows
        maxLevels: how deep; 0: all
        separator: between the names
    """
    level = 0
    while not maxLevels or level < int(maxLevels):
        fields = frame.schema.fields
        if not any(isinstance(field.dataType, StructType) for field in fields):
            break
        chosen: list[Column] = []
        for field in fields:
            own = quoted(field.name)
            if isinstance(field.dataType, StructType):
                inner = field.dataType.names
                chosen += [own.getField(n).alias(f"{field.name}{separator}{n}") for n in inner]
            else:
                chosen.append(own)
        frame = frame.select(*chosen)
        level += 1
    return frame


def parse_json(frame: DataFrame, colName: str) -> DataFrame:  # noqa: N803
    """Parse JSON Column: a text as what its JSON is."""
    context = SimpleNamespace(spark_session=frame.sparkSession)
    parsed: DataFrame = DynamicFrame.fromDF(frame, context, "json").unbox(colName, "json").toDF()
    return parsed


def extract_json(
    frame: DataFrame,
    colName: str,  # noqa: N803
    jsonPaths: str | Sequence[str],  # noqa: N803
    colList: str | Sequence[str] | None = None,  # noqa: N803
    dropCol: bool = False,  # noqa: N803
) -> DataFrame:
    """Extract JSON Path: values of a text in JSON, by JMESPath, as texts.

    Raises:
        UnsupportedApiError: a path that is more than names and indexes
        ValueError: there are not as many columns as paths
    """
    value, paths = column(frame, colName), names(jsonPaths)
    targets = names(colList) if colList else paths
    if len(targets) != len(paths):
        raise ValueError(f"there are {len(paths)} paths for the columns {', '.join(targets)}")
    for path, target in zip(paths, targets, strict=True):
        frame = added(frame, target, F.get_json_object(value, json_path(path)))
    return frame.drop(colName.strip("`")) if dropCol and colName not in targets else frame


def json_path(path: str) -> str:
    """A JMESPath of names and indexes as the path that Spark knows.

    Raises:
        UnsupportedApiError: another one
    """
    out, position = "$", 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise UnsupportedApiError(f"JMESPath {path!r} of gs_extract_json")
        out += f"[{step['at']}]" if step["at"] else f"['{step['name'] or step['text']}']"
        position = step.end()
    return out

"""Steps of data preparation recipes, in one script of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.glue.scripts import Client, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
from recipe_transforms import *

spark.conf.set("spark.sql.legacy.timeParserPolicy", "LEGACY")


def step(group, frame, **parameters):
    return group.apply(data_frame=frame, glue_context=glue, transformation_ctx="c", **parameters)


people = spark.createDataFrame(
    [(1, " O'Neil, A. - 7 ", "2022/09/01 00:20", "12"), (2, None, "2022-10-02", "x"),
     (3, "b  c", None, None)], "id int, Name string, at string, n string")
clean = lambda **flags: [r[0] for r in step(
    DataCleaning.RemoveCombined, people, source_column="name", **flags).select("Name").collect()]
found["special"] = clean(remove_special_chars=True)
found["value"] = clean(remove_custom_value=True, custom_value=" - 7")
found["several"] = clean(remove_numbers=True, remove_leading_trailing_whitespace=True)
found["letters"] = clean(remove_letters=True, remove_all_punctuation=True, remove_all_quotes=True)
found["custom"] = clean(remove_custom_chars=True, custom_chars="]b^-")
found["collapsed"] = clean(collapse_consecutive_whitespace=True)
parts = step(ColumnStructure.SplitColumnSingleDelimiter, people, source_column="at",
             pattern="\\\\s", limit=1, include_in_split=True)
found["split"] = [parts.columns, rows(parts.select("at_1", "at_2"))]
plain = step(ColumnStructure.SplitColumnSingleDelimiter, people, source_column="at",
             pattern="[-/]", limit="2")
found["plain"] = rows(plain.select("at_1", "at_2", "at_3"))
typed = step(Column.ChangeColumnDataType, parts, source_column="at_1", column_data_type="date",
             replace_type="REPLACE_WITH_NULL")
typed = step(Column.ChangeColumnDataType, typed, source_column="n", column_data_type="short")
found["types"] = [dict(typed.dtypes)["at_1"], dict(typed.dtypes)["n"],
                  [str(r["at_1"]) for r in typed.collect()], [r["n"] for r in typed.collect()]]
named = step(Column.RenameColumn, people, source_column="name", target_column="full name")
found["columns"] = step(Column.DeleteColumn, named, source_columns=["at", "N"]).columns
left = lambda **condition: [r["id"] for r in step(
    DataQuality.RemoveValues, people, condition_expressions=[condition]).collect()]
found["left"] = {
    "is": left(Condition="IS", Value='["12","y"]', TargetColumn="n"),
    "is_not": left(Condition="IS_NOT", Value="12", TargetColumn="n"),
    "contains": left(Condition="CONTAINS", Value="Neil", TargetColumn="Name"),
    "less": left(Condition="LESS_THAN", Value="3", TargetColumn="id"),
    "missing": left(Condition="IS_MISSING", TargetColumn="at"),
}
times = spark.sql("select timestamp'2024-01-31 10:00:00' a, timestamp'2024-03-01 09:59:59' b")
diff = lambda **given: step(DateTimeFunctions.DateDiff, times, target_column="d", **given).first().d
both = {"source_column1": "a", "source_column2": "b"}
found["diff"] = [diff(units=u, **both) for u in ("MINUTES", "DAYS", "MONTHS")]
found["back"] = diff(units="HOURS", source_column1="b", value2="2024-03-01 07:00:00")
found["refused"] = [
    raised(lambda: DataCleaning.FormatCase),
    raised(lambda: clean(remove_everything=True)),
    raised(lambda: left(Condition="IS_INVALID", TargetColumn="n")),
    raised(lambda: diff(units="EONS", **both)),
    raised(lambda: step(Column.RenameColumn, people, source_column="x", target_column="y")),
]
"""


@pytest.fixture(scope="module")
def found(emulator: str, aws: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bucket = unique("recipes")
    aws("s3").create_bucket(Bucket=bucket)
    workdir: Path = tmp_path_factory.mktemp("recipes")
    return run_script(SCRIPT, emulator, bucket, workdir)


def test_texts_are_cleaned(found: dict[str, Any]) -> None:
    assert found["special"] == [" ONeil A  7 ", None, "b  c"]
    assert found["value"] == [" O'Neil, A. ", None, "b  c"]
    assert found["several"] == ["O'Neil, A. -", None, "b  c"]
    assert found["letters"] == ["   - 7 ", None, "  "]
    assert found["custom"] == [" O'Neil, A.  7 ", None, "  c"]
    assert found["collapsed"] == [" O'Neil, A. - 7 ", None, "b c"]


def test_columns_are_split_converted_and_renamed(found: dict[str, Any]) -> None:
    columns, parts = found["split"]
    assert columns == ["id", "Name", "at", "n", "at_1", "at_2"]
    assert parts == [["2022-10-02", None], ["2022/09/01", " 00:20"], [None, None]]
    assert found["plain"] == [
        ["2022", "09", "01 00:20"], ["2022", "10", "02"], [None, None, None],
    ]  # fmt: skip
    assert found["types"] == ["date", "smallint", ["2022-09-01", "2022-10-02", "None"],
                              [12, None, None]]  # fmt: skip
    assert found["columns"] == ["id", "full name"]


def test_rows_are_left_out_by_conditions(found: dict[str, Any]) -> None:
    assert found["left"] == {
        "is": [2, 3], "is_not": [1, 3], "contains": [2, 3], "less": [3], "missing": [1, 2],
    }  # fmt: skip


def test_differences_of_moments(found: dict[str, Any]) -> None:
    assert found["diff"] == [43199, 29, 1]
    assert found["back"] == -2


def test_what_is_not_here_is_named(found: dict[str, Any]) -> None:
    step, parameter, condition, units, column = found["refused"]
    assert step[0] == parameter[0] == condition[0] == "UnsupportedApiError"
    assert step[1].startswith("recipe_transforms.DataCleaning.FormatCase is not available")
    assert "remove_everything" in parameter[1]
    assert "IS_INVALID" in condition[1]
    assert units[1].startswith("units 'EONS' is not one of MICROSECONDS")
    assert column[1] == "there is no column 'x'; there are id, Name, at, n"

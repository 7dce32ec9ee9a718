"""The table of what AWS documents and the classes that a script meets say the same."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.glue_check.sources import STREAM_TYPES
from lakestack.services.glue.job import COMMANDS
from lakestack.services.glue.runtime.awsglue import (
    connectors,
    jdbc,
    options,
    table_formats,
    transforms,
)
from lakestack.services.glue.runtime.awsglue.context import GlueContext
from lakestack.services.glue.runtime.awsglue.coverage import Effect, Entry
from lakestack.services.glue.runtime.awsglue.coverage.connections import (
    READ_FORMATS,
    SINKS,
    SOURCES,
    WRITE_FORMATS,
)
from lakestack.services.glue.runtime.awsglue.coverage.context import CLASSES
from lakestack.services.glue.runtime.awsglue.coverage.frames import BASE, TRANSFORMS
from lakestack.services.glue.runtime.awsglue.coverage.modules import JOBS
from lakestack.services.glue.runtime.awsglue.data_source import DataSource
from lakestack.services.glue.runtime.awsglue.dynamicframe import (
    DynamicFrame,
    DynamicFrameCollection,
)
from lakestack.services.glue.runtime.awsglue.errors import (
    UnsupportedApiError,
    UnsupportedAttributeError,
)
from lakestack.services.glue.runtime.awsglue.job import Job
from lakestack.services.glue.runtime.awsglue.readers import (
    STREAMS,
    DataFrameReader,
    DynamicFrameReader,
)
from lakestack.services.glue.runtime.awsglue.writers import (
    FILE_CONNECTIONS,
    DataFrameWriter,
    DataSink,
    DynamicFrameWriter,
)

PACKAGE = "lakestack.services.glue.runtime.awsglue"
REAL: dict[str, Any] = {
    each.aws_name: each
    for each in (
        DynamicFrame, DynamicFrameCollection, GlueContext, DynamicFrameReader, DataFrameReader,
        DynamicFrameWriter, DataFrameWriter, DataSource, DataSink, Job,
    )
}  # fmt: skip


def names(table: Any, *effects: Effect) -> set[str]:
    rows: dict[str, Entry] = dict(table)
    return {name for name, row in rows.items() if row.effect in effects}


def public(owner: type) -> set[str]:
    """What our classes define, and what they give their objects when they are made."""
    ours = [each for each in owner.__mro__ if each.__module__.startswith(PACKAGE)]
    found = {name for each in ours for name in vars(each)}
    for each in ours:
        code: Any = getattr(vars(each).get("__init__"), "__code__", None)
        found.update(code.co_names if code and each is GlueContext else ())
    return {name for name in found if not name.startswith("_")}


def test_every_class_has_a_table() -> None:
    assert REAL.keys() == CLASSES.keys()


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_applied_is_there(name: str) -> None:
    there = names(CLASSES[name], Effect.APPLIED, Effect.NONE)
    assert there <= public(REAL[name])


@pytest.mark.parametrize("name", CLASSES)
def test_nothing_public_is_missing_from_the_table(name: str) -> None:
    # The first is ours; the others are what GlueContext is made with, and not AWS's to document.
    others = {"aws_name", "SparkSession", "builder", "getOrCreate", "warnings"}
    others |= {"catch_warnings", "simplefilter", "FutureWarning", "DynamicFrameReader"}
    others |= {"DataFrameReader", "DynamicFrameWriter", "DataFrameWriter", "UnsupportedApiError"}
    assert public(REAL[name]) - others - {"super"} <= CLASSES[name].keys()


@pytest.mark.parametrize(
    ("owner", "name"),
    [(owner, name) for owner in CLASSES for name in sorted(names(CLASSES[owner], Effect.REFUSED))],
)
def test_what_is_refused_says_its_name_and_what_to_use(owner: str, name: str) -> None:
    made = object.__new__(REAL[owner])
    with pytest.raises(UnsupportedAttributeError) as caught:
        getattr(made, name)
    assert f"{owner}.{name}" in str(caught.value)
    assert CLASSES[owner][name].instead in str(caught.value)


def test_the_transforms_are_those_of_the_table() -> None:
    assert set(transforms.__all__) == names(TRANSFORMS, Effect.APPLIED)
    for name in transforms.__all__:
        made = getattr(transforms, name)
        assert made.describe()["transform"]["name"] == name
        assert all(hasattr(made, each) for each in BASE)
    for name in names(TRANSFORMS, Effect.REFUSED):
        with pytest.raises(UnsupportedApiError, match=f"awsglue.transforms.{name}"):
            getattr(transforms, name)


def test_formats_and_connection_types_are_those_of_the_table() -> None:
    at_paths = set(table_formats.AT_PATHS)
    read = {name.lower() for name in names(READ_FORMATS, Effect.APPLIED)}
    assert read == options.READERS.keys() | at_paths
    assert names(WRITE_FORMATS, Effect.APPLIED) == options.WRITERS.keys() | at_paths
    brought = {name for name, kind in connectors.KINDS.items() if kind != connectors.ATHENA}
    kinds = {*FILE_CONNECTIONS, *jdbc.CONNECTION_TYPES, *connectors.NATIVE, *brought, "dynamodb"}
    assert names(SOURCES, Effect.APPLIED) == kinds | STREAMS.keys()
    assert set(STREAM_TYPES) == STREAMS.keys()
    assert names(SINKS, Effect.APPLIED) == kinds


def test_the_types_of_jobs_are_those_of_the_table() -> None:
    assert set(COMMANDS) == names(JOBS, Effect.APPLIED)


def test_what_is_refused_says_what_to_use_instead() -> None:
    tables = (*CLASSES.values(), TRANSFORMS, SOURCES, SINKS, READ_FORMATS, WRITE_FORMATS, JOBS)
    rows = [row for table in tables for row in table.values() if row.effect is Effect.REFUSED]
    assert rows
    assert all(row.instead for row in rows)

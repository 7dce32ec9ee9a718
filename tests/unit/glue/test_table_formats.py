"""Open table formats without Spark: the parameter, the jars, and how a table is recognised."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakestack.errors import ArtifactError
from lakestack.java import artifacts
from lakestack.services.glue import job_arguments, table_formats
from lakestack.services.glue.runtime.awsglue import other_catalogs
from lakestack.services.glue.runtime.awsglue.catalog import describe, table_format
from lakestack.services.glue.runtime.awsglue.errors import CatalogError
from lakestack.services.glue.runtime.awsglue.hudi_sync import Sync, partition_values
from lakestack.services.glue.table_formats import FormatError

SYNC = "hoodie.datasource.hive_sync."
Note = Callable[[str], None]


@pytest.mark.parametrize(
    ("value", "formats"),
    [
        (None, ()),
        ("", ()),
        ("iceberg", ("iceberg",)),
        ("Delta, hudi,delta", ("delta", "hudi")),
    ],
)
def test_the_formats_that_a_job_asks_for(value: str | None, formats: tuple[str, ...]) -> None:
    assert table_formats.asked(value) == formats
    assert job_arguments.special({"--datalake-formats": value or ""}).formats == formats


@pytest.mark.parametrize("value", ["icebreg", "delta;hudi", "iceberg,parquet"])
def test_another_format_is_refused_with_the_valid_ones(value: str) -> None:
    with pytest.raises(FormatError, match="is not valid; valid values: delta, hudi, iceberg"):
        job_arguments.special({"--datalake-formats": value})


def test_each_format_has_pinned_jars_for_this_spark() -> None:
    import pyspark

    line = ".".join(pyspark.__version__.split(".")[:2])
    for name in table_formats.FORMATS:
        jars = [file.name for file in artifacts.files(f"table-{name}")]
        assert any("_2.12-" in jar for jar in jars)
        assert all(line in jar for jar in jars if "spark3" in jar or "runtime" in jar)
        assert f"table-{name}" not in artifacts.sets()  # set-up does not fetch it


def test_a_job_without_the_parameter_gets_nothing(tmp_path: Path) -> None:
    assert table_formats.bring((), tmp_path, print) == table_formats.Brought()
    assert not list(tmp_path.iterdir())


def test_the_python_modules_of_delta_lake_come_with_its_jar(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jar = tmp_path / "delta.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("delta/tables.py", "MADE = 1")
        archive.writestr("delta/connect/x.py", "")
        archive.writestr("delta/../../evil.py", "")
        archive.writestr("io/delta/A.class", "")
    monkeypatch.setattr(artifacts, "fetched", lambda _name, _note: [jar])
    brought = table_formats.bring(("delta", "hudi"), tmp_path, print)
    (folder,) = brought.python
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {"delta/tables.py", "delta/connect/x.py"}
    variables = dict(brought.variables)
    assert variables["LAKE_TABLE_FORMATS"] == "delta,hudi"
    defaults = Path(variables["HUDI_CONF_DIR"], "hudi-defaults.conf").read_text()
    assert "timeline.server=false" in defaults


def test_jars_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(_name: str, _note: Note) -> list[Path]:
        raise ArtifactError("no network")

    monkeypatch.setattr(artifacts, "fetched", fail)
    with pytest.raises(ArtifactError, match=r"--datalake-formats iceberg.*no network") as error:
        table_formats.bring(("iceberg",), tmp_path, print)
    assert "--extra-jars" in str(error.value.hint)


@pytest.mark.parametrize(
    ("parameters", "input_format", "found"),
    [
        ({"table_type": "ICEBERG", "metadata_location": "s3://b/m.json"}, "", "iceberg"),
        ({"spark.sql.sources.provider": "delta"}, "", "delta"),
        ({"classification": "delta"}, "", "delta"),
        ({"spark.sql.sources.provider": "hudi"}, "", "hudi"),
        ({}, "org.apache.hudi.hadoop.HoodieParquetInputFormat", "hudi"),
        ({"spark.sql.sources.provider": "parquet", "table_type": "x"}, "", ""),
    ],
)
def test_the_format_of_a_table(parameters: dict[str, str], input_format: str, found: str) -> None:
    storage = {"InputFormat": input_format, "Location": "s3://b/t"}
    table = {"Name": "t", "Parameters": parameters, "StorageDescriptor": storage}
    assert table_format(table) == found
    if found:
        assert describe("d", table).classification == found


def test_what_a_write_of_hudi_asks_to_be_synchronized() -> None:
    assert Sync.of({"hoodie.table.name": "t"}) is None
    assert Sync.of({SYNC + "enable": "false", "hoodie.table.name": "t"}) is None
    asked: dict[str, Any] = {
        SYNC + "enable": "true",
        "hoodie.table.name": "Trips",
        "hoodie.datasource.write.partitionpath.field": "day:SIMPLE,kind",
    }
    assert Sync.of(asked) == Sync("default", "trips", ("day", "kind"))
    more = {SYNC + "database": "D", SYNC + "table": "T", SYNC + "partition_fields": ""}
    assert Sync.of({**asked, **more}) == Sync("d", "t", ())
    with pytest.raises(ValueError, match=r"hoodie\.table\.name"):
        Sync.of({SYNC + "enable": "true"})


@pytest.mark.parametrize(
    ("more", "views"),
    [
        ({}, {"t_ro": False, "t_rt": True, "t": True}),
        ({"table.strategy": "RO"}, {"t": False}),
        ({"table.strategy": "rt"}, {"t": True}),
        ({"skip_ro_suffix": "true"}, {"t": False, "t_rt": True}),
    ],
)
def test_the_views_of_a_table_that_is_merged_when_it_is_read(
    more: dict[str, str], views: dict[str, bool]
) -> None:
    asked = {SYNC + "enable": "true", "hoodie.table.name": "t"}
    one = Sync.of({**asked, **{SYNC + name: value for name, value in more.items()}})
    assert one is not None and one.views() == {"t": True}
    asked["hoodie.datasource.write.table.type"] = "merge_on_read"
    two = Sync.of({**asked, **{SYNC + name: value for name, value in more.items()}})
    assert two is not None and two.views() == views


def test_the_values_of_a_partition_of_hudi() -> None:
    assert partition_values("a/b", ["x", "y"]) == ("a", "b")
    assert partition_values("x=a/y=b", ["x", "y"]) == ("a", "b")
    assert partition_values("2026/11/28", ["day"]) == ("2026-11-28",)
    with pytest.raises(CatalogError, match="has no value for each of x"):
        partition_values("a/b", ["x"])


class _Session:
    """What `other_catalogs` asks of a session of Spark."""

    def __init__(self, current: str) -> None:
        self._current = current

    def __getattr__(self, _name: str) -> Any:
        return self

    def __call__(self) -> Any:
        return self

    def isCatalogRegistered(self, name: str) -> bool:  # noqa: N802 - Spark's name
        return name in {"glue_catalog", "spark_catalog"}

    def name(self) -> str:
        return self._current


@pytest.mark.parametrize(
    ("parts", "current", "elsewhere"),
    [
        (["d", "t"], "spark_catalog", False),
        (["t"], "spark_catalog", False),
        (["glue_catalog", "d", "t"], "spark_catalog", True),
        (["glue_catalog", "d"], "spark_catalog", True),
        (["spark_catalog", "d", "t"], "glue_catalog", False),
        (["d", "t"], "glue_catalog", True),
        (["delta", "s3://b/t"], "spark_catalog", True),
    ],
)
def test_names_of_other_catalogs(parts: list[str], current: str, elsewhere: bool) -> None:
    session: Any = _Session(current)
    assert other_catalogs.is_elsewhere(session, parts) is elsewhere
    assert not other_catalogs.are_elsewhere(session, [])

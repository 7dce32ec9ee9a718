"""JDBC without a database: URLs, the SQL that is asked, and which drivers a job gets."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from lakestack.errors import ArtifactError
from lakestack.java import artifacts
from lakestack.services.glue.runtime.awsglue import catalog_connection, jdbc, jdbc_source
from lakestack.services.glue.runtime.awsglue.errors import CatalogError, UnsupportedApiError
from lakestack.services.glue.spark import database_drivers


@pytest.mark.parametrize(
    ("url", "other", "host"),
    [
        ("jdbc:postgresql://h:5432/a", "jdbc:postgresql://h:5432/b", "jdbc:postgresql://h:5432"),
        ("jdbc:mysql://h:3306/a?useSSL=false", "jdbc:mysql://h:3306/b?useSSL=false", ""),
        ("jdbc:mysql://h:3306", "jdbc:mysql://h:3306/b", ""),
        (
            "jdbc:sqlserver://h:1433;databaseName=a;encrypt=false",
            "jdbc:sqlserver://h:1433;databaseName=b;encrypt=false",
            "jdbc:sqlserver://h:1433",
        ),
        ("jdbc:oracle:thin://@h:1521/a", "jdbc:oracle:thin://@h:1521/b", ""),
        ("jdbc:redshift://h:5439/a", "jdbc:redshift://h:5439/b", ""),
    ],
)
def test_urls(url: str, other: str, host: str) -> None:
    assert jdbc.with_database(url, "b") == other
    conf = jdbc.extract_conf({"JDBC_CONNECTION_URL": url, "USERNAME": "u"})
    assert (conf["fullUrl"], conf["vendor"]) == (url, url.split(":")[1])
    assert not host or conf["url"] == host


def test_a_connection_with_enforced_ssl() -> None:
    properties = {
        "JDBC_CONNECTION_URL": "jdbc:redshift://h:5439/a",
        "JDBC_ENFORCE_SSL": "true",
        "USERNAME": "u",
        "PASSWORD": "secret",
    }
    found = jdbc.of_connection(properties, "b")
    assert (found.vendor, found.url) == ("redshift", "jdbc:postgresql://h:5439/b")
    assert found.properties["sslmode"] == "require"
    assert "secret" not in repr(found)
    oracle = {**properties, "JDBC_CONNECTION_URL": "jdbc:oracle:thin://@h:1521/a"}
    with pytest.raises(UnsupportedApiError, match="JDBC_ENFORCE_SSL of oracle"):
        jdbc.of_connection(oracle)
    plain = jdbc.of_connection({**oracle, "JDBC_ENFORCE_SSL": "false"})
    assert plain.url == "jdbc:oracle:thin:@//h:1521/a"


def test_a_driver_of_the_scripts_own() -> None:
    given = {
        "url": "jdbc:redshift://h:5439/a",
        "customjdbcdrivers3path": "s3://b/own.jar",
        "customjdbcdriverclassname": "com.own.Driver",
    }
    found = jdbc.target("redshift", given)
    assert (found.jar, found.url) == ("s3://b/own.jar", given["url"])
    assert found.properties["driver"] == "com.own.Driver"
    properties = {
        "JDBC_CONNECTION_URL": "jdbc:mysql://h:3306/a",
        "JDBC_DRIVER_JAR_URI": "s3://b/other.jar",
        "JDBC_DRIVER_CLASS_NAME": "com.mysql.jdbc.Driver",
    }
    of_connection = jdbc.of_connection(properties, "b")
    assert of_connection.jar == "s3://b/other.jar"
    assert of_connection.properties["driver"] == "com.mysql.jdbc.Driver"
    assert jdbc.target("mysql", {"url": "jdbc:mysql://h/a"}).jar == ""


@pytest.mark.parametrize("url", ["http://h", "jdbc", "jdbc:postgresql"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ValueError, match="is no JDBC URL"):
        jdbc.target("postgresql", {"url": url})


def test_without_url_and_connection() -> None:
    with pytest.raises(ValueError, match='needs the options "url"'):
        jdbc.target("mysql", {"dbtable": "t"})
    with pytest.raises(UnsupportedApiError, match="db2"):
        jdbc.target("mysql", {"url": "jdbc:db2://h:1/x"})


def test_no_driver_holds_a_whole_result() -> None:
    spark = Mock()
    found = jdbc.target("mysql", {"url": "jdbc:mysql://h/a", "user": "u"})
    jdbc_source.read(spark, found, {"dbtable": "t"}, "")
    parts = {"dbtable": "t", "hashfield": "id"}
    jdbc_source.read(spark, found, parts, "")
    for call in spark.read.jdbc.call_args_list:
        assert call.kwargs["properties"]["fetchsize"] == "1000"
        assert call.kwargs["properties"]["user"] == "u"
    assert len(spark.read.jdbc.call_args_list) == 2


@pytest.mark.parametrize("vendor", sorted(jdbc.VENDORS))
def test_each_row_is_in_one_part(vendor: str) -> None:
    found = jdbc.Target(vendor, "jdbc:…", {})
    parts = jdbc_source.partitions(found, {"hashexpression": "id", "hashpartitions": "3"})
    assert len(parts) == 3
    assert "(id) is null" in parts[0]
    assert len(jdbc_source.partitions(found, {"hashfield": "name"})) == 7
    assert jdbc_source.partitions(found, {}) == []
    for bad in ("0", "-1", "many"):
        with pytest.raises(ValueError, match="hashpartitions"):
            jdbc_source.partitions(found, {"hashfield": "name", "hashpartitions": bad})


def test_a_job_gets_the_drivers_that_it_names(tmp_path: Path) -> None:
    script, modules = tmp_path / "job.py", tmp_path / "modules.zip"
    script.write_text("glue.create_dynamic_frame.from_options('redshift', {})")
    with zipfile.ZipFile(modules, "w") as archive:
        archive.writestr("a/b.py", "URL = 'jdbc:sqlserver://h'")
        archive.writestr("a/b.txt", "mysql")
    found = database_drivers.engines([script, modules, tmp_path], ["--url", "jdbc:oracle:thin:@h"])
    assert found == ["jdbc-postgresql", "jdbc-sqlserver", "jdbc-oracle"]
    script.write_text("read(connection_type='documentdb')")
    assert database_drivers.engines([script], []) == ["connector-mongodb"]
    script.write_text("print('an oracle of Delphi')")
    assert database_drivers.engines([script], []) == []


def test_a_driver_that_cannot_be_fetched_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str, _notice: Any) -> list[Path]:
        raise ArtifactError("no network", "try later")

    monkeypatch.setattr(artifacts, "fetched", fail)
    notes: list[str] = []
    assert database_drivers.jars(["jdbc-mysql"], notes.append) == []
    assert "no network" in notes[0]
    assert "--extra-jars" in notes[0]


def test_a_connection_of_another_type(monkeypatch: pytest.MonkeyPatch) -> None:
    class Glue:
        class exceptions:  # noqa: N801 - boto3's name
            class EntityNotFoundException(Exception):  # noqa: N818
                pass

        def get_connection(self, **_request: Any) -> dict[str, Any]:
            return {"Connection": {"ConnectionType": "KAFKA", "ConnectionProperties": {}}}

    monkeypatch.setattr(catalog_connection, "client", lambda _service: Glue())
    with pytest.raises(CatalogError, match="type KAFKA, not a JDBC"):
        jdbc.connection("c")

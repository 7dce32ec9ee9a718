"""Crawlers of a real PostgreSQL and a real MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.glue.helpers import Lake
from tests.integration.glue.databases import PASSWORD, USER, Database, driver, mariadb, postgresql
from tests.integration.glue.scripts import Client
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

POSTGRESQL = """
create schema shop; create schema other;
create table shop.films ("Id" bigint primary key, title varchar(50), price numeric(10,2),
    free numeric, seen timestamptz, day date, ok boolean, data bytea, tags text[],
    score real, weight float8, n smallint, doc jsonb);
create view shop.seen as select title from shop.films;
create table shop.tmp_films (a int); create table other.films (a int);
"""
MARIADB = """use lake;
create table films (id bigint, title varchar(50), ok tinyint(1), price decimal(8,3),
    at datetime, note text, size double);
create table skipped (a int);
"""


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[str, Database]]:
    with postgresql() as one, mariadb() as two:
        one.sql(POSTGRESQL)
        two.sql(MARIADB)
        yield {"postgresql": one, "mysql": two}


@pytest.fixture(scope="module")
def lake(aws: Client) -> Lake:
    return Lake(aws, unique("crawled"))


def connection(lake: Lake, url: str, password: str = PASSWORD) -> str:
    name = unique("connection")
    properties = {"JDBC_CONNECTION_URL": url, "USERNAME": USER, "PASSWORD": password}
    lake.glue.create_connection(
        ConnectionInput={
            "Name": name, "ConnectionType": "JDBC", "ConnectionProperties": properties,
        }
    )  # fmt: skip
    return name


def crawl(lake: Lake, name: str, path: str, *exclusions: str, **more: Any) -> str:
    target = {"ConnectionName": name, "Path": path, "Exclusions": list(exclusions)}
    return lake.crawler(Targets={"JdbcTargets": [target]}, **more)


def shape(table: dict[str, Any]) -> dict[str, str]:
    return {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}


def test_tables_of_postgresql_and_what_becomes_of_them(
    databases: dict[str, Database], lake: Lake
) -> None:
    driver("jdbc-postgresql")
    name = connection(lake, databases["postgresql"].url)
    crawler = crawl(lake, name, "postgres/shop/%", "tmp_*", TablePrefix="pg_")
    assert lake.run(crawler)["LastCrawl"]["Status"] == "SUCCEEDED"
    found = {n: t for n, t in lake.tables().items() if n.startswith("pg_")}
    assert sorted(found) == ["pg_postgres_shop_films", "pg_postgres_shop_seen"]
    films = found["pg_postgres_shop_films"]
    assert films["StorageDescriptor"]["Location"] == "postgres.shop.films"
    assert shape(films) == {
        "id": "bigint", "title": "string", "price": "decimal(10,2)", "free": "decimal(38,18)",
        "seen": "timestamp", "day": "date", "ok": "boolean", "data": "binary", "tags": "string",
        "score": "float", "weight": "double", "n": "smallint", "doc": "string",
    }  # fmt: skip
    parameters = films["Parameters"]
    assert (parameters["classification"], parameters["connectionName"]) == ("postgresql", name)
    kinds = [found[n]["Parameters"]["typeOfData"] for n in sorted(found)]
    assert kinds == ["table", "view"]

    databases["postgresql"].sql("drop view shop.seen; alter table shop.films add more int;")
    lake.run(crawler)
    assert shape(lake.tables()["pg_postgres_shop_films"])["more"] == "int"
    assert "DEPRECATED_BY_CRAWLER" in lake.tables()["pg_postgres_shop_seen"]["Parameters"]


def test_tables_of_mysql(databases: dict[str, Database], lake: Lake) -> None:
    driver("jdbc-mysql")
    name = connection(lake, databases["mysql"].url)
    lake.run(crawl(lake, name, "lake/%", "skipped"))
    [found] = [t for n, t in lake.tables().items() if n.startswith("lake_")]
    assert (found["Name"], found["StorageDescriptor"]["Location"]) == ("lake_films", "lake.films")
    assert shape(found) == {
        "id": "bigint", "title": "string", "ok": "boolean", "price": "decimal(8,3)",
        "at": "timestamp", "note": "string", "size": "double",
    }  # fmt: skip


def test_a_crawl_that_cannot_read_says_why(databases: dict[str, Database], lake: Lake) -> None:
    driver("jdbc-postgresql")
    url = databases["postgresql"].url

    def failed(name: str, path: str = "postgres/shop/%") -> str:
        last = lake.run(crawl(lake, name, path))["LastCrawl"]
        assert last["Status"] == "FAILED"
        return str(last["ErrorMessage"])

    refused = failed(connection(lake, url, "wrong"))
    assert refused.startswith("Check that your connection definition references")
    assert "password authentication failed" in refused
    assert "connection nowhere is not in the Data Catalog" in failed("nowhere")
    assert "expected MyDatabase/MySchema/%" in failed(connection(lake, url), "a/b/c/d")

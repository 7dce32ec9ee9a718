"""JDBC sources and sinks of awsglue against a real PostgreSQL and a real MariaDB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.glue.databases import PASSWORD, USER, Database, driver, mariadb, postgresql
from tests.integration.glue.jobs import Jobs
from tests.integration.glue.scripts import Client, run_script
from tests.support import free_port, unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

TABLES = """
create table movies (id int primary key, title varchar(50), seen timestamp);
insert into movies values (1, 'Toy Story', '2026-11-27 10:00:00'), (2, 'Heat', null),
    (3, null, '2026-11-28 00:00:00'), (4, 'It''s', null), (5, 'Sabrina', null);
create table events (day int, nr int, note varchar(20));
insert into events values (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c');
"""

# For each kind of database the same; it is the last part of one script.
SCRIPT = """
from awsglue import bookmark
import os

def of(kind, url, connection):
    login = {"url": url, "user": "lake", "password": password}
    def read(**more):
        return glue.create_dynamic_frame.from_options(kind, {**login, **more})
    seen = {}
    seen["all"] = rows(read(dbtable="movies").drop_fields(["seen"]))
    seen["types"] = [f.dataType.simpleString() for f in read(dbtable="movies").toDF().schema]
    seen["any"] = glue.create_dynamic_frame.from_options(
        "jdbc", {**login, "dbtable": "movies", "driver": "named.in.Vain"}).count()
    seen["query"] = rows(read(dbtable="(select id from movies where id > 3) as q"))
    for option in ({"hashfield": "title"}, {"hashexpression": "id", "hashpartitions": "3"}):
        parted = read(dbtable="movies", **option).toDF()
        seen[next(iter(option))] = [parted.rdd.getNumPartitions(), parted.count()]
    seen["sample"] = rows(read(sampleQuery="select id from movies where id = 2"))
    seen["samples"] = rows(read(
        sampleQuery="select id from movies where id < 4 and", hashexpression="id",
        enablePartitioningForSampleQuery=True, hashpartitions=2))
    by_name = {"useConnectionProperties": "true", "connectionName": connection}
    seen["connection"] = glue.create_dynamic_frame.from_options(
        kind, {**by_name, "dbtable": "movies"}).count()
    seen["spark"] = spark.read.jdbc(
        url, "movies", properties={"user": "lake", "password": password}).count()
    seen["format"] = spark.read.format("jdbc").options(
        url=url, dbtable="movies", user="lake", password=password).load().count()
    added = spark.createDataFrame([("New", 6)], "title string, id int")
    new = DynamicFrame.fromDF(added, glue, "n")
    glue.write_dynamic_frame.from_options(new, connection_type="jdbc", connection_options={
        **by_name, "dbtable": "movies"})
    glue.write_dynamic_frame.from_jdbc_conf(
        frame=new, catalog_connection=connection,
        connection_options={"dbtable": "made", "database": url.rpartition("/")[2]})
    seen["made"] = rows(read(dbtable="made"))
    conf = glue.extract_jdbc_conf(connection)
    wanted = ("vendor", "user", "password", "url", "fullUrl", "enforceSSL")
    seen["conf"] = {key: conf[key] for key in wanted}
    seen["table"] = rows(glue.create_dynamic_frame.from_catalog(bucket, f"events_{kind}"))

    last = spark.createDataFrame([(0, 0, "by the catalog")], "day int, nr int, note string")
    glue.write_dynamic_frame.from_catalog(
        DynamicFrame.fromDF(last, glue, "l"), bucket, f"events_{kind}")

    def incremental():
        os.environ["LAKE_JOB_BOOKMARK"] = state
        kept = bookmark.begin()
        options = {**login, "dbtable": "events", "jobBookmarkKeys": ["day", "nr"]}
        frame = glue.create_dynamic_frame.from_options(
            kind, options, transformation_ctx=kind)
        found = rows(frame)
        kept.commit()
        del os.environ["LAKE_JOB_BOOKMARK"]
        return found

    state = os.path.join(os.environ["HOME"], f"{kind}.json")
    with open(state, "w") as file:
        json.dump({"states": {}}, file)
    seen["first"], seen["again"] = incremental(), incremental()
    late = [(2, 2, "d"), (0, 9, "old"), (3, 0, "e")]
    more = spark.createDataFrame(late, "day int, nr int, note string")
    glue.write_dynamic_frame.from_options(
        DynamicFrame.fromDF(more, glue, "m"), kind, {**login, "dbtable": "events"})
    seen["later"] = incremental()
    bookmark._current.clear()

    seen["refused"] = raised(lambda: read(dbtable="movies", password="wrong"))
    port = url.split(":")[3].split("/")[0]
    seen["down"] = raised(lambda: read(dbtable="movies", url=url.replace(port, closed)))
    seen["no table"] = raised(lambda: read(dbtable="nowhere"))
    return seen

for kind, (url, connection) in databases.items():
    found[kind] = of(kind, url, connection)
community = "io.github.spark_redshift_community.spark.redshift"
redshift = {
    "url": databases["postgresql"][0].replace(":postgresql:", ":redshift:"), "user": "lake",
    "password": password, "tempdir": "s3://nowhere/", "aws_iam_role": "arn:aws:iam::0:role/r",
}
spark.createDataFrame([(1, "one")], "id int, name string").write.format(community).options(
    **redshift, dbtable="by_redshift", postactions="insert into log values (2)",
    preactions="create table log (n int); insert into log values (1)").mode("error").save()
found["by redshift"] = [
    rows(spark.read.format(community).options(
        **redshift, query="select name from by_redshift").load()),
    rows(spark.read.format("jdbc").options(
        **redshift, dbtable="log", driver="com.amazon.redshift.jdbc42.Driver").load()),
    spark.read.jdbc(redshift["url"], "log", properties={
        "user": "lake", "password": password, "driver": "com.amazon.redshift.jdbc.Driver"}).count(),
    spark.read.format("jdbc").options(url=databases["postgresql"][0], dbtable="log", user="lake",
                                      password=password).load().count(),
]
found["no driver"] = raised(lambda: glue.create_dynamic_frame.from_options(
    "oracle", {"url": f"jdbc:oracle:thin://@127.0.0.1:{closed}/x", "dbtable": "t"}))
found["no connection"] = raised(lambda: glue.extract_jdbc_conf("none"))
"""


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[str, Database]]:
    with postgresql() as one, mariadb() as two:
        found = {"postgresql": one, "mysql": two}
        for kind, database in found.items():
            use = "use lake;" if kind == "mysql" else ""
            database.sql(use + TABLES)
        yield found


def _connection(aws: Client, url: str, **properties: str) -> str:
    name = unique("connection")
    aws("glue").create_connection(
        ConnectionInput={
            "Name": name,
            "ConnectionType": "JDBC",
            "ConnectionProperties": {"JDBC_CONNECTION_URL": url, **properties},
        }
    )
    return name


@pytest.fixture(scope="module")
def found(
    databases: dict[str, Database],
    emulator: str,
    aws: Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    bucket = unique("jdbc")
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": bucket})
    places = {}
    for kind, database in databases.items():
        secret = unique("secret")
        login = json.dumps({"username": USER, "password": PASSWORD})
        aws("secretsmanager").create_secret(Name=secret, SecretString=login)
        name = _connection(aws, database.url, SECRET_ID=secret)
        places[kind] = (database.url, name)
        schema = "postgres.public.events" if kind == "postgresql" else "lake.events"
        glue.create_table(
            DatabaseName=bucket,
            TableInput={
                "Name": f"events_{kind}",
                "Parameters": {"classification": kind, "connectionName": name},
                "StorageDescriptor": {"Location": schema, "Columns": []},
            },
        )
    begin = f"databases = {places!r}\npassword = {PASSWORD!r}\nclosed = '{free_port()}'\n"
    drivers = [*driver("jdbc-postgresql"), *driver("jdbc-mysql")]
    workdir: Path = tmp_path_factory.mktemp("jdbc")
    return run_script(begin + SCRIPT, emulator, bucket, workdir, drivers=drivers)


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_tables_are_read_and_written(
    found: dict[str, Any], databases: dict[str, Database], kind: str
) -> None:
    seen = found[kind]
    titles = [[1, "Toy Story"], [2, "Heat"], [3, None], [4, "It's"], [5, "Sabrina"]]
    assert seen["all"] == titles
    assert seen["types"] == ["int", "string", "timestamp"]
    assert (seen["any"], seen["query"]) == (5, [[4], [5]])
    assert (seen["hashfield"], seen["hashexpression"]) == ([7, 5], [3, 5])
    assert (seen["sample"], seen["samples"]) == ([[2]], [[1], [2], [3]])
    assert (seen["connection"], seen["spark"], seen["format"]) == (5, 5, 5)
    assert seen["made"] == [["New", 6]]
    schema = "lake" if kind == "mysql" else "public"
    question = f"select title from {schema}.movies where id = 6"  # noqa: S608 - names of this test
    assert databases[kind].sql(question) == "New"
    url = databases[kind].url
    assert seen["conf"] == {
        "vendor": kind,
        "user": USER,
        "password": PASSWORD,
        "url": url.rpartition("/")[0],
        "fullUrl": url,
        "enforceSSL": "false",
    }
    assert seen["table"] == [[1, 1, "a"], [1, 2, "b"], [2, 1, "c"]]


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_bookmark_reads_what_comes_after_the_last_keys(found: dict[str, Any], kind: str) -> None:
    seen = found[kind]
    written = [0, 0, "by the catalog"]  # by write_dynamic_frame.from_catalog
    assert seen["first"] == [written, [1, 1, "a"], [1, 2, "b"], [2, 1, "c"]]
    assert seen["again"] == []
    assert seen["later"] == [[2, 2, "d"], [3, 0, "e"]]


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_errors_say_what_is_wrong(found: dict[str, Any], kind: str) -> None:
    seen = found[kind]
    refused, down, table = seen["refused"], seen["down"], seen["no table"]
    assert {refused[0], down[0], table[0]} == {"SourceError"}
    assert "password" in refused[1].lower()
    assert "reading movies at jdbc:" in down[1]
    assert "refused" in down[1].lower()
    assert "nowhere" in table[1]
    assert PASSWORD not in json.dumps([refused, down, table])
    assert "oracle.jdbc.OracleDriver is not on the class path" in found["no driver"][1]
    assert found["no connection"][0] == "CatalogError"


def test_a_job_gets_the_driver_that_its_connection_needs(
    databases: dict[str, Database], jobs: Jobs, aws: Client
) -> None:
    """The script names no kind of database: the connection does."""
    driver("jdbc-postgresql")
    name = _connection(aws, databases["postgresql"].url, USERNAME=USER, PASSWORD=PASSWORD)
    job = jobs.create(
        """
        import sys
        from awsglue.context import GlueContext
        from awsglue.utils import getResolvedOptions
        from pyspark.context import SparkContext
        glue = GlueContext(SparkContext())
        name = getResolvedOptions(sys.argv, ["connection"])["connection"]
        conf = glue.extract_jdbc_conf(name)
        frame = glue.spark_session.read.jdbc(conf["fullUrl"], "movies", properties={
            "user": conf["user"], "password": conf["password"]})
        print("sum of ids", frame.where("id < 6").groupBy().sum("id").collect()[0][0])
        """,
        "glueetl",
        DefaultArguments={"--connection": name},
        WorkerType="G.1X",
        NumberOfWorkers=2,
    )
    run = jobs.start(job)
    jobs.wait(job, run, "SUCCEEDED")
    assert "sum of ids 15" in jobs.log(run)
    aws("glue").delete_connection(ConnectionName=name)


def test_sparks_own_source_of_redshift(found: dict[str, Any]) -> None:
    assert found["by redshift"] == [[["one"]], [[1], [2]], 2, 2]


OWN = """
login = {"url": url, "user": "lake", "password": password, "dbtable": "movies"}
own = {"customJdbcDriverS3Path": f"s3://{bucket}/drivers/mysql.jar",
       "customJdbcDriverClassName": "com.mysql.cj.jdbc.Driver"}
found["without"] = raised(lambda: glue.create_dynamic_frame.from_options("mysql", login))
read = glue.create_dynamic_frame.from_options("mysql", {**login, **own, "hashexpression": "id"})
found["read"] = read.filter(lambda row: row["id"] < 6).count()
glue.write_from_options(
    frame_or_dfc=read, connection_type="mysql", connection_options={**login, **own, "dbtable": "o"})
found["written"] = glue.create_dynamic_frame.from_options(
    "mysql", {"connectionName": connection, "useConnectionProperties": "true",
              "query": "select id from o where id < 4"}).count()
found["no jar"] = raised(lambda: glue.create_dynamic_frame.from_options(
    "mysql", {**login, **own, "customJdbcDriverS3Path": f"s3://{bucket}/none.jar"}))
"""


def test_a_driver_that_the_script_names(
    databases: dict[str, Database], emulator: str, aws: Client, tmp_path: Path
) -> None:
    bucket, url = unique("own-driver"), databases["mysql"].url
    [jar] = driver("jdbc-mysql")
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").upload_file(str(jar), bucket, "drivers/mysql.jar")
    name = _connection(
        aws, url, USERNAME=USER, PASSWORD=PASSWORD,
        JDBC_DRIVER_JAR_URI=f"s3://{bucket}/drivers/mysql.jar",
        JDBC_DRIVER_CLASS_NAME="com.mysql.cj.jdbc.Driver",
    )  # fmt: skip
    begin = f"url = {url!r}\npassword = {PASSWORD!r}\nconnection = {name!r}\n"
    found = run_script(begin + OWN, emulator, bucket, tmp_path)
    assert "bring it by --extra-jars or customJdbcDriverS3Path" in found["without"][1]
    assert (found["read"], found["written"]) == (5, 3)
    assert found["no jar"][0] == "SourceError" and "none.jar" in found["no jar"][1]

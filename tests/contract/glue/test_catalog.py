"""Databases, tables and partitions as AWS keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import ROLE, Aws
from tests.support import unique

KEYS = [{"Name": "day", "Type": "int"}, {"Name": "kind", "Type": "string"}]


@pytest.fixture
def database(aws: Aws) -> str:
    name = unique("db")
    aws("glue").create_database(DatabaseInput={"Name": name})
    return name


@pytest.fixture
def table(aws: Aws, database: str) -> str:
    """A table partitioned by day and kind, with days 1 to 5 of kind a."""
    glue = aws("glue")
    glue.create_table(
        DatabaseName=database,
        TableInput={"Name": "events", "PartitionKeys": KEYS, "StorageDescriptor": {"Columns": []}},
    )
    answer = glue.batch_create_partition(
        DatabaseName=database,
        TableName="events",
        PartitionInputList=[{"Values": [str(day), "a"]} for day in range(1, 6)],
    )
    assert not answer.get("Errors")
    return "events"


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_names_are_folded_to_lower_case(aws: Aws) -> None:
    glue, name = aws("glue"), unique("MixedCase")
    glue.create_database(DatabaseInput={"Name": name})
    assert glue.get_database(Name=name.upper())["Database"]["Name"] == name.lower()
    glue.create_table(DatabaseName=name, TableInput={"Name": "Movies_T"})
    assert glue.get_table(DatabaseName=name, Name="MOVIES_T")["Table"]["Name"] == "movies_t"
    with pytest.raises(ClientError) as error:
        glue.create_table(DatabaseName=name, TableInput={"Name": "movies_T"})
    assert _code(error) == "AlreadyExistsException"
    glue.delete_database(Name=name)


def test_every_operation_folds_names(aws: Aws, database: str, table: str) -> None:
    glue = aws("glue")
    where = {"DatabaseName": database.upper(), "TableName": table.upper()}
    entry = {"Values": ["1", "a"]}
    found = glue.batch_get_partition(**where, PartitionsToGet=[entry])
    assert len(found["Partitions"]) == 1
    update = {
        "PartitionValueList": ["1", "a"],
        "PartitionInput": {**entry, "Parameters": {"x": "y"}},
    }
    assert not glue.batch_update_partition(**where, Entries=[update]).get("Errors")
    assert glue.get_partition(**where, PartitionValues=["1", "a"])["Partition"]["Parameters"]
    assert not glue.batch_delete_partition(**where, PartitionsToDelete=[entry]).get("Errors")
    glue.update_table(
        DatabaseName=where["DatabaseName"], TableInput={"Name": where["TableName"], "Owner": "me"}
    )
    versions = glue.get_table_versions(**where)["TableVersions"]
    newest, oldest = (version["VersionId"] for version in versions)
    assert int(newest) > int(oldest)
    latest = glue.get_table_version(**where)["TableVersion"]
    assert (latest["VersionId"], latest["Table"]["Owner"]) == (newest, "me")
    glue.delete_table_version(**where, VersionId=oldest)
    with pytest.raises(ClientError) as error:
        glue.delete_table_version(**where, VersionId=oldest)
    assert _code(error) == "EntityNotFoundException"
    answer = glue.batch_delete_table(
        DatabaseName=where["DatabaseName"], TablesToDelete=[where["TableName"], "absent"]
    )
    assert [e["TableName"] for e in answer["Errors"]] == ["absent"]


def test_update_table_makes_a_version(aws: Aws, database: str, table: str) -> None:
    glue = aws("glue")
    columns = [{"Name": "id", "Type": "bigint"}]
    glue.update_table(
        DatabaseName=database,
        TableInput={
            "Name": table,
            "PartitionKeys": KEYS,
            "StorageDescriptor": {"Columns": columns, "Location": "s3://b/x/"},
        },
    )
    found = glue.get_table(DatabaseName=database, Name=table)["Table"]
    assert found["StorageDescriptor"]["Columns"] == columns
    assert found["UpdateTime"] >= found["CreateTime"]
    versions = glue.get_table_versions(DatabaseName=database, TableName=table)["TableVersions"]
    assert len(versions) == 2
    assert len(glue.get_partitions(DatabaseName=database, TableName=table)["Partitions"]) == 5
    with pytest.raises(ClientError) as error:
        glue.update_table(DatabaseName=database, TableInput={"Name": "absent"})
    assert _code(error) == "EntityNotFoundException"


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("day = 2", [2]),
        ("day >= 2 AND day < 4", [2, 3]),
        ("day BETWEEN 4 AND 9", [4, 5]),
        ("day IN (1, 5)", [1, 5]),
        ("day NOT IN (1, 2) OR (day = 1)", [1, 3, 4, 5]),
        ("kind LIKE 'a%' AND day > 4", [5]),
        ("kind = 'b'", []),
    ],
)
def test_partition_expressions(
    aws: Aws, database: str, table: str, expression: str, days: list[int]
) -> None:
    found = aws("glue").get_partitions(
        DatabaseName=database, TableName=table, Expression=expression
    )
    assert [int(p["Values"][0]) for p in found["Partitions"]] == days


def test_pages_and_segments(aws: Aws, database: str, table: str) -> None:
    glue = aws("glue")
    pages = list(
        glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName=table, PaginationConfig={"PageSize": 2}
        )
    )
    assert [len(page["Partitions"]) for page in pages] == [2, 2, 1]
    segments: list[list[Any]] = [
        glue.get_partitions(
            DatabaseName=database,
            TableName=table,
            Segment={"SegmentNumber": n, "TotalSegments": 2},
        )["Partitions"]
        for n in range(2)
    ]
    assert sorted(p["Values"][0] for s in segments for p in s) == ["1", "2", "3", "4", "5"]


def test_partition_errors(aws: Aws, database: str, table: str) -> None:
    glue = aws("glue")
    where = {"DatabaseName": database, "TableName": table}
    with pytest.raises(ClientError) as error:
        glue.create_partition(**where, PartitionInput={"Values": ["1", "a"]})
    assert _code(error) == "AlreadyExistsException"
    with pytest.raises(ClientError) as error:
        glue.create_partition(**where, PartitionInput={"Values": ["1"]})
    assert _code(error) == "InvalidInputException"
    answer = glue.batch_create_partition(
        **where, PartitionInputList=[{"Values": ["1", "a"]}, {"Values": ["9", "a"]}]
    )
    assert [e["PartitionValues"] for e in answer["Errors"]] == [["1", "a"]]
    assert glue.get_partition(**where, PartitionValues=["9", "a"])
    glue.update_partition(
        **where, PartitionValueList=["9", "a"], PartitionInput={"Values": ["10", "a"]}
    )
    glue.delete_partition(**where, PartitionValues=["10", "a"])
    with pytest.raises(ClientError) as error:
        glue.get_partition(**where, PartitionValues=["10", "a"])
    assert _code(error) == "EntityNotFoundException"


def test_jobs_are_created_updated_listed_and_deleted(aws: Aws, name: str) -> None:
    glue = aws("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://b/x.py", "PythonVersion": "3"}
    glue.create_job(Name=name, Role="r", Command=command, Tags={"owner": name})
    with pytest.raises(ClientError) as error:
        glue.create_job(Name=name, Role="r", Command=command)
    assert _code(error) == "AlreadyExistsException"
    job = glue.get_job(JobName=name)["Job"]
    assert (job["GlueVersion"], job["MaxRetries"], job["Timeout"]) == ("5.1", 0, 480)
    sized = {"WorkerType": "R.2X", "NumberOfWorkers": 2}  # which the API model does not have yet
    glue.update_job(JobName=name, JobUpdate={"Role": "r", "Command": command, **sized})
    assert glue.get_job(JobName=name)["Job"]["MaxCapacity"] == 4.0
    update = {"Role": "other", "Command": command, "GlueVersion": "4.0", "MaxRetries": 1}
    glue.update_job(JobName=name, JobUpdate=update)
    changed = glue.get_job(JobName=name)["Job"]
    assert (changed["Role"], changed["GlueVersion"], changed["MaxRetries"]) == ("other", "4.0", 1)
    assert glue.list_jobs(Tags={"owner": name})["JobNames"] == [name]
    assert glue.batch_get_jobs(JobNames=[name, "absent"])["JobsNotFound"] == ["absent"]
    glue.delete_job(JobName=name)
    glue.delete_job(JobName=name)  # as on AWS: no error
    for call in (
        lambda: glue.get_job(JobName=name),
        lambda: glue.start_job_run(JobName=name),
        lambda: glue.get_job_runs(JobName=name),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert _code(error) == "EntityNotFoundException"


def test_classifiers(aws: Aws, name: str) -> None:
    glue = aws("glue")
    glue.create_classifier(CsvClassifier={"Name": name, "Delimiter": ";"})
    glue.update_classifier(CsvClassifier={"Name": name, "Delimiter": "|"})
    found = glue.get_classifier(Name=name)["Classifier"]["CsvClassifier"]
    assert (found["Delimiter"], found["Version"]) == ("|", 2)
    with pytest.raises(ClientError, match="XMLClassifier"):
        glue.create_classifier(XMLClassifier={"Name": name, "Classification": "x", "RowTag": "r"})
    glue.delete_classifier(Name=name)
    with pytest.raises(ClientError) as error:
        glue.get_classifier(Name=name)
    assert _code(error) == "EntityNotFoundException"


def test_what_would_never_happen_is_refused(aws: Aws, name: str) -> None:
    with pytest.raises(ClientError, match="Development endpoints are not emulated") as error:
        aws("glue").create_dev_endpoint(EndpointName=name, RoleArn=ROLE)
    assert _code(error) == "InvalidInputException"

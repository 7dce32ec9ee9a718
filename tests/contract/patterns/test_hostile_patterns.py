"""Slow, broken and public patterns, at each service that takes one.

What matters is that they are answered, and that the answer is AWS's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import RATINGS_CSV, Lake

Aws = Callable[[str], Any]
SLOW = "a" * 40 + "!"
TOPIC = {"T": {"Type": "AWS::SNS::Topic"}}


def create_stack(aws: Aws, name: str, pattern: str, value: str) -> None:
    template = {
        "Parameters": {"P": {"Type": "String", "Default": value, "AllowedPattern": pattern}},
        "Resources": TOPIC,
    }
    aws("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a+)+$", "must match pattern"),
        ("(?=a)(a|a)*$", "takes too long"),
        ("(a{1000}){1000}", "is not valid"),
        ("[", "is not valid"),
    ],
)
def test_allowed_pattern(aws: Aws, name: str, pattern: str, said: str) -> None:
    with pytest.raises(ClientError, match=said) as caught:
        create_stack(aws, name, pattern, "a" * 4000 + "!")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_allowed_pattern_of_passwords(aws: Aws, name: str) -> None:
    pattern = r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z\d@$!%*?&]{8,41}$"
    with pytest.raises(ClientError, match="must match pattern"):
        create_stack(aws, name, pattern, "onlylowercase1")
    create_stack(aws, name, pattern, "Passw0rd!")


@pytest.fixture
def partitioned(aws: Aws, name: str) -> str:
    """A database with a table `t`, which has a partition for each of some values."""
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(
        DatabaseName=name,
        TableInput={
            "Name": "t",
            "StorageDescriptor": {"Columns": []},
            "PartitionKeys": [{"Name": "p", "Type": "string"}, {"Name": "n", "Type": "int"}],
        },
    )
    for values in (["abc", "1"], ["it's", "2"], [SLOW * 2, "3"]):
        glue.create_partition(DatabaseName=name, TableName="t", PartitionInput={"Values": values})
    return name


@pytest.mark.parametrize(
    ("expression", "numbers"),
    [
        ("p LIKE '" + "%a" * 13 + "%b'", []),
        ("p like 'a_c'", ["1"]),
        ("p = 'it''s' and n = 2", ["2"]),
        ("(n in (1, 3) OR (p) <> ('abc')) AND n between 2 and 3", ["2", "3"]),
        ("n >= 2 and p not like '%!'", ["2"]),
        ("(" * 20 + "n = 1" + ")" * 20, ["1"]),
        (" and ".join([f"{'(' * 20}n = 1{')' * 20}"] * 40), ["1"]),
    ],
)
def test_partition_expressions(
    aws: Aws, partitioned: str, expression: str, numbers: list[str]
) -> None:
    found = aws("glue").get_partitions(
        DatabaseName=partitioned, TableName="t", Expression=expression
    )
    assert sorted(p["Values"][1] for p in found["Partitions"]) == numbers


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("(" * 1000 + "n = 1" + ")" * 1000, "InvalidInputException"),
        ("n = 1 " + "and n = 1 " * 300, "ValidationException"),
        ("n = 1 and", "InvalidInputException"),
        ("'", "InvalidInputException"),
        ("nobody = 1", "InvalidInputException"),
    ],
)
def test_partition_expressions_that_are_none(
    aws: Aws, partitioned: str, expression: str, code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        aws("glue").get_partitions(DatabaseName=partitioned, TableName="t", Expression=expression)
    assert caught.value.response["Error"]["Code"] == code


def test_tables_by_expression(aws: Aws, partitioned: str) -> None:
    glue = aws("glue")
    glue.create_table(DatabaseName=partitioned, TableInput={"Name": "a" * 40 + "b"})

    def named(expression: str) -> list[str]:
        found = glue.get_tables(DatabaseName=partitioned, Expression=expression)
        return [table["Name"] for table in found["TableList"]]

    assert named("(a+)+$") == []
    assert named("t|x") == ["t"]
    assert named("a*") == ["a" * 40 + "b", "t"] or named("a.*") == ["a" * 40 + "b"]
    for broken in ("(", "(a{1000}){1000}"):
        with pytest.raises(ClientError) as caught:
            named(broken)
        assert caught.value.response["Error"]["Code"] == "InvalidInputException"


def test_exclusions_of_a_crawler(aws: Aws, bucket: str) -> None:
    lake = Lake(aws, bucket)
    lake.put({f"in/{'a' * 60}!/x.csv": RATINGS_CSV})
    glue = aws("glue")
    targets = {"S3Targets": [{"Path": f"s3://{bucket}/in/", "Exclusions": ["*a" * 15 + "*b"]}]}
    request = {"Role": "arn:aws:iam::000000000000:role/x", "DatabaseName": bucket}
    glue.create_crawler(Name=bucket, Targets=targets, **request)
    targets["S3Targets"][0]["Exclusions"] = ["[z-a]"]
    with pytest.raises(ClientError, match=r"\[z-a\]") as caught:
        glue.create_crawler(Name=f"{bucket}-2", Targets=targets, **request)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"


def test_wildcards_of_event_patterns(aws: Aws) -> None:
    event = {
        "id": "1",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "source": SLOW * 2,
        "detail-type": "x",
        "detail": {},
    }

    def matches(wildcard: str) -> bool:
        answer = aws("events").test_event_pattern(
            EventPattern=json.dumps({"source": [{"wildcard": wildcard}]}), Event=json.dumps(event)
        )
        return bool(answer["Result"])

    with pytest.raises(ClientError, match="too complex"):
        matches("*a" * 15 + "*b")
    assert not matches("*b")
    assert matches("a*!")

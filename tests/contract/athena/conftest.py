"""What the tests of Athena share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import athena_engine, support


class Lake:
    """A bucket and a database of the same name, with a table ``ratings`` of three rows."""

    def __init__(self, aws: Callable[[str], Any], name: str) -> None:
        self.athena, self.s3, self.name = aws("athena"), aws("s3"), name
        self.output = f"s3://{name}/results/"
        database = name.replace("-", "_")
        self.database = database
        self.s3.create_bucket(Bucket=name)
        aws("glue").create_database(DatabaseInput={"Name": database})
        rows = [{"id": 1, "stars": 4.5, "title": 'Say "hi"'}, {"id": 2, "stars": None}, {"id": 3}]
        body = "".join(f"{json.dumps(row)}\n" for row in rows)
        self.s3.put_object(Bucket=name, Key="ratings/a.json", Body=body)
        serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
        columns = [("id", "int"), ("stars", "double"), ("title", "string")]
        aws("glue").create_table(
            DatabaseName=database,
            TableInput={
                "Name": "ratings",
                "TableType": "EXTERNAL_TABLE",
                "StorageDescriptor": {
                    "Columns": [{"Name": n, "Type": t} for n, t in columns],
                    "Location": f"s3://{name}/ratings/",
                    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                    "SerdeInfo": serde,
                },
            },
        )

    def start(self, sql: str, **request: Any) -> str:
        """Start a query; returns its id."""
        request.setdefault("ResultConfiguration", {"OutputLocation": self.output})
        request.setdefault("QueryExecutionContext", {"Database": self.database})
        return str(
            self.athena.start_query_execution(QueryString=sql, **request)["QueryExecutionId"]
        )

    def ended(self, name: str) -> dict[str, Any]:
        """An execution when it has ended."""

        def over() -> Any:
            found = self.athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]
            return found if found["Status"]["State"] not in ("QUEUED", "RUNNING") else None

        found: dict[str, Any] = support.wait_until(over, 120)
        return found

    def run(self, sql: str, **request: Any) -> dict[str, Any]:
        """A query that succeeds."""
        found = self.ended(self.start(sql, **request))
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        return found

    def rows(self, sql: str, **request: Any) -> list[list[str | None]]:
        """The rows of a query, the names of its columns first."""
        name = self.run(sql, **request)["QueryExecutionId"]
        found = self.athena.get_query_results(QueryExecutionId=name)["ResultSet"]["Rows"]
        return [[each.get("VarCharValue") for each in row["Data"]] for row in found]

    def text(self, url: str) -> str:
        """An object."""
        bucket, _, key = url.removeprefix("s3://").partition("/")
        return str(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


@pytest.fixture
def lake(aws: Callable[[str], Any], name: str) -> Lake:
    """A lake; the test is skipped where no engine can be had."""
    if reason := athena_engine.lacking():
        pytest.skip(reason)
    return Lake(aws, name)

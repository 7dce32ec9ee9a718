"""Queries: their states, results, files and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.athena.conftest import Lake
from tests.support import unique

SLOW = (
    "SELECT count(*) FROM UNNEST(sequence(1, 100000)) a(x) "
    "CROSS JOIN UNNEST(sequence(1, 1000000)) b(y) WHERE (x + y) % 7 = 3"
)


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    """Code and message of a request that fails."""
    with pytest.raises(ClientError) as error:
        call()
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


def test_a_query_has_states_files_and_pages(lake: Lake) -> None:
    sql = "SELECT id, stars, title, id * 1.5e0 AS x FROM ratings ORDER BY id"
    found = lake.run(sql)
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "SELECT")
    assert found["WorkGroup"] == "primary"
    assert found["Statistics"]["DataScannedInBytes"] > 0
    output = found["ResultConfiguration"]["OutputLocation"]
    assert output == f"{lake.output}{found['QueryExecutionId']}.csv"
    assert lake.text(output) == (
        '"id","stars","title","x"\n"1","4.5","Say ""hi""","1.5"\n"2",,,"3.0"\n"3",,,"4.5"\n'
    )
    assert lake.s3.head_object(
        Bucket=lake.name, Key=f"{output.removeprefix(f's3://{lake.name}/')}.metadata"
    )
    name = found["QueryExecutionId"]
    pages = lake.athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=name, PaginationConfig={"PageSize": 2}
    )
    rows = [[row["Data"] for row in page["ResultSet"]["Rows"]] for page in pages]
    assert [len(page) for page in rows] == [2, 2]
    assert rows[0][0][0] == {"VarCharValue": "id"}
    assert rows[1][0][1] == {}
    first = lake.athena.get_query_results(QueryExecutionId=name, MaxResults=1)
    columns = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [c["Type"] for c in columns] == ["integer", "double", "varchar", "double"]
    assert columns[0]["Precision"] == 10
    assert first["NextToken"]


def test_a_failed_query_says_why(lake: Lake) -> None:
    found = lake.ended(lake.start("SELECT * FROM missing"))
    reason = f"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{lake.database}.missing' does not"
    assert found["Status"]["State"] == "FAILED"
    assert found["Status"]["StateChangeReason"].startswith(reason)
    assert found["Status"]["AthenaError"]["ErrorCategory"] == 2
    code, message = refused(
        lambda: lake.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    )
    assert code == "InvalidRequestException"
    assert message.endswith("Final query state: FAILED")


def test_a_query_that_is_stopped_is_cancelled_and_the_next_runs(lake: Lake) -> None:
    name = lake.start(SLOW)
    code, message = refused(lambda: lake.athena.get_query_results(QueryExecutionId=name))
    assert code == "InvalidRequestException"
    assert message.startswith("Query has not yet finished. Current state: ")
    lake.athena.stop_query_execution(QueryExecutionId=name)
    assert lake.ended(name)["Status"]["State"] == "CANCELLED"
    assert lake.rows("SELECT 1 AS one") == [["one"], ["1"]]


def test_what_cannot_be_started_is_refused(lake: Lake) -> None:
    athena = lake.athena
    invalid = "InvalidRequestException"
    code, message = refused(lambda: athena.start_query_execution(QueryString="SELECT 1"))
    assert code == invalid
    assert message.startswith("No output location provided.")
    code, message = refused(lambda: lake.start("SELEC 1"))
    assert (code, message[:30]) == (invalid, "SYNTAX_ERROR: line 1:1: mismat")
    assert refused(lambda: lake.start("SELECT 1", WorkGroup="none"))[1] == (
        "WorkGroup none is not found."
    )
    unknown = refused(lambda: athena.get_query_execution(QueryExecutionId="none"))
    assert unknown == (invalid, "QueryExecution none was not found")
    answer = athena.batch_get_query_execution(QueryExecutionIds=["none"])
    assert answer["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "none"


def test_a_token_starts_one_query(lake: Lake) -> None:
    token = unique("token").ljust(40, "x")
    first = lake.start("SELECT 1", ClientRequestToken=token)
    assert lake.start("SELECT 1", ClientRequestToken=token) == first
    again = refused(lambda: lake.start("SELECT 2", ClientRequestToken=token))
    assert again[1] == "Idempotent parameters do not match"


def test_tables_are_made_written_and_dropped(lake: Lake) -> None:
    made = lake.run("CREATE TABLE c AS SELECT id, title FROM ratings WHERE id < 3")
    manifest = made["Statistics"]["DataManifestLocation"]
    assert manifest == f"{lake.output}tables/{made['QueryExecutionId']}-manifest.csv"
    assert len(lake.text(manifest).splitlines()) == 1
    lake.run("INSERT INTO c VALUES (9, 'nine')")
    assert lake.rows("SELECT max(id) AS m, count(*) AS n FROM c")[1] == ["9", "3"]
    table = {"CatalogName": "AwsDataCatalog", "DatabaseName": lake.database, "TableName": "c"}
    found = lake.athena.get_table_metadata(**table)["TableMetadata"]
    assert [c["Type"] for c in found["Columns"]] == ["int", "string"]
    assert lake.rows("SHOW TABLES") == [["c"], ["ratings"]]
    lake.run("DROP TABLE c")
    code, _ = refused(lambda: lake.athena.get_table_metadata(**table))
    assert code == "MetadataException"


def test_prepared_statements_have_values(lake: Lake) -> None:
    name = unique("p").replace("-", "_")
    lake.run(f"PREPARE {name} FROM SELECT title FROM ratings WHERE id = ?")
    assert lake.rows(f"EXECUTE {name} USING 1")[1] == ['Say "hi"']
    assert lake.rows(f"EXECUTE {name}", ExecutionParameters=["1"])[1] == ['Say "hi"']
    assert lake.rows("SELECT ? AS v", ExecutionParameters=["'it''s'"])[1] == ["it's"]
    lake.run(f"DEALLOCATE PREPARE {name}")
    gone = refused(
        lambda: lake.athena.get_prepared_statement(StatementName=name, WorkGroup="primary")
    )
    assert gone[0] == "ResourceNotFoundException"


def test_a_result_is_reused_where_a_query_allows_it(lake: Lake) -> None:
    sql = "SELECT count(*) AS n FROM ratings"
    by_age = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}
    first = lake.run(sql, ResultReuseConfiguration=by_age)
    assert first["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": False}
    again = lake.run(sql, ResultReuseConfiguration=by_age)
    assert again["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": True}
    assert again["Statistics"]["DataScannedInBytes"] == 0
    assert again["ResultReuseConfiguration"] == by_age
    assert again["QueryExecutionId"] != first["QueryExecutionId"]
    locations = [each["ResultConfiguration"]["OutputLocation"] for each in (first, again)]
    assert locations[0] == locations[1]
    assert lake.rows(sql, ResultReuseConfiguration=by_age) == [["n"], ["3"]]
    other = lake.run(sql)
    assert other["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": False}


def test_a_work_group_limits_what_is_scanned(lake: Lake) -> None:
    configuration = {
        "BytesScannedCutoffPerQuery": 10_000_000,
        "ResultConfiguration": {"OutputLocation": lake.output},
    }
    lake.athena.create_work_group(Name=lake.name, Configuration=configuration)
    row = b'{"id": 4, "title": "' + b"x" * 100_000 + b'"}\n'
    lake.s3.put_object(Bucket=lake.name, Key="ratings/b.json", Body=row * 101)
    found = lake.ended(lake.start("SELECT count(*) FROM ratings", WorkGroup=lake.name))
    assert found["Status"]["State"] == "CANCELLED"
    assert found["Status"]["StateChangeReason"] == (
        "Query cancelled! : Bytes scanned limit was exceeded"
    )
    assert lake.run("SELECT 1", WorkGroup=lake.name)

"""Full loads from S3 to DynamoDB: formats, mappings, prep modes, stop, reload, the traps."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.dms.helpers import Lake, table, to_table
from tests.support import wait_until

FINISHED = "Stop Reason FULL_LOAD_ONLY_FINISHED"
MOVIES = table("movies", movieId="INT8", title="STRING", genres="STRING")
PAIRS = table("pairs", a="STRING", b="STRING")


@pytest.fixture
def lake(aws: Callable[[str], Any]) -> Lake:
    return Lake(aws)


def slow_load(lake: Lake) -> None:
    """A task with a load that takes seconds."""
    lines = "".join(f"{i},{i}\n" for i in range(30_000))
    lake.put("data/pairs/1.csv", "a,b\n" + lines)
    lake.create_task(lake.endpoints(PAIRS), to_table("pairs", lake.target("pairs"), "a"))


def test_commas_quotes_accents_and_null(lake: Lake) -> None:
    lake.put(
        "data/movies/movies.csv",
        "movieId,title,genres\r\n"
        '1,"Cité, La (1995)",Drama|Crime\r\n'
        '2,"""Great"" One, The",\r\n'
        "3,Plain,Comedy\r\n",
    )
    target = lake.target("movies")
    lake.create_task(lake.endpoints(MOVIES), to_table("movies", target, "movieId"))
    assert lake.describe()["Status"] == "ready"
    assert lake.start()["Status"] == "starting"
    task = lake.ended()
    assert (task["Status"], task["StopReason"]) == ("stopped", FINISHED)
    stats = task["ReplicationTaskStats"]
    assert stats["FullLoadProgressPercent"] == 100
    assert (stats["TablesLoaded"], stats["TablesErrored"], stats["TablesQueued"]) == (1, 0, 0)
    assert stats["StopDate"] >= stats["FreshStartDate"]
    assert lake.counts("movies") == (3, 0, "Table completed")
    assert {i["movieId"]["S"]: i for i in lake.items(target)} == {
        "1": {
            "movieId": {"S": "1"},
            "title": {"S": "Cité, La (1995)"},
            "genres": {"S": "Drama|Crime"},
        },
        "2": {"movieId": {"S": "2"}, "title": {"S": '"Great" One, The'}},
        "3": {"movieId": {"S": "3"}, "title": {"S": "Plain"}, "genres": {"S": "Comedy"}},
    }
    assert lake.exceptions() == []


def test_several_objects_each_with_a_header_and_sub_folders_left_alone(lake: Lake) -> None:
    for part in range(3):
        lake.put(f"data/pairs/{part}.csv", f"a,b\n{part}1,x\n{part}2,y\n")
    lake.put("data/pairs/old/9.csv", "a,b\n9,z\n")
    lake.put("data/pairs/_SUCCESS", "")
    target = lake.target("pairs")
    lake.create_task(lake.endpoints(PAIRS), to_table("pairs", target, "a"))
    lake.run()
    assert lake.counts("pairs") == (6, 0, "Table completed")
    assert sorted(i["a"]["S"] for i in lake.items(target)) == ["01", "02", "11", "12", "21", "22"]


def test_gzip_and_other_delimiters(lake: Lake) -> None:
    lake.put("data/pairs/1.csv.gz", gzip.compress(b"a;b\n1;x,y\n2;z\n"))
    target = lake.target("pairs")
    endpoints = lake.endpoints(PAIRS, CompressionType="gzip", CsvDelimiter=";")
    lake.create_task(endpoints, to_table("pairs", target, "a"))
    lake.run()
    assert {i["a"]["S"]: i["b"]["S"] for i in lake.items(target)} == {"1": "x,y", "2": "z"}


def test_extra_connection_attributes_count_as_settings(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "1\tx,y\n2\tz\n")
    target = lake.target("pairs")
    source, dynamodb = lake.endpoints(PAIRS, IgnoreHeaderRows=0)
    changed = lake.dms.modify_endpoint(
        EndpointArn=source, ExtraConnectionAttributes="csvDelimiter=\\t;ignoreHeaderRows=1"
    )["Endpoint"]["S3Settings"]
    assert (changed["CsvDelimiter"], changed["IgnoreHeaderRows"]) == ("\t", 1)
    lake.create_task((source, dynamodb), to_table("pairs", target, "a"))
    lake.run()
    assert {i["a"]["S"]: i["b"]["S"] for i in lake.items(target)} == {"2": "z"}


def test_an_empty_folder_gives_an_empty_table_and_a_warning(lake: Lake) -> None:
    target = lake.target("pairs")
    lake.create_task(lake.endpoints(PAIRS), to_table("pairs", target, "a"))
    assert lake.run()["StopReason"] == FINISHED
    assert lake.counts("pairs") == (0, 0, "Table completed")
    assert lake.items(target) == []
    assert f"no data files in s3://{lake.bucket}/data/pairs/" in lake.log()


def test_only_selected_tables_are_loaded_and_all_get_capacity_as_on_aws(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    rule = to_table("pairs", lake.target("pairs"), "a")
    exclude = {
        "rule-type": "selection",
        "rule-id": "9",
        "rule-name": "9",
        "object-locator": {"schema-name": "lake", "table-name": "mov%"},
        "rule-action": "exclude",
    }
    lake.create_task(lake.endpoints(PAIRS, MOVIES), rule, exclude)
    lake.run()
    assert set(lake.statistics()) == {"pairs"}
    made = lake.aws("dynamodb").describe_table(TableName=lake.target("pairs"))["Table"]
    assert made["KeySchema"] == [{"AttributeName": "a", "KeyType": "HASH"}]
    assert made["AttributeDefinitions"] == [{"AttributeName": "a", "AttributeType": "S"}]
    assert made["ProvisionedThroughput"]["WriteCapacityUnits"] == 200


def test_map_record_to_document(lake: Lake) -> None:
    lake.put("data/movies/1.csv", "h,h,h\n1,One,Drama\n")
    target = lake.target("movies")
    rule = to_table("movies", target, "id", attributes={"id": "m-${movieId}"})
    rule["rule-action"] = "map-record-to-document"
    rule["mapping-parameters"]["exclude-columns"] = ["genres"]
    lake.create_task(lake.endpoints(MOVIES), rule)
    lake.run()
    assert lake.items(target) == [
        {"id": {"S": "m-1"}, "_doc": {"M": {"movieId": {"N": "1"}, "title": {"S": "One"}}}}
    ]


def test_trap_without_ignore_header_rows_the_header_is_an_item(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    target = lake.target("pairs")
    endpoints = lake.endpoints(PAIRS, IgnoreHeaderRows=0)
    lake.create_task(endpoints, to_table("pairs", target, "a"))
    lake.run()
    assert lake.counts("pairs") == (2, 0, "Table completed")
    assert {"a": {"S": "a"}, "b": {"S": "b"}} in lake.items(target)


def test_trap_rows_that_share_a_key_are_counted_as_sent_and_the_last_one_wins(lake: Lake) -> None:
    lines = "".join(f"{i % 40},{i}\n" for i in range(1000))
    lake.put("data/pairs/1.csv", "a,b\n" + lines)
    target = lake.target("pairs")
    lake.create_task(lake.endpoints(PAIRS), to_table("pairs", target, "a"))
    lake.run()
    assert lake.counts("pairs") == (1000, 0, "Table completed")
    assert {i["a"]["S"]: i["b"]["S"] for i in lake.items(target)} == {
        str(i): str(960 + i) for i in range(40)
    }
    assert "960 of 1000 rows shared a key with another row" in lake.log()


def test_trap_an_unknown_column_is_logged_once_and_its_attribute_left_out(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n2,y\n")
    target = lake.target("pairs")
    rule = to_table("pairs", target, "a", attributes={"tags": "${tags}"})
    lake.create_task(lake.endpoints(PAIRS), rule)
    lake.run()
    assert lake.counts("pairs") == (2, 0, "Table completed")
    assert all("tags" not in item for item in lake.items(target))
    assert lake.log().count("unknown column tags") == 1


@pytest.mark.parametrize(
    ("mode", "left"),
    [("DROP_AND_CREATE", {"1"}), ("TRUNCATE_BEFORE_LOAD", {"1"}), ("DO_NOTHING", {"1", "old"})],
)
def test_prep_modes(lake: Lake, mode: str, left: set[str]) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    target, dynamodb = lake.target("pairs"), lake.aws("dynamodb")
    dynamodb.create_table(
        TableName=target,
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=target)
    dynamodb.put_item(TableName=target, Item={"a": {"S": "old"}})
    lake.create_task(
        lake.endpoints(PAIRS),
        to_table("pairs", target, "a"),
        FullLoadSettings={"TargetTablePrepMode": mode},
    )
    lake.run()
    assert {i["a"]["S"] for i in lake.items(target)} == left
    billing = dynamodb.describe_table(TableName=target)["Table"].get("BillingModeSummary", {})
    kept = billing.get("BillingMode") == "PAY_PER_REQUEST"
    assert kept is (mode != "DROP_AND_CREATE"), "only DROP_AND_CREATE makes a new table"


def test_an_existing_table_with_other_keys_is_the_tables_error(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    target = lake.target("pairs")
    lake.aws("dynamodb").create_table(
        TableName=target,
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    lake.create_task(
        lake.endpoints(PAIRS),
        to_table("pairs", target, "a"),
        FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"},
    )
    task = lake.run()
    assert (task["StopReason"], task["ReplicationTaskStats"]["TablesErrored"]) == (FINISHED, 1)
    assert lake.counts("pairs") == (0, 0, "Table error")
    assert "exists with the keys a (N), the mapping makes a (S)" in lake.log()


def test_a_table_with_a_stream_gets_its_records(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    target = lake.target("pairs")
    lake.aws("dynamodb").create_table(
        TableName=target,
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    lake.create_task(
        lake.endpoints(PAIRS),
        to_table("pairs", target, "a"),
        FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"},
    )
    lake.run()
    assert [i["a"]["S"] for i in lake.items(target)] == ["1"]


def test_statistics_are_true_while_it_runs_and_stop_stops(lake: Lake) -> None:
    slow_load(lake)
    target = lake.target("pairs")
    lake.start()
    rows = wait_until(
        lambda: (stats := lake.statistics()) and stats["pairs"]["FullLoadRows"], what="rows"
    )
    running = lake.describe()
    assert running["Status"] == "running"
    assert running["ReplicationTaskStats"]["FullLoadProgressPercent"] < 100
    assert 0 < rows < 30_000
    lake.dms.stop_replication_task(ReplicationTaskArn=lake.task)
    task = lake.ended()
    assert (task["Status"], task["StopReason"]) == ("stopped", "Stop Reason NORMAL")
    sent, errors, state = lake.counts("pairs")
    assert (errors, state) == (0, "Table cancelled")
    assert len(lake.items(target)) == sent < 30_000
    assert lake.run("resume-processing")["StopReason"] == FINISHED
    assert lake.counts("pairs") == (30_000, 0, "Table completed")


def test_reload_target_loads_again_and_converges(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n2,bad,row\n")
    target = lake.target("pairs")
    lake.create_task(lake.endpoints(PAIRS), to_table("pairs", target, "a"))
    lake.run()
    assert lake.counts("pairs") == (1, 1, "Table completed")
    lake.put("data/pairs/1.csv", "a,b\n3,x\n4,y\n")
    assert lake.run("reload-target")["StopReason"] == FINISHED
    assert lake.counts("pairs") == (2, 0, "Table completed")
    assert lake.statistics()["pairs"]["FullLoadReloaded"] is True
    assert {i["a"]["S"] for i in lake.items(target)} == {"3", "4"}
    assert lake.exceptions() == [], "the rows rejected by the load before are forgotten"


def test_resume_loads_nothing_that_is_completed(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    lake.create_task(lake.endpoints(PAIRS), to_table("pairs", lake.target("pairs"), "a"))
    lake.run()
    before = lake.statistics()["pairs"]["FullLoadEndTime"]
    assert lake.run("resume-processing")["StopReason"] == FINISHED
    assert lake.statistics()["pairs"]["FullLoadEndTime"] == before


def test_reload_tables_while_the_task_runs(lake: Lake) -> None:
    slow_load(lake)
    lake.start()
    wait_until(lambda: lake.statistics()["pairs"]["FullLoadRows"], what="rows")
    one = {"SchemaName": "lake", "TableName": "pairs"}
    lake.dms.reload_tables(ReplicationTaskArn=lake.task, TablesToReload=[one])
    assert lake.ended()["StopReason"] == FINISHED
    assert lake.counts("pairs") == (30_000, 0, "Table completed")
    assert lake.log().count("Load of table lake.pairs into") == 2


def test_waiters(lake: Lake) -> None:
    slow_load(lake)
    filters = [{"Name": "replication-task-arn", "Values": [lake.task]}]
    fast = {"Delay": 0.1, "MaxAttempts": 600}  # or the load may be over at the second look
    lake.dms.get_waiter("replication_task_ready").wait(Filters=filters, WaiterConfig=fast)
    lake.start()
    lake.dms.get_waiter("replication_task_running").wait(Filters=filters, WaiterConfig=fast)
    lake.dms.get_waiter("replication_task_stopped").wait(Filters=filters, WaiterConfig=fast)
    lake.dms.delete_replication_task(ReplicationTaskArn=lake.task)
    lake.dms.get_waiter("replication_task_deleted").wait(Filters=filters, WaiterConfig=fast)

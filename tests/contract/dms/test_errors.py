"""Rejected rows and broken tables: what is kept, what is counted, what each policy does."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.dms.helpers import Lake, table, to_table

FINISHED = "Stop Reason FULL_LOAD_ONLY_FINISHED"
NUMBERS = table("numbers", id="STRING", n="INT4")
OTHER = table("other", id="STRING", n="INT4")
GOOD = "".join(f"g{i},{i}\n" for i in range(50))


@pytest.fixture
def lake(aws: Callable[[str], Any]) -> Lake:
    return Lake(aws)


def load(lake: Lake, data: str | bytes, **settings: Any) -> dict[str, Any]:
    """Load `data` into numbers and one good row into another table."""
    lake.put("data/numbers/n.csv", data)
    lake.put("data/other/o.csv", "id,n\n1,1\n")
    lake.create_task(
        lake.endpoints(NUMBERS, OTHER),
        to_table("numbers", lake.target("numbers"), "id"),
        to_table("other", lake.target("other"), "id"),
        **settings,
    )
    return lake.run()


def test_bad_rows_of_each_kind_are_counted_and_kept_with_file_line_and_reason(lake: Lake) -> None:
    big = "x" * 410_000
    data = (
        b"id,n\n"
        b"a,1\n"
        b"two,2,2\n"  # 3
        b"three\n"  # 4
        b"four,IV\n"  # 5
        b'five,"5\n'  # 6
        b"six\x00,6\n"  # 7
        b"s\xe9ven,7\n"  # 8
        b",8\n"  # 9
        b"nine,9999999999\n"  # 10
        + big.encode()  # 11
        + b",11\n"
        + b"b,2"
    )
    task = load(lake, data)
    assert (task["Status"], task["StopReason"]) == ("stopped", FINISHED)
    assert lake.counts("numbers") == (2, 9, "Table completed")
    assert {i["id"]["S"] for i in lake.items(lake.target("numbers"))} == {"a", "b"}
    kept = lake.exceptions()
    reasons = {int(e["LINE"]["N"]): e["ERROR"]["S"] for e in kept}
    says = {
        3: "the row has 3 columns, the table has 2",
        4: "the row has 1 columns, the table has 2",
        5: "column n: 'IV' is not a number (INT4)",
        6: "a double quote has no matching end",
        7: "the row contains a NUL character",
        8: "is not valid UTF-8",
        9: "key attribute id is empty",
        10: "is out of range of INT4",
        11: "Item size has exceeded the maximum allowed size",
    }
    assert reasons.keys() == says.keys()
    for line, reason in says.items():
        assert reason in reasons[line]
    assert {e["FILE"]["S"] for e in kept} == {"data/numbers/n.csv"}
    assert {e["TABLE_OWNER"]["S"] + "." + e["TABLE_NAME"]["S"] for e in kept} == {"lake.numbers"}
    assert kept[0]["STATEMENT"]["S"] == "two,2,2"
    assert "data/numbers/n.csv, line 5: column n: 'IV' is not a number" in lake.log()


def test_ignore_record_keeps_the_row_but_does_not_log_it(lake: Lake) -> None:
    load(lake, "id,n\nx,bad\n" + GOOD, ErrorBehavior={"DataErrorPolicy": "IGNORE_RECORD"})
    assert lake.counts("numbers") == (50, 1, "Table completed")
    assert len(lake.exceptions()) == 1
    assert "line 2" not in lake.log()


def test_suspend_table_ends_that_table_only(lake: Lake) -> None:
    policy = {"DataErrorPolicy": "SUSPEND_TABLE"}
    task = load(lake, "id,n\nx,bad\n" + GOOD, ErrorBehavior=policy)
    assert (task["Status"], task["StopReason"]) == ("stopped", FINISHED)
    stats = task["ReplicationTaskStats"]
    assert (stats["TablesLoaded"], stats["TablesErrored"]) == (1, 1)
    assert stats["FullLoadProgressPercent"] == 100
    assert lake.counts("numbers")[1:] == (1, "Table error")
    assert lake.counts("other") == (1, 0, "Table completed")
    assert len(lake.exceptions()) == 1
    assert "Table lake.numbers is suspended" in lake.log()
    assert "Table 'lake'.'numbers' was errored/suspended: " in lake.describe()["LastFailureMessage"]


def test_stop_task_fails_the_task_with_the_reason(lake: Lake) -> None:
    task = load(lake, "id,n\nx,bad\n" + GOOD, ErrorBehavior={"DataErrorPolicy": "STOP_TASK"})
    assert (task["Status"], task["StopReason"]) == ("failed", "Stop Reason FATAL_ERROR")
    assert "line 2: column n: 'bad' is not a number" in task["LastFailureMessage"]
    assert lake.counts("numbers")[1:] == (1, "Table error")
    assert len(lake.exceptions()) == 1


@pytest.mark.parametrize(
    ("policy", "ending"),
    [
        ("LOG_ERROR", ("stopped", "Table completed", 4)),
        ("SUSPEND_TABLE", ("stopped", "Table error", 3)),
        ("STOP_TASK", ("failed", "Table error", 3)),
    ],
)
def test_escalation(lake: Lake, policy: str, ending: tuple[str, str, int]) -> None:
    task = load(
        lake,
        "id,n\nx,1,1\nx,2,2\nx,3,3\nx,4,4\n" + GOOD,
        ErrorBehavior={"DataErrorEscalationCount": 3, "DataErrorEscalationPolicy": policy},
    )
    _, errors, state = lake.counts("numbers")
    assert (task["Status"], state, errors) == ending


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        ("LOG_ERROR", (2, 0, "Table completed")),
        ("IGNORE_RECORD", (1, 1, "Table completed")),
        ("SUSPEND_TABLE", (0, 1, "Table error")),
    ],
)
def test_truncation(lake: Lake, policy: str, counts: tuple[int, int, str]) -> None:
    short = table("short", id="STRING", text="STRING")
    short["TableColumns"][1]["ColumnLength"] = "3"
    lake.put("data/short/s.csv", "id,text\n1,long text\n2,abc\n")
    lake.create_task(
        lake.endpoints(short),
        to_table("short", lake.target("short"), "id"),
        ErrorBehavior={"DataTruncationErrorPolicy": policy},
    )
    lake.run()
    assert lake.counts("short") == counts
    told = lake.log() + "".join(e["ERROR"]["S"] for e in lake.exceptions())
    assert "column text has 9 characters, ColumnLength is 3" in told


def test_a_table_error_stops_the_task_if_its_policy_says_so(lake: Lake) -> None:
    broken = gzip.compress(b"id,n\n1,1\n")[:-6]
    lake.put("data/numbers/n.csv", broken)
    lake.create_task(
        lake.endpoints(NUMBERS, CompressionType="GZIP"),
        to_table("numbers", lake.target("numbers"), "id"),
        ErrorBehavior={"TableErrorPolicy": "STOP_TASK"},
    )
    task = lake.run()
    assert task["Status"] == "failed"
    assert "the file ends in the middle" in task["LastFailureMessage"]


def test_two_tables_may_fill_one_target_if_their_keys_agree(lake: Lake) -> None:
    third = table("third", id="STRING", n="INT4")
    for name, rows in (("numbers", "1,1\n2,2\n"), ("other", "2,2\n3,3\n"), ("third", "9,9\n")):
        lake.put(f"data/{name}/n.csv", "id,n\n" + rows)
    same = lake.target("same")
    lake.create_task(
        lake.endpoints(NUMBERS, OTHER, third),
        to_table("numbers", same, "id"),
        to_table("other", same, "id"),
        to_table("third", same, "n"),
    )
    lake.run()
    assert lake.counts("numbers") == (2, 0, "Table completed")
    assert lake.counts("other") == (2, 0, "Table completed")
    assert lake.counts("third") == (0, 0, "Table error")
    assert {i["id"]["S"] for i in lake.items(same)} == {"1", "2", "3"}
    log = lake.log()
    assert "Table lake.numbers, lake.other: 1 of 4 rows shared a key with another row" in log
    assert "as lake.numbers has, but other keys" in log


def test_a_bucket_that_vanished_is_the_tables_error(lake: Lake) -> None:
    lake.create_task(lake.endpoints(NUMBERS), to_table("numbers", lake.target("numbers"), "id"))
    lake.aws("s3").delete_bucket(Bucket=lake.bucket)
    lake.run()
    assert lake.counts("numbers") == (0, 0, "Table error")
    assert "NoSuchBucket" in lake.log()


def test_no_table_fits_the_selection(lake: Lake) -> None:
    foreign = table("numbers", id="STRING", n="INT4")
    foreign["TableOwner"] = "elsewhere"
    lake.create_task(lake.endpoints(foreign))
    task = lake.run()
    assert task["Status"] == "failed"
    assert "No tables were found at task initialization" in task["LastFailureMessage"]

"""Durations are measured by the steady clock: what reads, compares or subtracts wall times."""

from __future__ import annotations

import ast
import time
from datetime import datetime

import pytest

from lakestack.errors import PatchError
from lakestack.services import steady_time
from tests.support import PROJECT

ROOT = PROJECT
_OURS = "emulation/lakestack"
CLOCK = f"{_OURS}/clock.py"

WALL_SOURCES = {"time.time", "time.time_ns", "time.gmtime", "time.localtime", "datetime.now"}
WALL_SOURCES |= {"datetime.utcnow", "datetime.today", "datetime.datetime.now", "date.today"}

READS = {
    f"{_OURS}/services/lambda_/runtime/bootstrap.py": "the stamp of a function's log line",
    f"{_OURS}/services/glue/runtime/awsglue/file_names.py": "the number in a file's name",
    f"{_OURS}/services/glue/runtime/awsglue/metastore_tables.py": "transient_lastDdlTime",
    f"{_OURS}/services/glue/runtime/awsglue/streaming/shards.py": "a query's begin",
    f"{_OURS}/services/glue/runtime/awsglue/retention.py": "purging: S3's LastModified",
    "pipeline/account/accrued.py": "costs since AWS made a stack, shown to the user",
    "pipeline/data/validation.py": "times that the data gives",
    "pipeline/data/work_folders.py": "times of files that other programs left",
    "pipeline/polling.py": "since when nothing moves, shown to the user",
    "pipeline/retraining/rounds.py": "when a round began and ended, shown to the user",
    "pipeline/run_lock.py": "what other machines read of a lock; watched before it is believed",
    "pipeline/timeline.py": "where the steady clock stands in services' own times",
    "pipeline/run_state.py": "the end of a stage, shown to the user",
}
"""Where else the wall clock may be read: nothing is timed by it."""

COMPARISONS = {
    f"{_OURS}/services/apigatewayv2/json_web_tokens.py": "exp, nbf, iat: instants of the issuer's",
    f"{_OURS}/services/kinesis/iterator.py": "shows when an iterator was made",
    f"{_OURS}/services/kinesis/record_operations.py": "AT_TIMESTAMP: an instant of the client's",
    f"{_OURS}/services/kinesis/shard_operations.py": "ShardFilter: an instant of the client's",
}
"""Where wall times may be compared: with instants that a client gives."""


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _reads_wall(tree: ast.AST) -> list[int]:
    """Lines that read the wall clock, also by handing the function on."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ".".join(_name(node).split(".")[-3:]) in WALL_SOURCES
    ]


def _is_wall(node: ast.AST) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr in {"wall", "wall_ms", "utc"}:
            return True
    return False


def _compares_wall(tree: ast.AST) -> list[int]:
    """Lines that compare or subtract what `lakestack.clock` gives of the wall clock."""
    lines = []
    for node in ast.walk(tree):
        sides: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Sub):
            sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
        lines += [node.lineno for side in sides if _is_wall(side)]  # type: ignore[attr-defined]
    return lines


def _found(look: object, *packages: str) -> dict[str, list[int]]:
    found = {}
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name != CLOCK and (lines := look(ast.parse(path.read_text()))):  # type: ignore[operator]
                found[name] = lines
    return found


def test_the_wall_clock_is_read_in_one_place() -> None:
    found = _found(_reads_wall, "emulation", "pipeline")
    assert {k: v for k, v in found.items() if k not in READS} == {}
    assert sorted(set(READS) - set(found)) == [], "an exception that is none any more"


def test_wall_times_are_not_compared() -> None:
    found = _found(_compares_wall, "emulation")
    assert {k: v for k, v in found.items() if k not in COMPARISONS} == {}
    assert sorted(set(COMPARISONS) - set(found)) == [], "an exception that is none any more"


@pytest.mark.parametrize(
    "line",
    [
        "clock.wall() - began",
        "left = end - clock.wall()",
        "if created.wall < limit: pass",
        "x = clock.moment().wall >= y",
        "(clock.utc() - started).total_seconds()",
    ],
)
def test_the_search_finds_comparisons(line: str) -> None:
    assert _compares_wall(ast.parse(line))
    assert not _compares_wall(ast.parse(line.replace("wall", "steady").replace("utc", "steady")))


@pytest.mark.parametrize(
    "line",
    ["f(clock=time.time)", "time.time_ns()", "datetime.now(UTC)", "datetime.datetime.now(z)"],
)
def test_the_search_finds_reads(line: str) -> None:
    assert _reads_wall(ast.parse(line))


def test_localstack_measures_by_the_steady_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    from localstack.services.lambda_.invocation import event_manager
    from localstack.services.sqs import models
    from localstack.utils import scheduler

    modules = (models, event_manager, scheduler)
    for module in modules:
        monkeypatch.setattr(module, "time", time)
    monkeypatch.setattr(event_manager, "datetime", datetime)
    steady_time.install(*(module.__name__ for module in modules))
    message = models.SqsMessage(priority=0, message={"MessageId": "m", "Attributes": {}})
    message.update_visibility_timeout(30)
    task = scheduler.ScheduledTask(lambda: None, period=10, fixed_rate=False)
    task.deadline = 1
    task.set_next_deadline()
    invoked, began = event_manager.datetime.now(), time.time()
    for ahead in (-3600.0, 26 * 3600.0):
        monkeypatch.setattr(time, "time", lambda now=began + ahead: now)
        assert not message.is_visible
        assert 0 < task.deadline - scheduler.time.time() <= 10
        assert 0 <= (event_manager.datetime.now() - invoked).total_seconds() < 60


def test_a_module_that_measures_otherwise_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from localstack.services.sqs import queue

    monkeypatch.delattr(queue, "time")
    with pytest.raises(PatchError, match=r"steady_time\.localstack.services.sqs.queue:time"):
        steady_time.install(queue.__name__)

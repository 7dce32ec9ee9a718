"""What is due, by a clock that the test sets: windows, retries, dead-letter queue, the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lakestack.services.scheduler import runner as runner_module
from lakestack.services.scheduler import targets
from lakestack.services.scheduler.runner import Runner
from lakestack.services.scheduler.schedule import Invocation, Schedule
from lakestack.services.scheduler.state import STORE, WATCH, SchedulerState
from lakestack.services.schedules.time import Jumps

ACCOUNT, REGION = "123456789012", "eu-west-1"
BEGIN = datetime(2026, 11, 27, 12, tzinfo=UTC)
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:target"


class Now:
    """A clock and a pool: work is done at once."""

    def __init__(self) -> None:
        self.time = BEGIN
        self.jumps = Jumps()

    def __call__(self) -> datetime:
        return self.time

    def submit(self, work: Any, *given: Any) -> None:
        work(*given)


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def runner(now: Now) -> Runner:
    made = Runner(now, now.jumps)
    made._pool = now  # type: ignore[assignment]
    return made


@pytest.fixture
def state() -> Iterator[SchedulerState]:
    STORE.reset()
    yield STORE.get(ACCOUNT, REGION)
    STORE.reset()


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> list[Invocation]:
    """The invocations that reach their target."""
    found: list[Invocation] = []
    monkeypatch.setattr(targets, "invoke", lambda _account, _region, it: found.append(it))
    return found


def add(state: SchedulerState, expression: str, **given: Any) -> Schedule:
    """A schedule that is made at BEGIN."""
    request = {
        "Name": "s",
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "ActionAfterCompletion": "NONE",
        "Target": {"Arn": QUEUE, "RoleArn": "r", **given.pop("target", {})},
        **given,
    }
    made = Schedule("s", "default", "arn", request, created=BEGIN, modified=BEGIN, anchor=BEGIN)
    made.plan(BEGIN - timedelta(microseconds=1))
    state.groups["default"].schedules["s"] = made
    return made


def refused(code: str, status: int) -> ClientError:
    error = {"Error": {"Code": code, "Message": "no"}}
    return ClientError({**error, "ResponseMetadata": {"HTTPStatusCode": status}}, "Send")


def test_rate_begins_at_once_and_goes_on(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    add(state, "rate(10 minutes)")
    for minutes in (0, 5, 10, 20):
        now.time = BEGIN + timedelta(minutes=minutes)
        runner.look()
    assert [(it.scheduled - BEGIN).seconds // 60 for it in arrived] == [0, 10, 20]
    assert runner.look() == WATCH.longest
    now.time += timedelta(minutes=9, seconds=50)
    assert runner.look() == pytest.approx(10)


def test_what_was_due_while_the_machine_slept_starts_once(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    add(state, "cron(0/1 * * * ? *)")
    now.time = BEGIN + timedelta(hours=5, seconds=30)
    runner.look()
    runner.look()
    assert [it.scheduled for it in arrived] == [BEGIN]
    now.time += timedelta(seconds=30)
    runner.look()
    assert arrived[-1].scheduled == BEGIN + timedelta(hours=5, minutes=1)


def test_each_time_that_the_clock_jumps_over_starts_in_order(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    end = BEGIN + timedelta(hours=20)
    add(state, "rate(1 hour)", EndDate=end, ActionAfterCompletion="DELETE")
    now.time = BEGIN + timedelta(minutes=1)
    runner.look()
    now.jumps.add(now.time, now.time + timedelta(days=1))
    now.time += timedelta(days=1)
    runner.look()
    assert [(it.scheduled - BEGIN).total_seconds() // 3600 for it in arrived] == [*range(21)]
    assert [it.completes for it in arrived] == [False] * 20 + [True]
    assert state.schedules() == []


def test_after_the_clock_is_set_back_a_schedule_is_due_again(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    state.groups["default"].schedules["once"] = add(state, "at(2026-11-27T23:00:00)")
    add(state, "cron(0 3 * * ? *)")
    for started in (2, 3):
        now.jumps.add(BEGIN, BEGIN + timedelta(days=1))
        now.time = BEGIN + timedelta(days=1)
        runner.look()
        assert len(arrived) == started  # the one time has come, for good
        now.jumps.forget()
        now.time = BEGIN
        runner.look()
        assert len(arrived) == started


def test_start_and_end_bound_a_schedule_that_then_deletes_itself(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    start, end = BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=2)
    add(state, "rate(30 minutes)", StartDate=start, EndDate=end, ActionAfterCompletion="DELETE")
    for minutes in range(0, 240, 10):
        now.time = BEGIN + timedelta(minutes=minutes)
        runner.look()
    assert [(it.scheduled - BEGIN).seconds // 60 for it in arrived] == [60, 90, 120]
    assert state.schedules() == []


def test_one_time_is_kept_unless_it_is_to_go(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    add(state, "at(2026-11-27T12:30:00)")
    now.time = BEGIN + timedelta(hours=1)
    runner.look()
    runner.look()
    assert len(arrived) == 1
    assert [s.planned for s in state.schedules()] == [None]


def test_disabled_one_starts_nothing(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    add(state, "rate(1 minute)", State="DISABLED")
    now.time = BEGIN + timedelta(hours=1)
    assert runner.look() == WATCH.longest
    assert arrived == []


def test_flexible_window_delays_within_it(
    runner: Runner,
    now: Now,
    state: SchedulerState,
    arrived: list[Invocation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: low + (high - low) / 3)
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    add(state, "at(2026-11-27T12:30:00)", FlexibleTimeWindow=window)
    now.time = BEGIN + timedelta(minutes=34)
    runner.look()
    assert arrived == []
    now.time = BEGIN + timedelta(minutes=35)
    runner.look()
    assert arrived[0].scheduled == BEGIN + timedelta(minutes=30)


class Sqs:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def get_queue_url(self, QueueName: str, **_: Any) -> dict[str, str]:  # noqa: N803 - boto3's
        return {"QueueUrl": QueueName}

    def send_message(self, **given: Any) -> None:
        self.sent.append(given)


@pytest.mark.parametrize(
    ("error", "policy", "tries", "condition"),
    [
        (refused("ThrottlingException", 400), {"MaximumRetryAttempts": 2}, 3, "MaximumRetry"),
        (refused("InternalFailure", 500), {"MaximumRetryAttempts": 0}, 1, "MaximumRetryAttempts"),
        (refused("Unavailable", 503), {"MaximumEventAgeInSeconds": 60}, 7, "MaximumEventAge"),
        (EndpointConnectionError(endpoint_url="u"), {"MaximumRetryAttempts": 1}, 2, "MaximumRet"),
        (refused("ResourceNotFoundException", 404), {}, 1, ""),
        (targets.TargetError("no JSON"), {}, 1, ""),
    ],
)
def test_retries_then_the_dead_letter_queue(
    runner: Runner,
    now: Now,
    state: SchedulerState,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    policy: dict[str, int],
    tries: int,
    condition: str,
) -> None:
    seen: list[int] = []

    def fail(_account: str, _region: str, it: Invocation) -> None:
        seen.append(it.attempts)
        raise error

    monkeypatch.setattr(targets, "invoke", fail)
    sqs = Sqs()
    monkeypatch.setattr(runner_module, "client", lambda *_: sqs)
    target = {"RetryPolicy": policy, "DeadLetterConfig": {"Arn": f"{QUEUE}-dlq"}, "Input": '"x"'}
    add(state, "at(2026-11-27T12:00:00)", target=target, ActionAfterCompletion="DELETE")
    for _ in range(400):
        runner.look()
        now.time += timedelta(seconds=1)
    assert seen == list(range(1, tries + 1))
    assert state.invocations == []
    [sent] = sqs.sent
    attributes = {n: v["StringValue"] for n, v in sent["MessageAttributes"].items()}
    assert len(attributes) <= 10
    assert sent["MessageBody"] == '"x"'
    assert attributes["RETRY_ATTEMPTS"] == str(tries - 1)
    assert attributes["SCHEDULED_TIME"] == "2026-11-27T12:00:00Z"
    assert attributes["TARGET_ARN"] == QUEUE
    assert attributes.get("EXHAUSTED_RETRY_CONDITION", "").startswith(condition)
    assert ("EXHAUSTED_RETRY_CONDITION" in attributes) == bool(condition)
    assert state.schedules() == []  # it has had its last invocation


def test_without_a_queue_it_is_counted_and_said(
    runner: Runner,
    state: SchedulerState,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise refused("ResourceNotFoundException", 404)

    monkeypatch.setattr(targets, "invoke", fail)
    add(state, "at(2026-11-27T12:00:00)")
    runner.look()
    assert state.lost == 1
    assert "is lost after 1 attempts" in caplog.text
    assert "no dead-letter queue" in caplog.text


def test_state_is_saved_and_goes_on(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    add(state, "at(2026-11-27T12:30:00)")
    state.tags["arn"] = {"a": "b"}
    saved = STORE.snapshot()
    STORE.reset()
    assert STORE.restore(saved) == []
    restored = STORE.get(ACCOUNT, REGION)
    assert restored is not state
    assert restored.tags == {"arn": {"a": "b"}}
    now.time = BEGIN + timedelta(hours=1)
    runner.look()
    assert [it.scheduled for it in arrived] == [BEGIN + timedelta(minutes=30)]


def test_reset_leaves_nothing_due(
    runner: Runner, now: Now, state: SchedulerState, arrived: list[Invocation]
) -> None:
    add(state, "rate(1 minute)")
    STORE.reset(ACCOUNT)
    now.time = BEGIN + timedelta(hours=1)
    runner.look()
    assert arrived == []

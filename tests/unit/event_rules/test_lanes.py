"""Events go to their targets from threads of their own, again after what may pass, else away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.event_rules import failure, lanes
from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.lanes import Lanes
from lakestack.services.event_rules.state import STORE
from tests.support import unique, wait_until

REGION = "eu-west-1"
BEGIN = datetime(2026, 11, 27, 12, tzinfo=UTC)
DEAD = f"arn:aws:sqs:{REGION}:123456789012:dead"


class Sender:
    """A target that answers with these errors first."""

    def __init__(self, *errors: Exception, **more: Any) -> None:
        self.errors, self.got = list(errors), list[Any]()
        self.target = {"Id": "1", "Arn": "arn:aws:sqs:eu-west-1:123456789012:q", **more}

    def send_event(self, event: Any, trace: Any) -> None:
        assert trace is not None
        if self.errors:
            raise self.errors.pop(0)
        self.got.append(event)


class Sqs:
    """The queue of what was given up."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def get_queue_url(self, **_given: Any) -> dict[str, str]:
        return {"QueueUrl": "url"}

    def send_message(self, **message: Any) -> None:
        values = message["MessageAttributes"].items()
        self.messages.append({name: value["StringValue"] for name, value in values})


class Bench:
    """The lanes of one target, by a clock that the test sets."""

    def __init__(self, account: str, sender: Sender | None) -> None:
        self.seconds, self.account, self.state = 0.0, account, STORE.get(account, REGION)
        self.lanes = Lanes(lambda _name: sender, lambda: BEGIN + timedelta(seconds=self.seconds))

    def put(self, **event: Any) -> None:
        rule = f"arn:aws:events:{REGION}:{self.account}:rule/r"
        self.lanes.put(Delivery(self.account, REGION, rule, "r", "1", event, BEGIN))

    def waits(self) -> datetime | None:
        """When the only delivery is tried again."""
        return next((each.due for each in self.state.deliveries.values()), None)


@pytest.fixture
def account() -> Iterator[str]:
    made = unique("a")
    yield made
    STORE.reset(made)


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Sqs:
    made = Sqs()
    monkeypatch.setattr(lanes, "client", lambda *_given: made)
    return made


def _refusal(code: str, status: int) -> ClientError:
    meta: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(meta, "SendMessage")


def test_each_event_arrives_once(account: str) -> None:
    sender = Sender()
    bench = Bench(account, sender)
    for n in range(100):
        bench.put(n=n)
    wait_until(lambda: not bench.state.deliveries, what="all events")
    assert [event["n"] for event in sender.got] == list(range(100))


def test_what_may_pass_is_sent_again_when_it_is_due(account: str) -> None:
    sender = Sender(_refusal("ServiceUnavailable", 503), _refusal("ThrottlingException", 400))
    bench = Bench(account, sender)
    bench.put(n=1)
    assert wait_until(bench.waits) == BEGIN + timedelta(seconds=1)
    bench.seconds = 0.5
    bench.lanes.look()
    assert len(sender.errors) == 1
    bench.seconds = 1
    bench.lanes.look()
    wait_until(lambda: bench.waits() == BEGIN + timedelta(seconds=3), what="the second pause")
    bench.seconds = 3
    bench.lanes.look()
    wait_until(lambda: not bench.state.deliveries, what="the event")
    assert sender.got == [{"n": 1}]


@pytest.mark.parametrize(
    ("error", "policy", "code", "condition"),
    [
        (_refusal("QueueDoesNotExist", 400), {}, "NO_RESOURCE", None),
        (_refusal("AccessDenied", 403), {}, "NO_PERMISSIONS", None),
        (_refusal("InternalError", 500), {"MaximumRetryAttempts": 0}, None, "MaximumRetryAttempts"),
        (TargetError("TIMEOUT", "late", retried=True), {"MaximumRetryAttempts": 0}, "TIMEOUT", ""),
    ],
)
def test_what_is_given_up_is_in_the_dead_letter_queue(
    account: str,
    sqs: Sqs,
    error: Exception,
    policy: dict[str, int],
    code: str | None,
    condition: str | None,
) -> None:
    bench = Bench(account, Sender(error, RetryPolicy=policy, DeadLetterConfig={"Arn": DEAD}))
    bench.put(n=1)
    [message] = wait_until(lambda: sqs.messages)
    assert message["ERROR_CODE"] == (code or "ERROR_FROM_TARGET")
    assert message["RETRY_ATTEMPTS"] == "0"
    assert message["RULE_ARN"].endswith(":rule/r")
    if condition is None:
        assert "EXHAUSTED_RETRY_CONDITION" not in message
    wait_until(lambda: not bench.state.deliveries, what="the end")
    assert bench.state.lost == 0


def test_without_a_queue_it_is_counted(account: str) -> None:
    bench = Bench(account, None)  # the target was removed meanwhile
    bench.put(n=1)
    wait_until(lambda: bench.state.lost == 1 and not bench.state.deliveries, what="the loss")


def test_what_waits_is_kept_with_the_state_and_ends_with_a_reset(account: str) -> None:
    bench = Bench(account, Sender(*[_refusal("InternalError", 500)] * 3))
    bench.put(n=1)
    wait_until(bench.waits)
    saved = STORE.snapshot(account)
    assert STORE.restore(saved) == []
    assert STORE.snapshot(account) == saved
    STORE.reset(account)
    assert STORE.contents(account) == {}


def test_pauses_double_and_a_target_may_ask_for_more() -> None:
    slow = TargetError("THROTTLING", "", retried=True, pause=7)
    assert [failure.pause_before(TimeoutError(), n) for n in (1, 2, 5, 100)] == [1, 2, 16, 300]
    assert failure.pause_before(slow, 1) == 7

"""Rules bring events to their targets: together, again, or into a dead-letter queue."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.events.helpers import Aws, Queue
from tests.support import unique, wait_until


def rule(aws: Aws, source: str, *targets: dict[str, Any], **more: Any) -> str:
    """A rule of the default bus for events of a source."""
    name = unique("rule")
    pattern = {"source": [source], **more}
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    named = [{"Id": str(at), **target} for at, target in enumerate(targets)]
    assert aws("events").put_targets(Rule=name, Targets=named)["FailedEntryCount"] == 0
    return name


def put(aws: Aws, source: str, *details: dict[str, Any]) -> None:
    """Put events of a source on the default bus."""
    entries = [
        {"Source": source, "DetailType": "t", "Detail": json.dumps(detail)} for detail in details
    ]
    answer = aws("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 0


def test_events_that_meet_the_filter_arrive_once(aws: Aws, name: str) -> None:
    queue = Queue(aws)
    rule(aws, name, {"Arn": queue.arn}, detail={"n": [{"numeric": ["<", 60]}]})
    for first in range(0, 80, 10):
        put(aws, name, *({"n": n} for n in range(first, first + 10)))
    found = [json.loads(body)["detail"]["n"] for body in queue.wait(60)]
    assert sorted(found) == list(range(60))
    assert len(queue.bodies()) == 60


def test_each_target_has_its_own_form_of_the_event(aws: Aws, name: str) -> None:
    whole, part, text, fixed = (Queue(aws) for _ in range(4))
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '"number <n>"'}
    rule(
        aws,
        name,
        {"Arn": whole.arn},
        {"Arn": part.arn, "InputPath": "$.detail"},
        {"Arn": text.arn, "InputTransformer": transformer},
        {"Arn": fixed.arn, "Input": '{"always": 1}'},
    )
    put(aws, name, {"n": 7})
    assert json.loads(whole.wait(1)[0])["source"] == name
    assert json.loads(part.wait(1)[0]) == {"n": 7}
    assert "number 7" in text.wait(1)[0]
    assert json.loads(fixed.wait(1)[0]) == {"always": 1}


def test_a_target_that_is_gone_ends_in_the_dead_letter_queue(aws: Aws, name: str) -> None:
    there, dead = Queue(aws), Queue(aws)
    gone = f"{there.arn}-gone"
    made = rule(aws, name, {"Arn": gone, "DeadLetterConfig": {"Arn": dead.arn}}, {"Arn": there.arn})
    put(aws, name, {"n": 1})
    there.wait(1)
    event = json.loads(dead.wait(1)[0])
    assert (event["source"], event["detail"]) == (name, {"n": 1})
    attributes = {
        key: value["StringValue"] for key, value in dead.messages[0]["MessageAttributes"].items()
    }
    assert attributes["RULE_ARN"].endswith(f"rule/{made}")
    assert attributes["TARGET_ARN"] == gone
    assert attributes["ERROR_CODE"] == "NO_RESOURCE"
    assert attributes["RETRY_ATTEMPTS"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes
    assert gone.rpartition(":")[2] in attributes["ERROR_MESSAGE"] or attributes["ERROR_MESSAGE"]


def test_a_disabled_rule_starts_nothing(aws: Aws, name: str) -> None:
    queue, other = Queue(aws), Queue(aws)
    made = rule(aws, name, {"Arn": queue.arn})
    rule(aws, name, {"Arn": other.arn})
    aws("events").disable_rule(Name=made)
    put(aws, name, {"n": 1})
    other.wait(1)
    aws("events").enable_rule(Name=made)
    put(aws, name, {"n": 2})
    assert [json.loads(body)["detail"]["n"] for body in queue.wait(1)] == [2]


def test_a_rule_s_invocations_are_counted(aws: Aws, name: str) -> None:
    queue = Queue(aws)
    made = rule(aws, name, {"Arn": queue.arn}, {"Arn": f"{queue.arn}-gone"})
    put(aws, name, {"n": 1})
    queue.wait(1)
    cloudwatch = aws("cloudwatch")

    def metrics() -> set[str]:
        found = cloudwatch.list_metrics(
            Namespace="AWS/Events", Dimensions=[{"Name": "RuleName", "Value": made}]
        )["Metrics"]
        return {metric["MetricName"] for metric in found}

    wait_until(
        lambda: metrics() == {"TriggeredRules", "Invocations", "FailedInvocations"},
        what="the metrics",
    )

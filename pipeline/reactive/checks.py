"""What `lake verify` looks at in a lake that reacts: from the bucket's events to the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.cloudformation import GOOD
from pipeline.lake import Lake
from pipeline.reactive.batches import batches, new_files
from pipeline.reactive.stack import running
from pipeline.retraining import refresh
from pipeline.settings import REACTIVE

__all__ = ["reactive_checks"]

Look = Callable[[], tuple[bool, str]]


def reactive_checks(lake: Lake) -> Iterator[tuple[str, Look]]:
    """Steps and how to look, in the order in which a file takes them; none without the stack."""
    stack = lake.stacks.describe(REACTIVE)
    if stack is None:
        return
    status = str(stack["StackStatus"])
    yield f"stack {REACTIVE}", lambda: (status in GOOD, status)
    yield "bucket sends its events", lambda: _events(lake)
    yield f"rule {lake.settings.reactive} starts the state machine", lambda: _rule(lake)
    yield "state machine ACTIVE", lambda: _machine(lake)
    yield "topic is there", lambda: _topic(lake)
    yield f"files under {lake.settings.raw_prefix} are taken", lambda: _files(lake)
    yield "deliveries have become training data", lambda: _data(lake)


def _events(lake: Lake) -> tuple[bool, str]:
    found = lake.s3.get_bucket_notification_configuration(Bucket=lake.bucket)
    sends = "EventBridgeConfiguration" in found
    return sends, "to EventBridge" if sends else "not to EventBridge"


def _rule(lake: Lake) -> tuple[bool, str]:
    events, name = lake.client("events"), lake.settings.reactive
    state = events.describe_rule(Name=name)["State"]
    targets = [target["Arn"] for target in events.list_targets_by_rule(Rule=name)["Targets"]]
    right = targets == [lake.arn("states", lake.settings.machine)]
    return right and state == "ENABLED", f"{state}, {', '.join(targets) or 'no target'}"


def _machine(lake: Lake) -> tuple[bool, str]:
    arn = lake.arn("states", lake.settings.machine)
    found = lake.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    return found["status"] == "ACTIVE", found["status"]


def _topic(lake: Lake) -> tuple[bool, str]:
    arn = lake.arn("sns", lake.settings.reactive)
    found = lake.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return True, f"{found.get('SubscriptionsConfirmed', '0')} confirmed subscriptions"


def _files(lake: Lake) -> tuple[bool, str]:
    at_work, known = len(running(lake)), batches(lake)
    new = new_files(lake, known)
    sent = [batch for batch in known if batch.copy and not batch.delivered]
    files = [file for batch in known for file in batch.files]
    refused = sum(bool(file.refused) for file in files)
    text = (
        f"{len(files) - refused} taken, {refused} refused, {len(new)} new, "
        f"{len(sent)} batches on their way, {at_work} executions at work"
    )
    return bool(at_work) or not (new or sent), text


def _data(lake: Lake) -> tuple[bool, str]:
    """A failed execution leaves deliveries that no round has looked at: `lake retrain` does."""
    if not any(batch.delivered for batch in batches(lake)):
        return True, "no file yet"
    if not refresh.is_new(lake, refresh.delivered(lake)):
        return True, "all of them"
    return bool(running(lake)), "not all of them; make it with: lake retrain"

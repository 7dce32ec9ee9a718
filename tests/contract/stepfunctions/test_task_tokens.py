"""A state that waits until somebody gives its token back.

AWS Step Functions Developer Guide, "Discover service integration patterns", "Wait for a Callback
with Task Token".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.contract.lambda_.helpers import create
from tests.support import unique, wait_until

TOKEN = "$$.Task.Token"


def start(aws: Aws, state: dict[str, Any]) -> str:
    """Start a machine of one state; the ARN of its execution."""
    sfn, name = aws("stepfunctions"), unique("machine")
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Task", "End": True, **state}}}
    machine = sfn.create_state_machine(name=name, roleArn=ROLE, definition=json.dumps(definition))
    arn = machine["stateMachineArn"]
    execution: str = sfn.start_execution(stateMachineArn=arn, input='{"n": 1}')["executionArn"]
    return execution


def ended(aws: Aws, execution: str) -> dict[str, Any]:
    """What DescribeExecution shows, once it has ended."""

    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("stepfunctions").describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return wait_until(over, what="the execution has ended")


def by_queue(queue: Queue, **more: Any) -> dict[str, Any]:
    """A state that sends its token to a queue."""
    body = {"token.$": TOKEN, "n.$": "$.n"}
    return {
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue.url, "MessageBody": body},
        **more,
    }


def test_queue_success(aws: Aws) -> None:
    queue = Queue(aws)
    execution = start(aws, by_queue(queue, HeartbeatSeconds=60))
    message = json.loads(queue.wait(1)[0])
    assert message["n"] == 1
    sfn = aws("stepfunctions")
    assert sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
    sfn.send_task_heartbeat(taskToken=message["token"])
    sfn.send_task_success(taskToken=message["token"], output='{"done": true}')
    found = ended(aws, execution)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"done": True})


def test_queue_failure(aws: Aws) -> None:
    queue = Queue(aws)
    execution = start(aws, by_queue(queue))
    token = json.loads(queue.wait(1)[0])["token"]
    aws("stepfunctions").send_task_failure(taskToken=token, error="Refused", cause="too old")
    found = ended(aws, execution)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Refused", "too old")


@pytest.mark.parametrize("limit", ["HeartbeatSeconds", "TimeoutSeconds"])
def test_nobody_answers(aws: Aws, limit: str) -> None:
    queue = Queue(aws)
    found = ended(aws, start(aws, by_queue(queue, **{limit: 1})))
    assert found["status"] in ("FAILED", "TIMED_OUT")
    assert found["error"] in ("States.Timeout", "States.HeartbeatTimeout")


@pytest.mark.parametrize("good", [True, False])
def test_function(aws: Aws, good: bool) -> None:
    """The function itself gives the token back; its own answer counts for nothing."""
    answer = (
        "sfn.send_task_success(taskToken=event['token'], output='5')"
        if good
        else "sfn.send_task_failure(taskToken=event['token'], error='E', cause='c')"
    )
    function = create(
        aws,
        unique("answers"),
        f"""
        import boto3
        sfn = boto3.client("stepfunctions")
        def handler(event, context):
            {answer}
            return "not this"
        """,
    )
    execution = start(
        aws,
        {
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": function, "Payload": {"token.$": TOKEN}},
        },
    )
    found = ended(aws, execution)
    if good:
        assert (found["status"], found["output"]) == ("SUCCEEDED", "5")
    else:
        assert (found["status"], found["error"], found["cause"]) == ("FAILED", "E", "c")

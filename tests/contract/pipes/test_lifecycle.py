"""States of a pipe, what AWS refuses, tags, lists, and the type of CloudFormation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, template
from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.contract.pipes.helpers import Pipes, Stream, of_kinesis
from tests.support import REGION, unique, wait_until


def test_states(aws: Aws, pipes: Pipes) -> None:
    """A pipe goes on where it was stopped; an update keeps what it does not name."""
    stream, target = Stream(aws), Queue(aws)
    name = unique("pipe")
    pipes.names.append(name)
    made = pipes.api.create_pipe(
        Name=name,
        Source=stream.arn,
        Target=target.arn,
        RoleArn=ROLE,
        Description="first",
        SourceParameters=of_kinesis(BatchSize=5),
        TargetParameters={"InputTemplate": "<$.data>"},
        Tags={"a": "b"},
    )
    assert (made["CurrentState"], made["DesiredState"]) == ("CREATING", "RUNNING")
    assert made["Arn"].endswith(f":pipe/{name}")
    pipes.wait(name, "RUNNING")
    stream.put(1)
    assert target.wait(1) == ["1"]
    assert pipes.api.stop_pipe(Name=name)["CurrentState"] == "STOPPING"
    assert pipes.wait(name, "STOPPED")["DesiredState"] == "STOPPED"
    stream.put(2)
    answer = pipes.api.update_pipe(
        Name=name, RoleArn=ROLE, SourceParameters={"KinesisStreamParameters": {"BatchSize": 1}}
    )
    assert answer["CurrentState"] == "UPDATING"
    described = pipes.wait(name, "STOPPED")
    assert described["Description"] == "first"
    assert described["SourceParameters"]["KinesisStreamParameters"] == {
        "BatchSize": 1,
        "StartingPosition": "TRIM_HORIZON",
    }
    assert target.bodies() == ["1"]
    assert pipes.api.start_pipe(Name=name)["CurrentState"] == "STARTING"
    pipes.wait(name, "RUNNING")
    assert target.wait(2) == ["1", "2"]
    assert pipes.api.delete_pipe(Name=name)["CurrentState"] == "DELETING"
    wait_until(lambda: pipes.gone(name), what="gone")
    with pytest.raises(ClientError) as refused:
        pipes.api.describe_pipe(Name=name)
    assert refused.value.response["Error"]["Code"] == "NotFoundException"


def test_source_that_is_not_there(aws: Aws, pipes: Pipes) -> None:
    target = Queue(aws)
    missing = target.arn.replace("sqs", "kinesis").rpartition(":")[0] + ":stream/none"
    name = pipes.make(missing, target.arn, "CREATE_FAILED", SourceParameters=of_kinesis())
    assert "not found" in pipes.api.describe_pipe(Name=name)["StateReason"]


def test_tags_and_lists(aws: Aws, pipes: Pipes) -> None:
    source, target = Queue(aws), Queue(aws)
    name = pipes.make(source.arn, target.arn, "STOPPED", DesiredState="STOPPED", Tags={"a": "b"})
    (listed,) = pipes.api.list_pipes(SourcePrefix=source.arn, CurrentState="STOPPED")["Pipes"]
    assert (listed["Name"], listed["Target"]) == (name, target.arn)
    arn = listed["Arn"]
    pipes.api.tag_resource(resourceArn=arn, tags={"c": "d"})
    pipes.api.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert pipes.api.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "d"}
    assert pipes.api.describe_pipe(Name=name)["Tags"] == {"c": "d"}
    with pytest.raises(ClientError) as refused:
        pipes.api.create_pipe(Name=name, Source=source.arn, Target=target.arn, RoleArn=ROLE)
    assert refused.value.response["Error"]["Code"] == "ConflictException"


QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"Source": "arn:aws:mq:us-east-1:000000000000:broker:b"}, "is not emulated"),
        ({"Target": "arn:aws:ecs:us-east-1:000000000000:cluster/c"}, "is not emulated"),
        ({"Enrichment": "arn:aws:execute-api:us-east-1:000000000000:a/s/GET/p"}, "emulated"),
        ({"Source": STREAM}, "StartingPosition is required"),
        ({"Source": STREAM, "SourceParameters": of_kinesis(BatchSize=11)}, "is larger than"),
        ({"Target": STREAM}, "PartitionKey is required"),
        ({"Target": f"{QUEUE}.fifo"}, "MessageGroupId is required"),
        ({"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "[1"}]}}}, "filter"),
        ({"TargetParameters": {"InputTemplate": "<aws.pipes.nothing>"}}, "not a variable"),
        ({"SourceParameters": of_kinesis()}, "cannot be used"),
        (
            {
                "LogConfiguration": {
                    "Level": "ERROR",
                    "S3LogDestination": {"BucketName": "abc", "BucketOwner": "000000000000"},
                }
            },
            "not emulated",
        ),
    ],
)
def test_refused(aws: Aws, wrong: dict[str, Any], message: str) -> None:
    request = {"Source": QUEUE, "Target": QUEUE, "RoleArn": ROLE, **wrong}
    with pytest.raises(ClientError) as refused:
        aws("pipes").create_pipe(Name=unique("pipe"), **request)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert message in refused.value.response["Error"]["Message"]


def test_stack(aws: Aws, stacks: Stacks) -> None:
    def body(note: str) -> dict[str, Any]:
        properties = {
            "Source": {"Fn::GetAtt": ["From", "Arn"]},
            "Target": {"Fn::GetAtt": ["To", "Arn"]},
            "RoleArn": ROLE,
            "SourceParameters": {"SqsQueueParameters": {"BatchSize": "1"}},
            "TargetParameters": {"InputTemplate": f"{note} <$.body.n>"},
            "Tags": {"a": "b"},
        }
        return template(
            {"Pipe": {"Ref": "Pipe"}, "Arn": {"Fn::GetAtt": ["Pipe", "Arn"]}},
            From={"Type": "AWS::SQS::Queue"},
            To={"Type": "AWS::SQS::Queue"},
            Pipe={"Type": "AWS::Pipes::Pipe", "Properties": properties},
        )

    stack = stacks.create(body("first"))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    described = aws("pipes").describe_pipe(Name=outputs["Pipe"])
    assert (described["CurrentState"], described["Arn"]) == ("RUNNING", outputs["Arn"])
    assert described["SourceParameters"]["SqsQueueParameters"] == {"BatchSize": 1}
    cfn = aws("cloudformation")
    cfn.update_stack(StackName=stack["StackName"], TemplateBody=json.dumps(body("second")))
    cfn.get_waiter("stack_update_complete").wait(
        StackName=stack["StackName"], WaiterConfig={"Delay": 1}
    )
    sqs = aws("sqs")
    source, target = (
        sqs.get_queue_url(QueueName=described[end].rpartition(":")[2])["QueueUrl"]
        for end in ("Source", "Target")
    )
    sqs.send_message(QueueUrl=source, MessageBody='{"n": 1}')
    found = wait_until(lambda: sqs.receive_message(QueueUrl=target).get("Messages"))
    assert found[0]["Body"] == "second 1"
    cfn.delete_stack(StackName=stack["StackName"])
    cfn.get_waiter("stack_delete_complete").wait(
        StackName=stack["StackName"], WaiterConfig={"Delay": 1}
    )
    assert not [p for p in aws("pipes").list_pipes()["Pipes"] if p["Name"] == outputs["Pipe"]]


def test_a_target_that_is_not_there_disables_a_pipe_at_last(aws: Aws, pipes: Pipes) -> None:
    queue = Queue(aws)
    function = f"arn:aws:lambda:{REGION}:000000000000:function:{unique('none')}"
    name = pipes.make(queue.arn, function)
    aws("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "0"})
    aws("sqs").send_message(QueueUrl=queue.url, MessageBody="1")
    reason = pipes.wait(name, "STOPPED")["StateReason"]
    assert "errors without a success" in reason
    assert "Function not found" in reason
    assert queue.wait(1) == ["1"]  # what was not delivered is still there

"""Whether a resource is there: by what its stack says, or by its type's read call that tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.access import is_denied
from pipeline.lake import error_code, is_missing

__all__ = ["BY_ARN", "LOOKS", "first_lost", "is_made", "is_there"]

_Look = tuple[str, str, Callable[[str], dict[str, Any]]]


def _dms(operation: str, member: str) -> _Look:
    return "dms", operation, lambda n: {"Filters": [{"Name": member, "Values": [n]}]}


LOOKS: Final[Mapping[str, _Look]] = MappingProxyType(
    {
        "AWS::DMS::Endpoint": _dms("describe_endpoints", "endpoint-id"),
        "AWS::DMS::ReplicationInstance": _dms(
            "describe_replication_instances", "replication-instance-id"
        ),
        "AWS::DMS::ReplicationSubnetGroup": _dms(
            "describe_replication_subnet_groups", "replication-subnet-group-id"
        ),
        "AWS::DMS::ReplicationTask": _dms("describe_replication_tasks", "replication-task-id"),
        "AWS::DynamoDB::Table": ("dynamodb", "describe_table", lambda n: {"TableName": n}),
        "AWS::Events::Rule": ("events", "describe_rule", lambda n: {"Name": n}),
        "AWS::Glue::Crawler": ("glue", "get_crawler", lambda n: {"Name": n}),
        "AWS::Glue::Database": ("glue", "get_database", lambda n: {"Name": n}),
        "AWS::Glue::Job": ("glue", "get_job", lambda n: {"JobName": n}),
        "AWS::IAM::Role": ("iam", "get_role", lambda n: {"RoleName": n}),
        "AWS::Kinesis::Stream": (
            "kinesis",
            "describe_stream_summary",
            lambda n: {"StreamName": n},
        ),
        "AWS::KinesisFirehose::DeliveryStream": (
            "firehose",
            "describe_delivery_stream",
            lambda n: {"DeliveryStreamName": n},
        ),
        "AWS::Lambda::Function": ("lambda", "get_function", lambda n: {"FunctionName": n}),
        "AWS::Logs::LogGroup": (
            "logs",
            "describe_log_groups",
            lambda n: {"logGroupNamePrefix": n},
        ),
        "AWS::S3::Bucket": ("s3", "head_bucket", lambda n: {"Bucket": n}),
        "AWS::SNS::Topic": ("sns", "get_topic_attributes", lambda n: {"TopicArn": n}),
        "AWS::SQS::Queue": ("sqs", "get_queue_url", lambda n: {"QueueName": n}),
        "AWS::SageMaker::Endpoint": (
            "sagemaker",
            "describe_endpoint",
            lambda n: {"EndpointName": n},
        ),
        "AWS::StepFunctions::StateMachine": (
            "stepfunctions",
            "describe_state_machine",
            lambda n: {"stateMachineArn": n},
        ),
    }
)
"""By resource type: the read call that tells whether a name is taken."""
BY_ARN: Final = MappingProxyType(
    {
        "AWS::SNS::Topic": ("sns", ""),
        "AWS::StepFunctions::StateMachine": ("states", "stateMachine:"),
    }
)
"""Types of `LOOKS` that are asked for by ARN: its service, and what stands before the name."""
_LISTS: Final = {"logGroups": "logGroupName"}
"""Answers that list by a prefix: the member that has to be the whole name."""
_ABSENT: Final = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFoundException",
        "QueueDoesNotExist",
        "StateMachineDoesNotExist",
    }
)
_GONE_FOR_GOOD: Final = (
    "AWS::Glue::Crawler",
    "AWS::Glue::Database",
    "AWS::Glue::Job",
    "AWS::Kinesis::Stream",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
)
"""Types whose names stacks list as they are, and whose resources nobody else makes again: a log
group comes back by itself, tables are judged by `pipeline.table_state`."""


def is_there(client: Callable[[str], Any], kind: str, name: str) -> bool:
    """Whether there is a resource of a type of `LOOKS` and a name.

    Args:
        client: makes the client of a service
        kind: its type
        name: as a template gives it; of the types of `BY_ARN` the ARN

    Raises:
        ClientError: other than that it is not there
    """
    service, operation, arguments = LOOKS[kind]
    try:
        answer = getattr(client(service), operation)(**arguments(name))
    except ClientError as error:
        absent = is_missing(error) or error_code(error) in _ABSENT
        if absent or "could not find" in str(error).lower():
            return False
        raise
    return _is_in(answer, name)


def first_lost(client: Callable[[str], Any], made: Iterable[tuple[str, str]]) -> str | None:
    """The first of what a stack has made that is not there any more, None when all is.

    CloudFormation does not look: for it the stack is complete (AWS CloudFormation User Guide,
    "Detect unmanaged configuration changes to stacks and resources with drift detection"). What may
    not be asked for counts as there.

    Args:
        client: makes the client of a service
        made: type and PhysicalResourceId of each resource

    Raises:
        ClientError: a service fails
    """
    for kind, identity in made:
        if kind not in _GONE_FOR_GOOD:
            continue
        name = identity.rpartition("/")[2]  # of a queue's URL
        try:
            there = is_there(client, kind, name)
        except ClientError as error:
            if not is_denied(error):
                raise
            continue
        if not there:
            return f"{kind.removeprefix('AWS::').replace('::', ' ')} {name}"
    return None


def _is_in(answer: Mapping[str, Any], name: str) -> bool:
    for key, value in answer.items():
        if isinstance(value, list):
            member = _LISTS.get(key)
            return any(member is None or entry.get(member) == name for entry in value)
    return True


def is_made(resource: Mapping[str, Any]) -> bool:
    """Whether a resource of a stack, as DescribeStackResources shows it, is there.

    What could not be created because its name was taken is named all the same.
    """
    gone = resource["ResourceStatus"] in ("CREATE_FAILED", "DELETE_COMPLETE")
    return bool(resource.get("PhysicalResourceId")) and not gone

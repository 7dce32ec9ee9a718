"""Whether the names that a run's resources need are free, asked of each service.

A resource that one of the lake's own stacks has made is the lake's; DMS's tables are judged by
`pipeline.ownership`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.access import is_login_lost
from pipeline.account.templates import Resource
from pipeline.check import Check
from pipeline.lake import Lake, error_code, is_missing
from pipeline.ownership import foreign_tables
from pipeline.settings import STACKS

__all__ = ["name_checks"]

_Look = tuple[str, str, Callable[[str], dict[str, Any]]]


def _dms(operation: str, member: str) -> _Look:
    return "dms", operation, lambda n: {"Filters": [{"Name": member, "Values": [n]}]}


_LOOKS: Final[Mapping[str, _Look]] = MappingProxyType(
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
        "AWS::SQS::Queue": ("sqs", "get_queue_url", lambda n: {"QueueName": n}),
        "AWS::SageMaker::Endpoint": (
            "sagemaker",
            "describe_endpoint",
            lambda n: {"EndpointName": n},
        ),
    }
)
"""By resource type: the read call that tells whether a name is taken."""
_LISTS: Final = {"logGroups": "logGroupName"}
"""Answers that list by a prefix: the member that has to be the whole name."""
_ABSENT: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_WORKERS: Final = 8


def name_checks(lake: Lake, new: Iterable[Resource]) -> Iterator[Check]:
    """One finding for all that are free, one for each that is taken or could not be asked for.

    Args:
        lake: on its target
        new: resources that a run has yet to make
    """
    named = [r for r in new if r.name and r.kind in _LOOKS and "${" not in r.name]
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        states = list(pool.map(lambda resource: _state(lake, resource), named))
    foreign = list(_foreign(lake, {r.name for r in named}))
    found = [state for state in states if state is not None] + foreign
    free = len(named) - (len(found) - len(foreign))
    yield Check("names", True, f"{free} of {len(named)} that a run needs are seen to be free")
    yield from found


def _state(lake: Lake, resource: Resource) -> Check | None:
    """What is wrong with a name; None when it is free."""
    service, operation, arguments = _LOOKS[resource.kind]
    name = f"name {resource.name}"
    kind = resource.kind.removeprefix("AWS::").replace("::", " ")
    try:
        answer = getattr(lake.client(service), operation)(**arguments(resource.name))
    except ClientError as error:
        code = error_code(error)
        if is_missing(error) or code in _ABSENT or "could not find" in str(error).lower():
            return None
        if resource.kind == "AWS::S3::Bucket" and code in ("403", "301"):
            return Check(
                name, False, "the bucket is there and not in this account and region", _OTHER
            )
        if is_login_lost(error):
            raise
        permission = f"{service}:{operation.title().replace('_', '')}"
        return Check(name, True, f"not known: {code} (permission {permission})", _ASK)
    if not _is_in(answer, resource.name):
        return None
    return Check(name, False, f"taken: {kind} {resource.name} is there and not the lake's", _OTHER)


_ASK: Final = "Ask for the permission, or look in the console whether the name is free"
_OTHER: Final = (
    "Delete it if nobody needs it, or make the lake in another region or account: "
    "export AWS_REGION=<region>"
)


def _is_in(answer: Mapping[str, Any], name: str) -> bool:
    for key, value in answer.items():
        if isinstance(value, list):
            member = _LISTS.get(key)
            return any(member is None or entry.get(member) == name for entry in value)
    return True


def _foreign(lake: Lake, asked: set[str]) -> Iterator[Check]:
    for table in foreign_tables(lake):
        if table not in asked:
            yield Check(f"name {table}", False, "taken: a DynamoDB table not the lake's", _OTHER)
    for template in STACKS:
        stack = lake.stacks.describe(template)
        if stack and not lake.settings.owns(stack.get("Tags", [])):
            name = lake.settings.stack(template)
            yield Check(f"name {name}", False, "taken: a stack, not the lake's", _OTHER)

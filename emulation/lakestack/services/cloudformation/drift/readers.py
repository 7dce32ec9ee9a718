"""What there is of a resource now, by CloudFormation's names of its properties.

Drift is detected for the types of this table and for the properties that it names; AWS has a list
of its own ("Resources that support import and drift detection operations", AWS CloudFormation User
Guide). A property that a service shows by another name, or in another form, says so here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

Model = dict[str, Any]
Aws = Callable[[str], Any]
"""Makes a client of a service, by boto3's name."""
_GONE = re.compile("NotFound|NoSuch|NonExistent|DoesNotExist|NotExist")


PHYSICAL_ID = "PhysicalResourceId"


class GoneError(LookupError):
    """The resource is no longer there."""


@dataclass(frozen=True)
class Reader:
    """How a type is read.

    Args:
        service: of boto3
        operation: boto3's method
        identified: its parameter that takes the physical id, or several with the properties of the
            resource's record that have their values, or `PHYSICAL_ID`
        result: key of the answer that holds the properties, none for the answer itself
        same: properties that the answer has by the same name
        other: properties that it has by another name or in another form
    """

    service: str
    operation: str
    identified: str | Mapping[str, str]
    result: str | None
    same: tuple[str, ...]
    other: Mapping[str, Callable[[Model], Any]] = field(default_factory=dict)

    def read(self, aws: Aws, record: Mapping[str, Any]) -> Model:
        """The properties; one that the service does not show is None. Raises `GoneError`."""
        if isinstance(self.identified, str):
            given = {self.identified: record[PHYSICAL_ID]}
        else:
            known = {PHYSICAL_ID: record[PHYSICAL_ID], **record["Properties"]}
            given = {n: known.get(p) for n, p in self.identified.items()}
            given = {n: value for n, value in given.items() if value is not None}
        answer = called(aws, self.service, self.operation, **given)
        shown = answer if self.result is None else answer.get(self.result) or {}
        found = {name: shown.get(name) for name in self.same}
        return {**found, **{name: form(shown) for name, form in self.other.items()}}


def read_properties(aws: Aws, record: Mapping[str, Any]) -> Model | None:
    """The resource's properties that can be read, None where its type has no reader.

    Args:
        aws: makes a client of a service
        record: of the stack, with ``Type``, ``PhysicalResourceId`` and ``Properties``

    Raises:
        GoneError: it is no longer there
        ClientError: it cannot be read
    """
    reader = _READERS.get(record["Type"])
    if reader is None:
        return None
    read = reader.read if isinstance(reader, Reader) else reader
    return read(aws, record)


def readable(resource_type: str) -> bool:
    """Whether the type has a reader."""
    return resource_type in _READERS


def called(aws: Aws, service: str, operation: str, **given: Any) -> Model:
    """The answer of an operation; raises `GoneError` where it says that there is no such thing."""
    try:
        answer: Model = getattr(aws(service), operation)(**given)
    except ClientError as e:
        if _GONE.search(e.response["Error"]["Code"]):
            raise GoneError(str(e)) from e
        raise
    return answer


def _named(name: str) -> Callable[[Model], Any]:
    return lambda shown: shown.get(name)


def _document(name: str) -> Callable[[Model], Any]:
    """A JSON text as the document that the template has."""
    return lambda shown: json.loads(shown[name]) if shown.get(name) else None


def _bucket(aws: Aws, record: Mapping[str, Any]) -> Model:
    """Name, versioning and tags; what a bucket has not is said by an error, or by nothing."""
    name = record[PHYSICAL_ID]
    called(aws, "s3", "head_bucket", Bucket=name)
    versioning = called(aws, "s3", "get_bucket_versioning", Bucket=name).get("Status")
    try:
        tags = called(aws, "s3", "get_bucket_tagging", Bucket=name)["TagSet"]
    except GoneError:
        tags = None
    return {
        "BucketName": name,
        "VersioningConfiguration": {"Status": versioning} if versioning else None,
        "Tags": tags,
    }


_QUEUE_ATTRIBUTES = (
    *("ContentBasedDeduplication", "DelaySeconds", "FifoQueue", "MaximumMessageSize"),
    *("MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout"),
)


def _queue(aws: Aws, record: Mapping[str, Any]) -> Model:
    url = record[PHYSICAL_ID]
    shown = called(aws, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    attributes = shown.get("Attributes") or {}
    found = {name: attributes.get(name) for name in _QUEUE_ATTRIBUTES}
    redrive = _document("RedrivePolicy")(attributes)
    return {**found, "RedrivePolicy": redrive, "QueueName": url.rpartition("/")[2]}


def _rule(aws: Aws, record: Mapping[str, Any]) -> Model:
    bus, _, name = str(record[PHYSICAL_ID]).rpartition("|")
    shown = called(
        aws, "events", "describe_rule", Name=name, **({"EventBusName": bus} if bus else {})
    )
    same = ("Description", "EventBusName", "Name", "RoleArn", "ScheduleExpression", "State")
    pattern = _document("EventPattern")(shown)
    return {**{key: shown.get(key) for key in same}, "EventPattern": pattern}


def _topic(aws: Aws, record: Mapping[str, Any]) -> Model:
    arn = record[PHYSICAL_ID]
    attributes = called(aws, "sns", "get_topic_attributes", TopicArn=arn).get("Attributes") or {}
    found = {n: attributes.get(n) or None for n in ("DisplayName", "KmsMasterKeyId")}
    return {**found, "TopicName": arn.rpartition(":")[2]}


def _log_group(aws: Aws, record: Mapping[str, Any]) -> Model:
    name = record[PHYSICAL_ID]
    shown = called(aws, "logs", "describe_log_groups", logGroupNamePrefix=name)
    for group in shown["logGroups"]:
        if group["logGroupName"] == name:
            return {"LogGroupName": name, "RetentionInDays": group.get("retentionInDays")}
    raise GoneError(name)


def _role(aws: Aws, record: Mapping[str, Any]) -> Model:
    name = record[PHYSICAL_ID]
    role = called(aws, "iam", "get_role", RoleName=name)["Role"]
    attached = called(aws, "iam", "list_attached_role_policies", RoleName=name)
    same = ("AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Path", "RoleName")
    return {
        **{key: role.get(key) for key in same},
        "ManagedPolicyArns": [each["PolicyArn"] for each in attached["AttachedPolicies"]],
    }


_TABLE_INPUT = (
    *("Description", "Name", "Owner", "Parameters", "PartitionKeys", "Retention", "TableType"),
    *("StorageDescriptor", "ViewExpandedText", "ViewOriginalText"),
)
_ENABLED = {"Enabled": True, "Enabling": True, "Creating": True, "Disabled": False}

_READERS: dict[str, Reader | Callable[[Aws, Mapping[str, Any]], Model]] = {
    "AWS::DynamoDB::Table": Reader(
        "dynamodb",
        "describe_table",
        "TableName",
        "Table",
        ("AttributeDefinitions", "KeySchema", "ProvisionedThroughput", "TableName"),
        {
            "BillingMode": lambda t: (t.get("BillingModeSummary") or {}).get(
                "BillingMode", "PROVISIONED"
            ),
            "StreamSpecification": _named("StreamSpecification"),
        },
    ),
    "AWS::Events::Rule": _rule,
    "AWS::Glue::Crawler": Reader(
        "glue",
        "get_crawler",
        "Name",
        "Crawler",
        ("Classifiers", "DatabaseName", "Description", "Name", "Role", "TablePrefix", "Targets"),
        {"Schedule": lambda c: c.get("Schedule")},
    ),
    "AWS::Glue::Database": Reader(
        "glue", "get_database", "Name", None, (), {"DatabaseInput": _named("Database")}
    ),
    "AWS::Glue::Job": Reader(
        "glue",
        "get_job",
        "JobName",
        "Job",
        (
            *("Command", "Connections", "DefaultArguments", "Description", "ExecutionProperty"),
            *("GlueVersion", "MaxRetries", "Name", "NumberOfWorkers", "Role", "Timeout"),
            *("NonOverridableArguments", "WorkerType"),
        ),
    ),
    "AWS::Glue::Table": Reader(
        "glue",
        "get_table",
        {"DatabaseName": "DatabaseName", "Name": PHYSICAL_ID},
        "Table",
        (),
        {"TableInput": lambda table: {k: table[k] for k in _TABLE_INPUT if k in table}},
    ),
    "AWS::IAM::Role": _role,
    "AWS::Kinesis::Stream": Reader(
        "kinesis",
        "describe_stream_summary",
        "StreamName",
        "StreamDescriptionSummary",
        ("RetentionPeriodHours", "StreamModeDetails"),
        {"Name": _named("StreamName"), "ShardCount": _named("OpenShardCount")},
    ),
    "AWS::Lambda::EventSourceMapping": Reader(
        "lambda",
        "get_event_source_mapping",
        "UUID",
        None,
        (
            *("BatchSize", "BisectBatchOnFunctionError", "EventSourceArn", "FilterCriteria"),
            *("FunctionResponseTypes", "MaximumBatchingWindowInSeconds", "StartingPosition"),
            *("MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "ParallelizationFactor"),
            "TumblingWindowInSeconds",
        ),
        {"Enabled": lambda mapping: _ENABLED.get(mapping.get("State", ""))},
    ),
    "AWS::Lambda::Function": Reader(
        "lambda",
        "get_function_configuration",
        "FunctionName",
        None,
        (
            *(
                "Architectures",
                "DeadLetterConfig",
                "Description",
                "Environment",
                "EphemeralStorage",
            ),
            *("FunctionName", "Handler", "MemorySize", "PackageType", "Role", "Runtime", "Timeout"),
            "TracingConfig",
        ),
        {"Layers": lambda shown: [layer["Arn"] for layer in shown.get("Layers") or []]},
    ),
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SecretsManager::Secret": Reader(
        "secretsmanager",
        "describe_secret",
        "SecretId",
        None,
        ("Description", "KmsKeyId", "Name"),
    ),
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SSM::Parameter": Reader(
        "ssm", "get_parameter", "Name", "Parameter", ("DataType", "Name", "Type", "Value")
    ),
    "AWS::StepFunctions::StateMachine": Reader(
        "stepfunctions",
        "describe_state_machine",
        "stateMachineArn",
        None,
        (),
        {
            "DefinitionString": _named("definition"),
            "RoleArn": _named("roleArn"),
            "StateMachineName": _named("name"),
            "StateMachineType": _named("type"),
        },
    ),
}

"""Properties that LocalStack's types leave out, applied once the resource is there.

One table, from type and property to what its service is asked; the same is done when a property
changes in an update, with None when it is gone. AWS CloudFormation Template Reference, the types.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestack.services.cloudformation import s3_configurations as s3
from lakestack.services.cloudformation.changes import Change, Difference, Model, document, tag_map
from lakestack.services.cloudformation.changes_in_place import (
    CHANGES,
    DIFFERENCES,
    EC2_TAGS,
    alarm_tags,
    registry_tags,
)
from lakestack.services.cloudformation.changes_of_functions import code_signing, function_setting
from lakestack.services.cloudformation.table_changes import update_table
from lakestack.services.cloudformation.types import security_group_rules as rules


def _reserved_concurrency(aws: Any, model: Model, value: Any) -> None:
    name = model["FunctionName"]
    if value is None:
        aws.lambda_.delete_function_concurrency(FunctionName=name)
    else:
        aws.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=value)


def _retention(aws: Any, model: Model, value: Any) -> None:
    name = model["LogGroupName"]
    if value is None:
        aws.logs.delete_retention_policy(logGroupName=name)
    else:
        aws.logs.put_retention_policy(logGroupName=name, retentionInDays=value)


def _log_group_key(aws: Any, model: Model, value: Any) -> None:
    name = model["LogGroupName"]
    if value is None:
        aws.logs.disassociate_kms_key(logGroupName=name)
    else:
        aws.logs.associate_kms_key(logGroupName=name, kmsKeyId=value)


def _log_group_tags(aws: Any, model: Model, value: Any) -> None:
    name = model["LogGroupName"]
    if old := aws.logs.list_tags_log_group(logGroupName=name).get("tags"):
        aws.logs.untag_log_group(logGroupName=name, tags=list(old))
    if value:
        aws.logs.tag_log_group(logGroupName=name, tags=tag_map(value))


def _point_in_time_recovery(aws: Any, model: Model, value: Any) -> None:
    aws.dynamodb.update_continuous_backups(
        TableName=model["TableName"],
        PointInTimeRecoverySpecification=value or {"PointInTimeRecoveryEnabled": False},
    )


_NO_LIMIT = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
"""Amazon DynamoDB API Reference, "OnDemandThroughput"."""


def _table_setting(member: str, default: Any) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        name, given = model["TableName"], default if value is None else value
        table = aws.dynamodb.describe_table(TableName=name)["Table"]
        current = table.get(member, (table.get(f"{member}Summary") or {}).get(member, default))
        if current != given:
            update_table(aws, model, **{member: given})

    return apply


def _stream_retention(aws: Any, model: Model, value: Any) -> None:
    name, wanted = model["Name"], 24 if value is None else value
    now = _stream(aws, name)["RetentionPeriodHours"]
    if wanted > now:
        aws.kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=wanted)
    elif wanted < now:
        aws.kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=wanted)
    _until_active(aws, name)


def _stream_encryption(aws: Any, model: Model, value: Any) -> None:
    name, now = model["Name"], _stream(aws, model["Name"])
    if now.get("EncryptionType", "NONE") != "NONE":
        aws.kinesis.stop_stream_encryption(
            StreamName=name, EncryptionType=now["EncryptionType"], KeyId=now["KeyId"]
        )
        _until_active(aws, name)
    if value:
        aws.kinesis.start_stream_encryption(StreamName=name, **value)
        _until_active(aws, name)


def _stream_tags(aws: Any, model: Model, value: Any) -> None:
    name, client = model["Name"], aws.kinesis
    old = [t["Key"] for t in client.list_tags_for_stream(StreamName=name)["Tags"]]
    if old:
        client.remove_tags_from_stream(StreamName=name, TagKeys=old)
    if value:
        client.add_tags_to_stream(StreamName=name, Tags=tag_map(value))


def _stream_mode(aws: Any, model: Model, value: Any) -> None:
    wanted = (value or {}).get("StreamMode", "PROVISIONED")
    now = _stream(aws, model["Name"])
    if now["StreamModeDetails"]["StreamMode"] != wanted:
        aws.kinesis.update_stream_mode(
            StreamARN=now["StreamARN"], StreamModeDetails={"StreamMode": wanted}
        )
        _until_active(aws, model["Name"])


def _shard_count(aws: Any, model: Model, value: Any) -> None:
    name = model["Name"]
    now = _stream(aws, name)
    provisioned = now["StreamModeDetails"]["StreamMode"] == "PROVISIONED"
    if value is not None and provisioned and now["OpenShardCount"] != value:
        aws.kinesis.update_shard_count(
            StreamName=name, TargetShardCount=value, ScalingType="UNIFORM_SCALING"
        )
        _until_active(aws, name)


def _shard_metrics(aws: Any, model: Model, value: Any) -> None:
    name = model["Name"]
    aws.kinesis.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["ALL"])
    if value:
        aws.kinesis.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=value)


def _stream(aws: Any, name: str) -> Any:
    return aws.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def _until_active(aws: Any, name: str) -> None:
    aws.kinesis.get_waiter("stream_exists").wait(
        StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def _user_policies(aws: Any, model: Model, value: Any) -> None:
    name, client = model["UserName"], aws.iam
    for old in client.list_user_policies(UserName=name)["PolicyNames"]:
        client.delete_user_policy(UserName=name, PolicyName=old)
    for policy in value or ():
        written = document(policy["PolicyDocument"])
        client.put_user_policy(
            UserName=name, PolicyName=policy["PolicyName"], PolicyDocument=written
        )


def _vpc_attribute(name: str, default: bool) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        given = {"Value": default if value is None else value}
        aws.ec2.modify_vpc_attribute(VpcId=model["VpcId"], **{name: given})

    return apply


SUPPLEMENTS: Mapping[str, Mapping[str, Change]] = {
    "AWS::CloudWatch::Alarm": {"Tags": alarm_tags},
    "AWS::CloudWatch::CompositeAlarm": {"Tags": alarm_tags},
    "AWS::DynamoDB::Table": {
        "DeletionProtectionEnabled": _table_setting("DeletionProtectionEnabled", False),
        "PointInTimeRecoverySpecification": _point_in_time_recovery,
        "TableClass": _table_setting("TableClass", "STANDARD"),
        "OnDemandThroughput": _table_setting("OnDemandThroughput", dict(_NO_LIMIT)),
    },
    "AWS::EC2::Instance": {"Tags": EC2_TAGS["AWS::EC2::Instance"]},
    "AWS::EC2::KeyPair": {"Tags": EC2_TAGS["AWS::EC2::KeyPair"]},
    "AWS::EC2::VPC": {
        "EnableDnsSupport": _vpc_attribute("EnableDnsSupport", True),
        "EnableDnsHostnames": _vpc_attribute("EnableDnsHostnames", False),
    },
    "AWS::EC2::VPCEndpoint": {"Tags": EC2_TAGS["AWS::EC2::VPCEndpoint"]},
    "AWS::Glue::Registry": {"Tags": registry_tags},
    "AWS::IAM::User": {"Policies": _user_policies},
    "AWS::Kinesis::Stream": {  # the mode comes before the count
        "StreamModeDetails": _stream_mode,
        "ShardCount": _shard_count,
        "RetentionPeriodHours": _stream_retention,
        "StreamEncryption": _stream_encryption,
        "Tags": _stream_tags,
        "DesiredShardLevelMetrics": _shard_metrics,
    },
    "AWS::Lambda::Function": {
        "CodeSigningConfigArn": code_signing,
        "ReservedConcurrentExecutions": _reserved_concurrency,
        "EphemeralStorage": function_setting("EphemeralStorage", {"Size": 512}),
    },
    "AWS::Logs::LogGroup": {
        "RetentionInDays": _retention,
        "Tags": _log_group_tags,
        "KmsKeyId": _log_group_key,
    },
    "AWS::S3::Bucket": {
        "AccelerateConfiguration": s3.put_acceleration,
        "LifecycleConfiguration": s3.put_lifecycle,
        "LoggingConfiguration": s3.put_logging,
        "OwnershipControls": s3.put_ownership,
    },
}


BY_DIFFERENCE: Mapping[str, Mapping[str, Difference]] = {
    "AWS::EC2::SecurityGroup": {
        "SecurityGroupEgress": rules.change_egress,
        "SecurityGroupIngress": rules.change_ingress,
    },
}
"""What consists of parts beside which others may stand that are not the resource's."""

_BEFORE_DELETION: Mapping[str, Change] = {"AWS::IAM::User": _user_policies}
"""What has to go first, because the handler does not know of it."""


def undo(resource_type: str, aws: Any, model: Model) -> None:
    """Take back what would be in the way of a deletion.

    Raises:
        ClientError: the service's
    """
    if supplement := _BEFORE_DELETION.get(resource_type):
        supplement(aws, model, None)


def changeable(resource_type: str) -> set[str]:
    """The properties of a type that are changed here, whoever applies them first."""
    changed = {*CHANGES.get(resource_type, ()), *DIFFERENCES.get(resource_type, ())}
    return properties(resource_type) | changed


def properties(resource_type: str) -> set[str]:
    """The properties of a type that are applied here."""
    return {*SUPPLEMENTS.get(resource_type, ()), *BY_DIFFERENCE.get(resource_type, ())}


def apply(resource_type: str, aws: Any, model: Model, wanted: Model, before: Model | None) -> None:
    """Apply those that the template gives, or that have changed since `before`.

    Raises:
        ClientError: the service's
    """
    known = dict(SUPPLEMENTS.get(resource_type, {}))
    if before is not None:
        known |= CHANGES.get(resource_type, {})
    for name, supplement in known.items():
        value, old = wanted.get(name), (before or {}).get(name)
        if value != old:
            supplement(aws, model, value)
    differences = dict(BY_DIFFERENCE.get(resource_type, {}))
    if before is not None:
        differences |= DIFFERENCES.get(resource_type, {})
    for name, difference in differences.items():
        value, old = wanted.get(name), (before or {}).get(name)
        if value != old:
            difference(aws, model, value, old)

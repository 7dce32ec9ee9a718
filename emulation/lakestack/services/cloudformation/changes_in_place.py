"""Changes of resources that AWS makes without replacement, and LocalStack's types do not.

One table, from type and property to what its service is asked, with None where the property is gone
from the template: then the service's default holds again. Properties that are not even applied when
a resource is made are in `supplements`. AWS CloudFormation Template Reference, the types: "Update
requires: No interruption".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from localstack.aws.spec import load_service

from lakestack.services.cloudformation import changes_of_access as access
from lakestack.services.cloudformation import changes_of_apis as apis
from lakestack.services.cloudformation import changes_of_functions as functions
from lakestack.services.cloudformation import changes_of_identity as identity
from lakestack.services.cloudformation import changes_of_messaging as messaging
from lakestack.services.cloudformation import table_changes as table
from lakestack.services.cloudformation.changes import (
    Change,
    Difference,
    Model,
    document,
    tag_map,
)


def _glue_tags(kind: str) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        client, account = aws.glue, aws.sts.get_caller_identity()["Account"]
        arn = f"arn:aws:glue:{client.meta.region_name}:{account}:{kind}/{model['Name']}"
        registry_tags(aws, {"Arn": arn}, value)

    return apply


def registry_tags(aws: Any, model: Model, value: Any) -> None:
    """Tags of what Glue has, by its ARN."""
    client, arn = aws.glue, model["Arn"]
    if old := client.get_tags(ResourceArn=arn)["Tags"]:
        client.untag_resource(ResourceArn=arn, TagsToRemove=list(old))
    if value:
        client.tag_resource(ResourceArn=arn, TagsToAdd=tag_map(value))


def _all_at_once(service: str, operation: str) -> Change:
    """Give an operation that replaces all settings of a resource what the model has of them."""

    def apply(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - it is in the model
        shape = load_service(service).operation_model(operation).input_shape
        given = {n: v for n, v in model.items() if n in shape.members and n != "Tags"}
        getattr(getattr(aws, service), xform_name(operation))(**given)

    return apply


def _rule_place(model: Model) -> dict[str, str]:
    bus, _, name = str(model["Id"]).rpartition("|")
    return {"Name": name, **({"EventBusName": bus} if bus else {})}


def _rule(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    names = ("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State")
    given = {n: model[n] for n in names if n in model}
    if isinstance(given.get("EventPattern"), dict):
        given["EventPattern"] = json.dumps(given["EventPattern"])
    aws.events.put_rule(**_rule_place(model), **given)


def _rule_targets(aws: Any, model: Model, value: Any) -> None:
    place = _rule_place(model)
    place = {"Rule": place.pop("Name"), **place}
    old = {target["Id"] for target in aws.events.list_targets_by_rule(**place)["Targets"]}
    if gone := old - {target["Id"] for target in value or ()}:
        aws.events.remove_targets(**place, Ids=sorted(gone))
    if value:
        failed = aws.events.put_targets(**place, Targets=value)["FailedEntries"]
        if failed:
            raise ValueError(failed[0]["ErrorMessage"])


def _secret(member: str, default: str) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        given = {member: default if value is None else value}
        aws.secretsmanager.update_secret(SecretId=model["Id"], **given)

    return apply


def _secret_tags(aws: Any, model: Model, value: Any) -> None:
    client, secret = aws.secretsmanager, model["Id"]
    if old := client.describe_secret(SecretId=secret).get("Tags"):
        client.untag_resource(SecretId=secret, TagKeys=[tag["Key"] for tag in old])
    if value:
        client.tag_resource(SecretId=secret, Tags=value)


def _bucket_policy(aws: Any, model: Model, value: Any) -> None:
    aws.s3.put_bucket_policy(Bucket=model["Bucket"], Policy=document(value))


def _ec2_tags(identifier: str) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        resource = model[identifier]
        filters = [{"Name": "resource-id", "Values": [resource]}]
        old = aws.ec2.describe_tags(Filters=filters)["Tags"]
        if gone := {tag["Key"] for tag in old} - {tag["Key"] for tag in value or ()}:
            aws.ec2.delete_tags(Resources=[resource], Tags=[{"Key": k} for k in sorted(gone)])
        if value:
            aws.ec2.create_tags(Resources=[resource], Tags=value)

    return apply


EC2_TAGS: Mapping[str, Change] = {
    f"AWS::EC2::{kind}": _ec2_tags(identifier)
    for kind, identifier in {
        "DHCPOptions": "DhcpOptionsId",
        "EIP": "AllocationId",
        "EgressOnlyInternetGateway": "Id",
        "FlowLog": "Id",
        "Instance": "Id",
        "InternetGateway": "InternetGatewayId",
        "KeyPair": "KeyPairId",
        "NatGateway": "NatGatewayId",
        "NetworkAcl": "Id",
        "NetworkInterface": "Id",
        "RouteTable": "RouteTableId",
        "SecurityGroup": "GroupId",
        "Subnet": "SubnetId",
        "TransitGateway": "Id",
        "VPC": "VpcId",
        "VPCEndpoint": "Id",
        "VPCPeeringConnection": "Id",
        "Volume": "VolumeId",
    }.items()
}
"""Tags of resources of EC2, by the attribute that has the resource's id."""


def _parameter(name: str, default: str) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        now = aws.ssm.get_parameter(Name=model["Name"], WithDecryption=True)["Parameter"]
        given = {"Value": model.get("Value", now["Value"]), name: value or default}
        aws.ssm.put_parameter(Name=model["Name"], Type=now["Type"], Overwrite=True, **given)

    return apply


def _parameter_tags(aws: Any, model: Model, value: Any) -> None:
    named = {"ResourceType": "Parameter", "ResourceId": model["Name"]}
    if old := aws.ssm.list_tags_for_resource(**named)["TagList"]:
        aws.ssm.remove_tags_from_resource(**named, TagKeys=[tag["Key"] for tag in old])
    if value:
        tags = [{"Key": key, "Value": text} for key, text in tag_map(value).items()]
        aws.ssm.add_tags_to_resource(**named, Tags=tags)


def _key_description(aws: Any, model: Model, value: Any) -> None:
    aws.kms.update_key_description(KeyId=model["KeyId"], Description=value or "")


def _key_rotation(aws: Any, model: Model, value: Any) -> None:
    change = aws.kms.enable_key_rotation if value else aws.kms.disable_key_rotation
    change(KeyId=model["KeyId"])


def _table_tags(aws: Any, model: Model, value: Any) -> None:
    found = aws.dynamodb.describe_table(TableName=model["TableName"])["Table"]["TableArn"]
    old = aws.dynamodb.list_tags_of_resource(ResourceArn=found)["Tags"]
    if old:
        aws.dynamodb.untag_resource(ResourceArn=found, TagKeys=[t["Key"] for t in old])
    if value:
        aws.dynamodb.tag_resource(ResourceArn=found, Tags=value)


def _time_to_live(aws: Any, model: Model, value: Any) -> None:
    name = model["TableName"]
    now = aws.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    enabled = now.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    wanted = value if value and value["Enabled"] else None
    if enabled and (wanted is None or wanted["AttributeName"] != now["AttributeName"]):
        off = {"AttributeName": now["AttributeName"], "Enabled": False}
        aws.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=off)
        enabled = False
    if wanted and not enabled:
        aws.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)


def _queue_attribute(name: str, default: Any) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        given = default if value is None else value
        text = given if isinstance(given, str) else json.dumps(given)
        aws.sqs.set_queue_attributes(QueueUrl=model["QueueUrl"], Attributes={name: text})

    return apply


def _queue_tags(aws: Any, model: Model, value: Any) -> None:
    queue = model["QueueUrl"]
    if old := aws.sqs.list_queue_tags(QueueUrl=queue).get("Tags"):
        aws.sqs.untag_queue(QueueUrl=queue, TagKeys=list(old))
    if value:
        aws.sqs.tag_queue(QueueUrl=queue, Tags=tag_map(value))


def _machine_role(aws: Any, model: Model, value: Any) -> None:
    aws.stepfunctions.update_state_machine(stateMachineArn=model["Arn"], roleArn=value)


def _machine_logs(aws: Any, model: Model, value: Any) -> None:
    off = {"level": "OFF", "includeExecutionData": False, "destinations": []}
    aws.stepfunctions.update_state_machine(
        stateMachineArn=model["Arn"], loggingConfiguration=off if value is None else value
    )


def _machine_tags(aws: Any, model: Model, value: Any) -> None:
    client, arn = aws.stepfunctions, model["Arn"]
    if old := client.list_tags_for_resource(resourceArn=arn)["tags"]:
        client.untag_resource(resourceArn=arn, tagKeys=[tag["key"] for tag in old])
    if value:
        client.tag_resource(resourceArn=arn, tags=[{k.lower(): t[k] for k in t} for t in value])


def _tags_by_arn(service: str, arn: str) -> Change:
    """Tags of a service that has TagResource with ``ResourceARN``; `arn` is the attribute."""

    def apply(aws: Any, model: Model, value: Any) -> None:
        client, found = getattr(aws, service), {"ResourceARN": model[arn]}
        if old := client.list_tags_for_resource(**found)["Tags"]:
            client.untag_resource(**found, TagKeys=[tag["Key"] for tag in old])
        if value:
            client.tag_resource(**found, Tags=value)

    return apply


alarm_tags = _tags_by_arn("cloudwatch", "Arn")
"""Of an alarm, single or composite."""


_QUEUE_DEFAULTS: Model = {
    "ContentBasedDeduplication": False,
    "DeduplicationScope": "queue",
    "DelaySeconds": 0,
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": "",
    "MaximumMessageSize": 1_048_576,
    "MessageRetentionPeriod": 345_600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}
"""Amazon SQS API Reference, "SetQueueAttributes": what holds where nothing is given."""

_ALARM = (
    *("ActionsEnabled", "AlarmActions", "AlarmDescription", "ComparisonOperator"),
    *("DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile", "EvaluationPeriods"),
    *("ExtendedStatistic", "InsufficientDataActions", "MetricName", "Metrics", "Namespace"),
    *("OKActions", "Period", "Statistic", "Threshold", "ThresholdMetricId", "TreatMissingData"),
    "Unit",
)
_COMPOSITE = (
    *("ActionsEnabled", "ActionsSuppressor", "ActionsSuppressorExtensionPeriod", "AlarmActions"),
    *("ActionsSuppressorWaitPeriod", "AlarmDescription", "AlarmRule", "OKActions"),
    "InsufficientDataActions",
)
_SCHEDULE = (
    *("Description", "EndDate", "FlexibleTimeWindow", "KmsKeyArn", "ScheduleExpression"),
    *("ScheduleExpressionTimezone", "StartDate", "State", "Target"),
)

CHANGES: Mapping[str, Mapping[str, Change]] = {
    "AWS::CloudWatch::Alarm": dict.fromkeys(_ALARM, _all_at_once("cloudwatch", "PutMetricAlarm")),
    "AWS::DynamoDB::Table": {
        "AttributeDefinitions": table.change_attributes,
        "BillingMode": table.change_capacity,
        "ProvisionedThroughput": table.change_capacity,
        "SSESpecification": table.change_encryption,
        "StreamSpecification": table.change_stream,
        "Tags": _table_tags,
        "TimeToLiveSpecification": _time_to_live,
    },
    "AWS::Events::EventBus": {"Tags": _tags_by_arn("events", "Arn")},
    "AWS::Events::Rule": {
        "Tags": _tags_by_arn("events", "Arn"),
        **dict.fromkeys(
            ("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State"), _rule
        ),
        "Targets": _rule_targets,
    },
    "AWS::Glue::Crawler": {"Tags": _glue_tags("crawler")},
    "AWS::Glue::Job": {"Tags": _glue_tags("job")},
    "AWS::Glue::Schema": {"Tags": registry_tags},
    "AWS::Glue::Trigger": {"Tags": _glue_tags("trigger")},
    "AWS::Glue::Workflow": {"Tags": _glue_tags("workflow")},
    "AWS::CloudWatch::CompositeAlarm": dict.fromkeys(
        _COMPOSITE, _all_at_once("cloudwatch", "PutCompositeAlarm")
    ),
    "AWS::KMS::Key": {
        "Description": _key_description,
        "EnableKeyRotation": _key_rotation,
        **access.KEY,
    },
    **{kind: {"Tags": change} for kind, change in EC2_TAGS.items()},
    "AWS::EC2::Subnet": {"Tags": EC2_TAGS["AWS::EC2::Subnet"], **access.SUBNET},
    "AWS::EC2::VPCEndpoint": {"Tags": EC2_TAGS["AWS::EC2::VPCEndpoint"], **access.ENDPOINT},
    **access.CHANGES,
    **apis.CHANGES,
    **identity.CHANGES,
    "AWS::Lambda::Alias": functions.ALIAS,
    "AWS::Lambda::EventInvokeConfig": functions.INVOCATIONS,
    "AWS::Lambda::Url": functions.URL,
    "AWS::Lambda::EventSourceMapping": messaging.MAPPING,
    "AWS::Lambda::Function": functions.FUNCTION,
    "AWS::SSM::Parameter": {
        "AllowedPattern": _parameter("AllowedPattern", ""),
        "Description": _parameter("Description", ""),
        "Tags": _parameter_tags,
    },
    "AWS::S3::BucketPolicy": {"PolicyDocument": _bucket_policy},
    "AWS::SNS::Subscription": messaging.SUBSCRIPTION,
    "AWS::SNS::Topic": messaging.TOPIC,
    "AWS::SQS::Queue": {
        **{name: _queue_attribute(name, default) for name, default in _QUEUE_DEFAULTS.items()},
        "Tags": _queue_tags,
    },
    "AWS::Scheduler::Schedule": dict.fromkeys(
        _SCHEDULE, _all_at_once("scheduler", "UpdateSchedule")
    ),
    "AWS::SecretsManager::Secret": {
        "Description": _secret("Description", ""),
        "KmsKeyId": _secret("KmsKeyId", "alias/aws/secretsmanager"),
        "SecretString": _secret("SecretString", ""),
        "Tags": _secret_tags,
    },
    "AWS::StepFunctions::StateMachine": {
        "LoggingConfiguration": _machine_logs,
        "RoleArn": _machine_role,
        "Tags": _machine_tags,
    },
}
"""What a handler applies when it makes the resource, and cannot change, or take back."""

DIFFERENCES: Mapping[str, Mapping[str, Difference]] = {
    "AWS::DynamoDB::Table": {
        "GlobalSecondaryIndexes": table.change_indexes,
        "KinesisStreamSpecification": table.change_kinesis_stream,
    },
    "AWS::SNS::Topic": {"Subscription": messaging.change_subscriptions},
    **access.DIFFERENCES,
    **identity.DIFFERENCES,
}
"""As `CHANGES`, with what was there before."""

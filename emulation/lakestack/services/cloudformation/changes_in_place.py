"""Changes of resources that AWS makes without replacement, and LocalStack's types do not.

One table, from type and property to what its service is asked, with None where the property is gone
from the template: then the service's default holds again. Properties that are not even applied when
a resource is made are in `supplements`. AWS CloudFormation Template Reference, the types: "Update
requires: No interruption".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from localstack.aws.spec import load_service

Model = dict[str, Any]
Change = Callable[[Any, Model, Any], None]
"""Of LocalStack's client factory, the resource's model with its attributes, and the value."""


def function_setting(member: str, default: Any) -> Change:
    """A member of UpdateFunctionConfiguration, and what it is where nothing is given."""

    def apply(aws: Any, model: Model, value: Any) -> None:
        name, client = model["FunctionName"], aws.lambda_
        given = default if value is None else value
        current = client.get_function_configuration(FunctionName=name).get(member)
        if current != given:
            client.update_function_configuration(FunctionName=name, **{member: given})
            client.get_waiter("function_updated_v2").wait(FunctionName=name)

    return apply


def _function_tags(aws: Any, model: Model, value: Any) -> None:
    client = aws.lambda_
    found = client.get_function_configuration(FunctionName=model["FunctionName"])["FunctionArn"]
    if old := client.list_tags(Resource=found)["Tags"]:
        client.untag_resource(Resource=found, TagKeys=list(old))
    if value:
        client.tag_resource(Resource=found, Tags=tag_map(value))


def _glue_tags(kind: str) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        client, account = aws.glue, aws.sts.get_caller_identity()["Account"]
        arn = f"arn:aws:glue:{client.meta.region_name}:{account}:{kind}/{model['Name']}"
        if old := client.get_tags(ResourceArn=arn)["Tags"]:
            client.untag_resource(ResourceArn=arn, TagsToRemove=list(old))
        if value:
            client.tag_resource(ResourceArn=arn, TagsToAdd=tag_map(value))

    return apply


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


def _policy_versions(aws: Any, model: Model, value: Any) -> None:
    client, arn = aws.iam, model["Id"]
    for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:  # there may be five; AWS keeps the one before
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    client.create_policy_version(PolicyArn=arn, PolicyDocument=_document(value), SetAsDefault=True)


def _bucket_policy(aws: Any, model: Model, value: Any) -> None:
    aws.s3.put_bucket_policy(Bucket=model["Bucket"], Policy=_document(value))


def _role(member: str, default: Any) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        given = {member: default if value is None else value}
        aws.iam.update_role(RoleName=model["RoleName"], **given)

    return apply


def _key_description(aws: Any, model: Model, value: Any) -> None:
    aws.kms.update_key_description(KeyId=model["KeyId"], Description=value or "")


def _key_rotation(aws: Any, model: Model, value: Any) -> None:
    change = aws.kms.enable_key_rotation if value else aws.kms.disable_key_rotation
    change(KeyId=model["KeyId"])


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _capacity(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - both belong together
    mode = model.get("BillingMode", "PROVISIONED")
    asked: Model = {"TableName": model["TableName"], "BillingMode": mode}
    if mode == "PROVISIONED":
        asked["ProvisionedThroughput"] = model["ProvisionedThroughput"]
    aws.dynamodb.update_table(**asked)


def _table_tags(aws: Any, model: Model, value: Any) -> None:
    table = aws.dynamodb.describe_table(TableName=model["TableName"])["Table"]["TableArn"]
    old = aws.dynamodb.list_tags_of_resource(ResourceArn=table)["Tags"]
    if old:
        aws.dynamodb.untag_resource(ResourceArn=table, TagKeys=[t["Key"] for t in old])
    if value:
        aws.dynamodb.tag_resource(ResourceArn=table, Tags=value)


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


def _topic_attribute(name: str, default: str) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        text = default if value is None else str(value)
        aws.sns.set_topic_attributes(
            TopicArn=model["TopicArn"], AttributeName=name, AttributeValue=text
        )

    return apply


def _machine_role(aws: Any, model: Model, value: Any) -> None:
    aws.stepfunctions.update_state_machine(stateMachineArn=model["Arn"], roleArn=value)


def _machine_tags(aws: Any, model: Model, value: Any) -> None:
    client, arn = aws.stepfunctions, model["Arn"]
    if old := client.list_tags_for_resource(resourceArn=arn)["tags"]:
        client.untag_resource(resourceArn=arn, tagKeys=[tag["key"] for tag in old])
    if value:
        client.tag_resource(resourceArn=arn, tags=[{k.lower(): t[k] for k in t} for t in value])


def tag_map(tags: Any) -> dict[str, str]:
    """Tags by their keys, from either form that types have."""
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


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
_SCHEDULE = (
    *("Description", "EndDate", "FlexibleTimeWindow", "KmsKeyArn", "ScheduleExpression"),
    *("ScheduleExpressionTimezone", "StartDate", "State", "Target"),
)

CHANGES: Mapping[str, Mapping[str, Change]] = {
    "AWS::CloudWatch::Alarm": dict.fromkeys(_ALARM, _all_at_once("cloudwatch", "PutMetricAlarm")),
    "AWS::DynamoDB::Table": {
        "BillingMode": _capacity,
        "ProvisionedThroughput": _capacity,
        "Tags": _table_tags,
        "TimeToLiveSpecification": _time_to_live,
    },
    "AWS::Events::Rule": {
        **dict.fromkeys(("Description", "EventPattern", "ScheduleExpression", "State"), _rule),
        "Targets": _rule_targets,
    },
    "AWS::Glue::Crawler": {"Tags": _glue_tags("crawler")},
    "AWS::Glue::Job": {"Tags": _glue_tags("job")},
    "AWS::Glue::Trigger": {"Tags": _glue_tags("trigger")},
    "AWS::Glue::Workflow": {"Tags": _glue_tags("workflow")},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": _policy_versions},
    "AWS::IAM::Role": {
        "Description": _role("Description", ""),
        "MaxSessionDuration": _role("MaxSessionDuration", 3600),
    },
    "AWS::KMS::Key": {"Description": _key_description, "EnableKeyRotation": _key_rotation},
    "AWS::Lambda::Function": {
        "DeadLetterConfig": function_setting("DeadLetterConfig", {"TargetArn": ""}),
        "Description": function_setting("Description", ""),
        "Environment": function_setting("Environment", {"Variables": {}}),
        "KmsKeyArn": function_setting("KMSKeyArn", ""),
        "MemorySize": function_setting("MemorySize", 128),
        "SnapStart": function_setting("SnapStart", {"ApplyOn": "None"}),
        "Tags": _function_tags,
        "Timeout": function_setting("Timeout", 3),
        "TracingConfig": function_setting("TracingConfig", {"Mode": "PassThrough"}),
    },
    "AWS::S3::BucketPolicy": {"PolicyDocument": _bucket_policy},
    "AWS::SNS::Topic": {
        "DisplayName": _topic_attribute("DisplayName", ""),
        "KmsMasterKeyId": _topic_attribute("KmsMasterKeyId", ""),
        "SignatureVersion": _topic_attribute("SignatureVersion", "1"),
    },
    "AWS::SQS::Queue": {
        **{name: _queue_attribute(name, default) for name, default in _QUEUE_DEFAULTS.items()},
        "Tags": _queue_tags,
    },
    "AWS::Scheduler::Schedule": dict.fromkeys(
        _SCHEDULE, _all_at_once("scheduler", "UpdateSchedule")
    ),
    "AWS::SecretsManager::Secret": {
        "Description": _secret("Description", ""),
        "KmsKeyId": _secret("KmsKeyId", ""),
        "SecretString": _secret("SecretString", ""),
        "Tags": _secret_tags,
    },
    "AWS::StepFunctions::StateMachine": {"RoleArn": _machine_role, "Tags": _machine_tags},
}
"""What a handler applies when it makes the resource, and cannot change, or take back."""

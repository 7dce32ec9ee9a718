"""Changes of resources that AWS makes without replacement, and LocalStack's types do not.

One table, from type and property to what its service is asked, with None where the property is gone
from the template: then the service's default holds again. AWS CloudFormation Template Reference,
the types: "Update requires: No interruption".
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.spec import load_service

Model = dict[str, Any]
Change = Callable[[Any, Model, Any], None]
"""Of LocalStack's client factory, the resource's model with its attributes, and the value."""


def _function(member: str, default: Any) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        name, client = model["FunctionName"], aws.lambda_
        given = {member: default if value is None else value}
        client.update_function_configuration(FunctionName=name, **given)
        client.get_waiter("function_updated_v2").wait(FunctionName=name)

    return apply


def _function_tags(aws: Any, model: Model, value: Any) -> None:
    client = aws.lambda_
    found = client.get_function_configuration(FunctionName=model["FunctionName"])["FunctionArn"]
    if old := client.list_tags(Resource=found)["Tags"]:
        client.untag_resource(Resource=found, TagKeys=list(old))
    if value:
        client.tag_resource(Resource=found, Tags=_map(value))


def _glue_tags(kind: str) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        client, account = aws.glue, aws.sts.get_caller_identity()["Account"]
        arn = f"arn:aws:glue:{client.meta.region_name}:{account}:{kind}/{model['Name']}"
        if old := client.get_tags(ResourceArn=arn)["Tags"]:
            client.untag_resource(ResourceArn=arn, TagsToRemove=list(old))
        if value:
            client.tag_resource(ResourceArn=arn, TagsToAdd=_map(value))

    return apply


@functools.cache
def _members(service: str, operation: str) -> frozenset[str]:
    return frozenset(load_service(service).operation_model(operation).input_shape.members)


def _alarm(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    names = _members("cloudwatch", "PutMetricAlarm") - {"Tags"}
    aws.cloudwatch.put_metric_alarm(**{n: v for n, v in model.items() if n in names})


def _schedule(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    names = _members("scheduler", "UpdateSchedule")
    aws.scheduler.update_schedule(**{n: v for n, v in model.items() if n in names})


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


def _display_name(aws: Any, model: Model, value: Any) -> None:
    aws.sns.set_topic_attributes(
        TopicArn=model["TopicArn"], AttributeName="DisplayName", AttributeValue=value or ""
    )


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _map(tags: Any) -> dict[str, str]:
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


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
    "AWS::CloudWatch::Alarm": dict.fromkeys(_ALARM, _alarm),
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
        "DeadLetterConfig": _function("DeadLetterConfig", {"TargetArn": ""}),
        "Description": _function("Description", ""),
        "Environment": _function("Environment", {"Variables": {}}),
        "MemorySize": _function("MemorySize", 128),
        "Tags": _function_tags,
        "Timeout": _function("Timeout", 3),
        "TracingConfig": _function("TracingConfig", {"Mode": "PassThrough"}),
    },
    "AWS::S3::BucketPolicy": {"PolicyDocument": _bucket_policy},
    "AWS::SNS::Topic": {"DisplayName": _display_name},
    "AWS::Scheduler::Schedule": dict.fromkeys(_SCHEDULE, _schedule),
    "AWS::SecretsManager::Secret": {
        "Description": _secret("Description", ""),
        "KmsKeyId": _secret("KmsKeyId", ""),
        "SecretString": _secret("SecretString", ""),
        "Tags": _secret_tags,
    },
}

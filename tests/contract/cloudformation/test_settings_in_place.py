"""Settings that AWS changes without replacement: each reaches its service, and goes with its line.

AWS CloudFormation Template Reference, the types ("Update requires: No interruption").
"""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cloudformation.helpers import Stacks, outputs, template
from tests.support import unique

ROLE = "arn:aws:iam::000000000000:role/x"
CODE = {"ZipFile": "def handler(event, context): pass"}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def updated(stacks: Stacks, kind: str, base: Any, before: Any, after: Any) -> tuple[Any, Any]:
    """Make a resource and change its properties; its name before and after."""

    def body(changing: Any) -> Any:
        return template({"R": {"Ref": "R"}}, R=resource(kind, **base, **changing))

    named = ["CAPABILITY_NAMED_IAM"]
    stack = stacks.create(body(before), Capabilities=named)
    old = outputs(stack)["R"]
    stack = stacks.update(stack, body(after), Capabilities=named)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    return old, outputs(stack)["R"]


def test_a_function_loses_its_settings(stacks: Stacks) -> None:
    base = {"Runtime": "python3.12", "Handler": "index.h", "Role": ROLE, "Code": CODE}
    before = {
        "Description": "d",
        "MemorySize": 512,
        "Timeout": 9,
        "Environment": {"Variables": {"a": "b"}},
        "TracingConfig": {"Mode": "Active"},
        "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    after = {"Tags": [{"Key": "a", "Value": "c"}]}

    old, new = updated(stacks, "AWS::Lambda::Function", base, before, after)

    found = stacks.aws("lambda").get_function(FunctionName=new)
    settings = found["Configuration"]
    assert old == new
    assert (settings["Description"], settings["MemorySize"], settings["Timeout"]) == ("", 128, 3)
    assert settings.get("Environment", {}).get("Variables", {}) == {}
    assert settings["TracingConfig"] == {"Mode": "PassThrough"}
    assert "DeadLetterConfig" not in settings
    assert found["Tags"]["a"] == "c"


def test_an_alarm_is_changed(stacks: Stacks) -> None:
    base = {
        "Namespace": "X",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    before = {"Threshold": 1, "EvaluationPeriods": 1, "AlarmDescription": "d"}

    old, new = updated(
        stacks, "AWS::CloudWatch::Alarm", base, before, {"Threshold": 2, "EvaluationPeriods": 3}
    )

    (alarm,) = stacks.aws("cloudwatch").describe_alarms(AlarmNames=[new])["MetricAlarms"]
    assert old == new
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (2, 3)
    assert not alarm.get("AlarmDescription")


def test_a_rule_and_its_targets_are_changed(stacks: Stacks) -> None:
    def target(name: str) -> dict[str, str]:
        return {"Id": name, "Arn": f"arn:aws:sqs:us-east-1:000000000000:{name}"}

    before = {
        "ScheduleExpression": "rate(14 minutes)",
        "Description": "d",
        "Targets": [target("a"), target("b")],
    }
    after = {"ScheduleExpression": "rate(15 minutes)", "Targets": [target("b"), target("c")]}

    old, new = updated(
        stacks, "AWS::Events::Rule", {"State": "DISABLED", "Name": unique("rule")}, before, after
    )

    events, name = stacks.aws("events"), new.rpartition("/")[2]
    rule = events.describe_rule(Name=name)
    assert old == new
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(15 minutes)", "DISABLED")
    assert not rule.get("Description")
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    assert sorted(each["Id"] for each in targets) == ["b", "c"]


def test_a_schedule_is_changed(stacks: Stacks) -> None:
    target = {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": ROLE, "Input": "{}"}
    base = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Name": unique("schedule")}

    old, new = updated(
        stacks,
        "AWS::Scheduler::Schedule",
        base,
        {"ScheduleExpression": "rate(14 minutes)", "Target": target},
        {"ScheduleExpression": "rate(15 minutes)", "Target": {**target, "Input": '{"a": 1}'}},
    )

    found = stacks.aws("scheduler").get_schedule(Name=new)
    assert old == new
    assert found["ScheduleExpression"] == "rate(15 minutes)"
    assert found["Target"]["Input"] == '{"a": 1}'


def test_a_secret_is_changed(stacks: Stacks) -> None:
    before = {"SecretString": "one", "Description": "d", "Tags": [{"Key": "a", "Value": "b"}]}
    after = {"SecretString": "two", "Tags": [{"Key": "a", "Value": "c"}]}

    old, new = updated(stacks, "AWS::SecretsManager::Secret", {}, before, after)

    secrets = stacks.aws("secretsmanager")
    described = secrets.describe_secret(SecretId=new)
    assert old == new
    assert secrets.get_secret_value(SecretId=new)["SecretString"] == "two"
    assert not described.get("Description")
    assert {"Key": "a", "Value": "c"} in described["Tags"]


def test_policies_are_changed(stacks: Stacks) -> None:
    def document(action: str, **more: Any) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
        return {"Version": "2012-10-17", "Statement": [statement]}

    old, new = updated(
        stacks,
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": unique("policy")},
        {"PolicyDocument": document("s3:GetObject")},
        {"PolicyDocument": document("s3:PutObject")},
    )
    iam = stacks.aws("iam")
    version = iam.get_policy(PolicyArn=new)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=new, VersionId=version)["PolicyVersion"]
    assert old == new
    assert found["Document"]["Statement"][0]["Action"] == "s3:PutObject"

    bucket = unique("policies")
    stacks.aws("s3").create_bucket(Bucket=bucket)
    updated(
        stacks,
        "AWS::S3::BucketPolicy",
        {"Bucket": bucket},
        {"PolicyDocument": document("s3:GetObject", Principal="*")},
        {"PolicyDocument": document("s3:PutObject", Principal="*")},
    )
    policy = json.loads(stacks.aws("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    assert policy["Statement"][0]["Action"] == "s3:PutObject"


def test_a_key_a_topic_and_a_role_lose_their_settings(stacks: Stacks) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    before = {"Description": "d", "EnableKeyRotation": True}
    _, key = updated(stacks, "AWS::KMS::Key", {"KeyPolicy": trust}, before, {})
    _, topic = updated(stacks, "AWS::SNS::Topic", {}, {"DisplayName": "d"}, {"DisplayName": ""})
    _, role = updated(
        stacks,
        "AWS::IAM::Role",
        {"AssumeRolePolicyDocument": trust},
        {"Description": "d", "MaxSessionDuration": 7200},
        {},
    )

    kms = stacks.aws("kms")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == ""
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    attributes = stacks.aws("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes.get("DisplayName", "") == ""
    found = stacks.aws("iam").get_role(RoleName=role)["Role"]
    assert (found.get("Description", ""), found["MaxSessionDuration"]) == ("", 3600)


def test_tags_are_changed(stacks: Stacks) -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://a/a.py"}
    base = {"Role": ROLE, "Command": command, "Name": unique("job")}
    _, job = updated(stacks, "AWS::Glue::Job", base, {"Tags": {"a": "b"}}, {"Tags": {"a": "c"}})
    tags = [{"Key": "a", "Value": "b"}]
    key = "arn:aws:kms:us-east-1:000000000000:key/7c1a2b5e-0000-4000-8000-000000000001"
    _, group = updated(stacks, "AWS::Logs::LogGroup", {}, {}, {"Tags": tags, "KmsKeyId": key})

    arn = f"arn:aws:glue:us-east-1:000000000000:job/{job}"
    assert stacks.aws("glue").get_tags(ResourceArn=arn)["Tags"]["a"] == "c"
    logs = stacks.aws("logs")
    assert logs.list_tags_log_group(logGroupName=group)["tags"]["a"] == "b"
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["kmsKeyId"] == key

"""Properties reach the services as AWS hands them on; what does not is said.

AWS CloudFormation Template Reference, the types; User Guide, "Resource tag" and "Troubleshooting
CloudFormation".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, template
from tests.support import unique

ROLE = "arn:aws:iam::000000000000:role/x"


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def function(**properties: Any) -> dict[str, Any]:
    code = {"ZipFile": "def handler(event, context): pass"}
    base = {"Runtime": "python3.12", "Handler": "index.handler", "Role": ROLE, "Code": code}
    return resource("AWS::Lambda::Function", **{**base, **properties})


def test_booleans_and_numbers_are_written_as_yaml_does(stacks: Stacks) -> None:
    body = """
Parameters: {Flag: {Type: String, Default: true, AllowedValues: [true, false]}}
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: '5', Tags: [{Key: b, Value: true}, {Key: n, Value: 5}]}
  P:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Join ['-', [!Ref Flag, true, false, 1.5]]}
Outputs: {Q: {Value: !Ref Q}, P: {Value: !GetAtt P.Value}}
"""
    made = outputs(stacks.create(body))
    sqs = stacks.aws("sqs")
    assert sqs.list_queue_tags(QueueUrl=made["Q"])["Tags"] == {"b": "true", "n": "5"}
    attributes = sqs.get_queue_attributes(QueueUrl=made["Q"], AttributeNames=["DelaySeconds"])
    assert attributes["Attributes"] == {"DelaySeconds": "5"}
    assert made["P"] == "true-true-false-1.5"


def test_a_stream_is_made_and_changed_as_its_properties_say(stacks: Stacks) -> None:
    def body(shards: int, hours: int, team: str) -> Any:
        encryption = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
        tags = [{"Key": "team", "Value": team}]
        return template(
            {"S": {"Ref": "S"}, "D": {"Ref": "D"}},
            S=resource(
                "AWS::Kinesis::Stream",
                ShardCount=shards,
                RetentionPeriodHours=hours,
                StreamEncryption=encryption,
                Tags=tags,
            ),
            D=resource("AWS::Kinesis::Stream"),
        )

    def summary(name: str) -> tuple[Any, ...]:
        found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        mode = found["StreamModeDetails"]["StreamMode"]
        encryption = found.get("EncryptionType")
        return mode, found["OpenShardCount"], found["RetentionPeriodHours"], encryption

    kinesis = stacks.aws("kinesis")
    stack = stacks.create(body(1, 48, "a"))
    made = outputs(stack)
    assert summary(made["S"]) == ("PROVISIONED", 1, 48, "KMS")
    assert summary(made["D"])[:2] == ("ON_DEMAND", 4)
    stack = stacks.update(stack, body(2, 24, "b"), Tags=[{"Key": "stack", "Value": "s"}])
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack) == made
    assert summary(made["S"]) == ("PROVISIONED", 2, 24, "KMS")
    tags = kinesis.list_tags_for_stream(StreamName=made["S"])["Tags"]
    assert {t["Key"]: t["Value"] for t in tags} == {"team": "b", "stack": "s"}


def test_a_change_that_the_handler_does_not_know_is_undone(stacks: Stacks) -> None:
    def body(shards: int, **more: Any) -> Any:
        stream = resource("AWS::Kinesis::Stream", ShardCount=shards)
        return template({"S": {"Ref": "S"}}, S=stream, **more)

    stack = stacks.create(body(1))
    failing = {**resource("AWS::SQS::Queue", DelaySecond=1), "DependsOn": "S"}
    stack = stacks.update(stack, body(2, Q=failing))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", stacks.events(stack)
    assert "[DelaySecond] is not permitted (did you mean DelaySeconds?)" in stacks.reason(
        stack, "Q"
    )
    found = stacks.aws("kinesis").describe_stream_summary(StreamName=outputs(stack)["S"])
    assert found["StreamDescriptionSummary"]["OpenShardCount"] == 1


def test_a_permission_keeps_its_conditions(stacks: Stacks) -> None:
    def permission(action: str, principal: str, **conditions: str) -> dict[str, Any]:
        name = {"Ref": "F"}
        return resource(
            "AWS::Lambda::Permission",
            FunctionName=name,
            Action=f"lambda:{action}",
            Principal=principal,
            **conditions,
        )

    body = template(
        {"F": {"Ref": "F"}},
        F=function(),
        Organization=permission("InvokeFunction", "*", PrincipalOrgID="o-a1b2c3d4e5"),
        Bucket=permission(
            "InvokeFunction",
            "s3.amazonaws.com",
            SourceAccount="000000000000",
            SourceArn="arn:aws:s3:::b",
        ),
        Url=permission("InvokeFunctionUrl", "*", FunctionUrlAuthType="NONE"),
    )
    name = outputs(stacks.create(body))["F"]
    policy = json.loads(stacks.aws("lambda").get_policy(FunctionName=name)["Policy"])
    found = [statement["Condition"] for statement in policy["Statement"]]
    assert sorted(found, key=json.dumps) == [
        {
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
            "StringEquals": {"AWS:SourceAccount": "000000000000"},
        },
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    ]


def test_what_handlers_leave_out_is_applied(stacks: Stacks) -> None:
    key = {"AttributeName": "id", "KeyType": "HASH"}
    body = template(
        {name: {"Ref": name} for name in "FDBLU"},
        F=function(
            ReservedConcurrentExecutions="1",
            EphemeralStorage={"Size": 1024},
            Environment={"Variables": {"DEBUG": True}},
        ),
        D=resource(
            "AWS::DynamoDB::Table",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[key],
            TableClass="STANDARD_INFREQUENT_ACCESS",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": "true"},
        ),
        B=resource(
            "AWS::S3::Bucket",
            LifecycleConfiguration={"Rules": [{"Status": "Enabled", "ExpirationInDays": "7"}]},
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        ),
        L=resource("AWS::Logs::LogGroup", RetentionInDays=7, Tags=[{"Key": "a", "Value": "b"}]),
        U=resource("AWS::Events::EventBus", Name=unique("bus"), Description="said"),
    )
    made = outputs(stacks.create(body))
    lambda_, dynamodb, s3 = (stacks.aws(name) for name in ("lambda", "dynamodb", "s3"))
    concurrency = lambda_.get_function_concurrency(FunctionName=made["F"])
    assert concurrency["ReservedConcurrentExecutions"] == 1
    settings = lambda_.get_function_configuration(FunctionName=made["F"])
    assert settings["EphemeralStorage"] == {"Size": 1024}
    assert settings["Environment"]["Variables"] == {"DEBUG": "true"}
    table = dynamodb.describe_table(TableName=made["D"])["Table"]
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    backups = dynamodb.describe_continuous_backups(TableName=made["D"])
    described = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert described["PointInTimeRecoveryStatus"] == "ENABLED"
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=made["B"])["Rules"]
    assert rule["Expiration"] == {"Days": 7}
    assert s3.get_bucket_ownership_controls(Bucket=made["B"])["OwnershipControls"]["Rules"]
    (group,) = stacks.aws("logs").describe_log_groups(logGroupNamePrefix=made["L"])["logGroups"]
    assert group["retentionInDays"] == 7
    assert stacks.aws("events").describe_event_bus(Name=made["U"])["Description"] == "said"


def test_what_is_not_applied_is_said(stacks: Stacks) -> None:
    replication = {"Role": ROLE, "Rules": []}
    stack = stacks.create(
        template(
            A=resource("AWS::S3::Bucket", ReplicationConfiguration=replication),
            B=function(RecursiveLoop="Allow"),
        )
    )
    said = {
        name: reason for name, status, reason in stacks.events(stack) if "not applied" in reason
    }
    assert said == {
        "A": "accepted, not applied: ReplicationConfiguration",
        "B": "accepted, not applied: RecursiveLoop",
    }


def test_what_would_be_missed_is_refused(stacks: Stacks) -> None:
    source = {"InputFormat": "CSV", "S3BucketSource": {"S3Bucket": "b"}}
    keys = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    table = resource("AWS::DynamoDB::Table", ImportSourceSpecification=source, **keys)
    stack = stacks.create(template(A=table))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "ImportSourceSpecification is not emulated" in stacks.reason(stack, "A")


def test_stack_tags_reach_resources(stacks: Stacks) -> None:
    job = resource(
        "AWS::Glue::Job", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://a/b"}
    )
    body = template(
        {"B": {"Ref": "B"}, "J": {"Ref": "J"}, "V": {"Fn::GetAtt": ["P", "Value"]}},
        B=resource("AWS::S3::Bucket", Tags=[{"Key": "own", "Value": "bucket"}]),
        J=job,
        P=parameter("x"),
    )
    tags = [{"Key": "team", "Value": "lake"}, {"Key": "own", "Value": "stack"}]
    made = outputs(stacks.create(body, Tags=tags))
    found = stacks.aws("s3").get_bucket_tagging(Bucket=made["B"])["TagSet"]
    assert {t["Key"]: t["Value"] for t in found} == {"own": "bucket", "team": "lake"}
    arn = f"arn:aws:glue:us-east-1:000000000000:job/{made['J']}"
    assert stacks.aws("glue").get_tags(ResourceArn=arn)["Tags"] == {"team": "lake", "own": "stack"}


def test_a_delivery_stream_without_a_name(stacks: Stacks) -> None:
    destination = {"BucketARN": {"Fn::GetAtt": ["B", "Arn"]}, "RoleARN": ROLE}
    stack = stacks.create(
        template(
            {"F": {"Ref": "F"}},
            B=resource("AWS::S3::Bucket"),
            F=resource(
                "AWS::KinesisFirehose::DeliveryStream",
                ExtendedS3DestinationConfiguration=destination,
            ),
        )
    )
    name = outputs(stack)["F"]
    assert name.startswith(f"{stack['StackName']}-F-")
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
def test_rules_of_a_security_group_as_resources(stacks: Stacks, direction: str) -> None:
    group = {"Fn::GetAtt": ["G", "GroupId"]}
    ports = {"IpProtocol": "tcp", "FromPort": "8080", "ToPort": 8080}
    kind = f"AWS::EC2::SecurityGroup{direction}"
    stack = stacks.create(
        template(
            {"G": group, "R": {"Ref": "R"}},
            G=resource("AWS::EC2::SecurityGroup", GroupDescription="g"),
            R=resource(kind, GroupId=group, CidrIp="10.0.0.0/8", **ports),
        )
    )
    made, ec2 = outputs(stack), stacks.aws("ec2")
    assert made["R"].startswith("sgr-")
    (found,) = ec2.describe_security_groups(GroupIds=[made["G"]])["SecurityGroups"]
    allowed = found["IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"]
    assert [p["IpRanges"][0]["CidrIp"] for p in allowed if p.get("FromPort") == 8080] == [
        "10.0.0.0/8"
    ]
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


def test_a_subscription_filter_has_its_own_name(stacks: Stacks) -> None:
    stack = stacks.create(
        template(
            {"L": {"Ref": "L"}},
            L=resource("AWS::Logs::LogGroup"),
            S=resource("AWS::Kinesis::Stream", ShardCount=1),
            F=resource(
                "AWS::Logs::SubscriptionFilter",
                LogGroupName={"Ref": "L"},
                FilterName="mine",
                FilterPattern="",
                DestinationArn={"Fn::GetAtt": ["S", "Arn"]},
                RoleArn=ROLE,
            ),
        )
    )
    logs = stacks.aws("logs")
    (found,) = logs.describe_subscription_filters(logGroupName=outputs(stack)["L"])[
        "subscriptionFilters"
    ]
    assert (found["filterName"], found["roleArn"]) == ("mine", ROLE)
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"

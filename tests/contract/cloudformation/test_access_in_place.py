"""Aliases, keys, policies, those who hold them, and routes change in place, as AWS does it.

AWS CloudFormation Template Reference, the types ("Update requires: No interruption").
"""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cloudformation.helpers import Stacks, outputs, template
from tests.contract.cloudformation.test_settings_in_place import CODE, ROLE, resource
from tests.support import unique

NAMED = ["CAPABILITY_NAMED_IAM"]
ROOT = {"AWS": "arn:aws:iam::000000000000:root"}


def changed(stacks: Stacks, before: Any, after: Any) -> Any:
    """Make a stack, change it, and give the outputs, the same before and after."""
    stack = stacks.create(before, Capabilities=NAMED)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    old = outputs(stack)
    stack = stacks.update(stack, after, Capabilities=NAMED)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack) == old
    return old


def allow(action: str, principal: Any = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": "*"}
    if principal:
        statement["Principal"] = principal
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_an_alias_goes_to_a_new_version(stacks: Stacks) -> None:
    """What SAM's AutoPublishAlias makes of an update."""
    code = {"ZipFile": "def handler(event, context): return 2"}

    def body(code: Any, version: str, description: str, attempts: int) -> Any:
        function = resource(
            "AWS::Lambda::Function", Runtime="python3.12", Handler="index.h", Role=ROLE, Code=code
        )
        published = resource("AWS::Lambda::Version", FunctionName={"Ref": "F"})
        alias = resource(
            "AWS::Lambda::Alias",
            FunctionName={"Ref": "F"},
            FunctionVersion={"Fn::GetAtt": [version, "Version"]},
            Name="live",
            Description=description,
        )
        invoke = resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "F"},
            Qualifier="live",
            MaximumRetryAttempts=attempts,
        )
        url = resource(
            "AWS::Lambda::Url", TargetFunctionArn={"Ref": "F"}, AuthType="NONE",
            Cors={"AllowOrigins": [f"https://{attempts}.example.com"]},
        )  # fmt: skip
        parts = {"F": function, version: published, "A": alias, "I": invoke, "U": url}
        return template({"F": {"Ref": "F"}}, **{**parts, "I": {**invoke, "DependsOn": "A"}})

    name = changed(stacks, body(CODE, "V1", "one", 1), body(code, "V2", "two", 0))["F"]

    lambda_ = stacks.aws("lambda")
    alias = lambda_.get_alias(FunctionName=name, Name="live")
    assert (alias["FunctionVersion"], alias["Description"]) == ("2", "two")
    invoke = lambda_.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    assert invoke["MaximumRetryAttempts"] == 0
    url = lambda_.get_function_url_config(FunctionName=name)
    assert url["Cors"]["AllowOrigins"] == ["https://0.example.com"]


def test_an_alias_has_the_weights_of_the_template(stacks: Stacks) -> None:
    function = resource(
        "AWS::Lambda::Function", Runtime="python3.12", Handler="index.h", Role=ROLE, Code=CODE
    )
    other = {"FunctionName": {"Ref": "F"}, "Description": "other"}
    weight = {"FunctionVersion": {"Fn::GetAtt": ["V", "Version"]}, "FunctionWeight": 0.25}
    alias = resource(
        "AWS::Lambda::Alias",
        FunctionName={"Ref": "F"},
        FunctionVersion={"Fn::GetAtt": ["V", "Version"]},
        Name="live",
    )
    weighted = {**alias["Properties"], "RoutingConfig": {"AdditionalVersionWeights": [weight]}}
    parts = {"F": function, "V": resource("AWS::Lambda::Version", **other)}
    before = template({"F": {"Ref": "F"}}, **parts, A=alias)
    after = template({"F": {"Ref": "F"}}, **parts, A={**alias, "Properties": weighted})

    stack = stacks.create(before)
    stack = stacks.update(stack, after)

    # One version may not be weighted against itself: Lambda says so, not botocore.
    said = "; ".join(reason for *_, reason in stacks.events(stack) if reason)
    assert "Parameter validation failed" not in said


def test_a_key_and_its_alias_change(stacks: Stacks) -> None:
    alias = f"alias/{unique('key')}"

    def body(action: str, tag: str, target: str, *, enabled: bool) -> Any:
        key = resource(
            "AWS::KMS::Key",
            KeyPolicy=allow(action, ROOT),
            Enabled=enabled,
            Tags=[{"Key": "a", "Value": tag}],
        )
        other = resource("AWS::KMS::Key", KeyPolicy=allow("kms:*", ROOT))
        named = resource("AWS::KMS::Alias", AliasName=alias, TargetKeyId={"Ref": target})
        return template({"K": {"Ref": "K"}, "L": {"Ref": "L"}}, K=key, L=other, A=named)

    first = body("kms:*", "one", "K", enabled=True)
    made = changed(stacks, first, body("kms:Describe*", "two", "L", enabled=False))

    kms = stacks.aws("kms")
    policy = json.loads(kms.get_key_policy(KeyId=made["K"], PolicyName="default")["Policy"])
    assert policy["Statement"][0]["Action"] == "kms:Describe*"
    assert kms.describe_key(KeyId=made["K"])["KeyMetadata"]["Enabled"] is False
    assert kms.list_resource_tags(KeyId=made["K"])["Tags"][0]["TagValue"] == "two"
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == made["L"]


def test_policies_and_their_holders_change(stacks: Stacks) -> None:
    trust = allow("sts:AssumeRole", {"Service": "ec2.amazonaws.com"})
    del trust["Statement"][0]["Resource"]

    def body(service: str, role: str) -> Any:
        roles = {name: resource("AWS::IAM::Role", AssumeRolePolicyDocument=trust) for name in "RS"}
        managed = resource(
            "AWS::IAM::ManagedPolicy", PolicyDocument=allow("s3:*"), Roles=[{"Ref": role}]
        )
        profile = resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": role}])
        topic = resource("AWS::SNS::Topic")
        policy = resource(
            "AWS::SNS::TopicPolicy",
            Topics=[{"Ref": "T"}],
            PolicyDocument=allow("sns:Publish", {"Service": service}),
        )
        named = {"S": {"Ref": "S"}, "T": {"Ref": "T"}, "P": {"Ref": "P"}}
        return template(named, **roles, M=managed, P=profile, T=topic, Q=policy)

    before = body("events.amazonaws.com", "R")
    made = changed(stacks, before, body("s3.amazonaws.com", "S"))

    held = stacks.aws("iam").list_attached_role_policies(RoleName=made["S"])["AttachedPolicies"]
    assert len(held) == 1
    profile = stacks.aws("iam").get_instance_profile(InstanceProfileName=made["P"])
    assert [each["RoleName"] for each in profile["InstanceProfile"]["Roles"]] == [made["S"]]
    attributes = stacks.aws("sns").get_topic_attributes(TopicArn=made["T"])["Attributes"]
    assert "s3.amazonaws.com" in attributes["Policy"]
    assert "events.amazonaws.com" not in attributes["Policy"]


def test_a_network_changes(stacks: Stacks) -> None:
    def body(letter: str, table: str, *, public: bool) -> Any:
        network = {"VpcId": {"Ref": "V"}}
        parts = {
            "V": resource("AWS::EC2::VPC", CidrBlock="10.8.0.0/16"),
            "S": resource(
                "AWS::EC2::Subnet", **network, CidrBlock="10.8.1.0/24", MapPublicIpOnLaunch=public
            ),
            "T": resource("AWS::EC2::RouteTable", **network),
            "U": resource("AWS::EC2::RouteTable", **network),
            "P": resource(
                "AWS::EC2::VPCEndpoint",
                **network,
                ServiceName="com.amazonaws.us-east-1.s3",
                RouteTableIds=[{"Ref": table}],
                PolicyDocument=allow(f"s3:Get{letter}*", "*"),
            ),
        }
        return template({n: {"Ref": n} for n in ("S", "P", "T", "U")}, **parts)

    made = changed(stacks, body("A", "T", public=False), body("B", "U", public=True))

    ec2 = stacks.aws("ec2")
    (subnet,) = ec2.describe_subnets(SubnetIds=[made["S"]])["Subnets"]
    assert subnet["MapPublicIpOnLaunch"] is True
    (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["P"]])["VpcEndpoints"]
    assert endpoint["RouteTableIds"] == [made["U"]]
    assert "s3:GetB*" in endpoint["PolicyDocument"]


def test_a_composite_alarm_changes(stacks: Stacks) -> None:
    def body(rule: str) -> Any:
        alarm = resource("AWS::CloudWatch::CompositeAlarm", AlarmName=made, AlarmRule=rule)
        return template({"C": {"Ref": "C"}}, C=alarm)

    made = unique("composite")

    changed(stacks, body("FALSE"), body("TRUE"))

    found = stacks.aws("cloudwatch").describe_alarms(
        AlarmNames=[made], AlarmTypes=["CompositeAlarm"]
    )
    assert [each["AlarmRule"] for each in found["CompositeAlarms"]] == ["TRUE"]

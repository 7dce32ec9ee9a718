"""Intrinsic functions, pseudo-parameters and conditions; what Ref and Fn::GetAtt return."""

from __future__ import annotations

import re
from typing import Any

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, template

A = parameter("a")
REGION_ARN = r"us-east-1:000000000000"


def evaluated(stacks: Stacks, values: dict[str, Any], **sections: Any) -> dict[str, str]:
    stack = stacks.create(
        {**template(values, A=A), **sections}, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    return outputs(stack)


def test_functions_of_text(stacks: Stacks) -> None:
    values = {
        "Join": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}, "1"]]},
        "Sub": {"Fn::Sub": "${AWS::AccountId}/${A.Type}/${!Kept}"},
        "SubMap": {"Fn::Sub": ["${x} and ${AWS::Region}", {"x": {"Fn::Sub": "<${A.Type}>"}}]},
        "SubDigits": {"Fn::Join": ["", [{"Fn::Sub": "007"}, {"Fn::Sub": "1e5"}]]},
        "SelectSplit": {"Fn::Select": ["1", {"Fn::Split": [",", "p,q,r"]}]},
        "SelectNumber": {"Fn::Select": [0, ["x", "y"]]},
        "Base64": {"Fn::Base64": {"Fn::Sub": "lake ${AWS::Region}"}},
        "Zone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        "ZoneElsewhere": {"Fn::Select": [0, {"Fn::GetAZs": "us-west-2"}]},
        "Mapped": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "size"]},
        "GetAttShort": {"Fn::GetAtt": "A.Type"},
    }
    found = evaluated(stacks, values, Mappings={"M": {"us-east-1": {"size": "small"}}})
    assert found == {
        "Join": "a-us-east-1-1",
        "Sub": "000000000000/String/${Kept}",
        "SubMap": "<String> and us-east-1",
        "SubDigits": "0071e5",
        "SelectSplit": "q",
        "SelectNumber": "x",
        "Base64": "bGFrZSB1cy1lYXN0LTE=",
        "Zone": "us-east-1a",
        "ZoneElsewhere": "us-west-2a",
        "Mapped": "small",
        "GetAttShort": "String",
    }


def test_short_forms_of_yaml(stacks: Stacks) -> None:
    stack = stacks.create("""
        Parameters:
          Zones: {Type: CommaDelimitedList, Default: 'x, y'}
        Mappings: {M: {a: {b: mapped}}}
        Conditions: {IsYes: !Equals [1, '1']}
        Resources:
          A: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: a}}
        Outputs:
          Join: {Value: !Join ['/', !Ref Zones]}
          Select: {Value: !Select [1, !Split ['-', !Sub 'a-${AWS::Region}']]}
          Map: {Value: !FindInMap [M, a, b]}
          If: {Value: !If [IsYes, 'yes', 'no']}
          Att: {Value: !GetAtt A.Type}
          Date: {Value: 2012-10-17}
    """)
    assert outputs(stack) == {
        "Join": "x/y",
        "Select": "us",
        "Map": "mapped",
        "If": "yes",
        "Att": "String",
        "Date": "2012-10-17",
    }


def test_pseudo_parameters(stacks: Stacks) -> None:
    names = ("AccountId", "Partition", "Region", "StackId", "StackName", "URLSuffix")
    stack = stacks.create(template({n: {"Ref": f"AWS::{n}"} for n in names}, A=A))
    assert outputs(stack) == {
        "AccountId": "000000000000",
        "Partition": "aws",
        "Region": "us-east-1",
        "StackId": stack["StackId"],
        "StackName": stack["StackName"],
        "URLSuffix": "amazonaws.com",
    }


def test_conditions(stacks: Stacks, name: str) -> None:
    body = {
        "Parameters": {"Kind": {"Type": "String", "Default": "test"}},
        "Conditions": {
            "IsTest": {"Fn::Equals": [{"Ref": "Kind"}, "test"]},
            "IsNot": {"Fn::Not": [{"Condition": "IsTest"}]},
            "Both": {"Fn::And": [{"Condition": "IsTest"}, {"Condition": "IsNot"}]},
            "Either": {"Fn::Or": [{"Condition": "IsTest"}, {"Condition": "IsNot"}]},
        },
        "Resources": {
            "A": {**parameter("a", Name=f"{name}-a"), "Condition": "Either"},
            "B": {**parameter("b", Name=f"{name}-b"), "Condition": "Both"},
            "C": parameter(
                {"Fn::If": ["IsTest", "t", "f"]},
                Name=f"{name}-c",
                Description={"Fn::If": ["IsNot", "x", {"Ref": "AWS::NoValue"}]},
            ),
        },
        "Outputs": {
            "Always": {"Value": {"Fn::If": ["IsNot", {"Ref": "A"}, "none"]}},
            "Never": {"Value": {"Ref": "B"}, "Condition": "Both"},
        },
    }
    stack = stacks.create(body)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    assert outputs(stack) == {"Always": "none"}
    assert [stacks.value(f"{name}-{x}") for x in "abc"] == ["a", None, "t"]
    other = [{"ParameterKey": "Kind", "ParameterValue": "live"}]
    stack = stacks.update(stack, body, Parameters=other)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert stacks.value(f"{name}-c") == "f"


def test_ref_and_attributes_of_each_type_of_the_workshop(stacks: Stacks, name: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    vpc = {"VpcId": {"Ref": "Vpc"}}
    resources: dict[str, Any] = {
        "Bucket": ("S3::Bucket", {"BucketName": name}),
        "Role": ("IAM::Role", {"AssumeRolePolicyDocument": trust}),
        "Profile": ("IAM::InstanceProfile", {"Roles": [{"Ref": "Role"}]}),
        "Vpc": ("EC2::VPC", {"CidrBlock": "10.7.0.0/16"}),
        "Subnet": ("EC2::Subnet", {**vpc, "CidrBlock": "10.7.1.0/24"}),
        "Gateway": ("EC2::InternetGateway", {}),
        "Attached": (
            "EC2::VPCGatewayAttachment",
            {**vpc, "InternetGatewayId": {"Ref": "Gateway"}},
        ),
        "Routes": ("EC2::RouteTable", vpc),
        "Group": ("EC2::SecurityGroup", {**vpc, "GroupDescription": "of the lake"}),
        "Stream": ("Kinesis::Stream", {"ShardCount": 1}),
        "Function": (
            "Lambda::Function",
            {
                "Runtime": "python3.6",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": "def handler(event, context): pass"},
            },
        ),
        "Table": (
            "DynamoDB::Table",
            {
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        ),
    }
    made = {n: {"Type": f"AWS::{t}", "Properties": p} for n, (t, p) in resources.items()}
    asked = {f"Ref{n}": {"Ref": n} for n in made} | {
        f"{n}{a}": {"Fn::GetAtt": [n, a]}
        for n, a in (
            ("Bucket", "Arn"),
            ("Bucket", "DomainName"),
            ("Role", "Arn"),
            ("Profile", "Arn"),
            ("Vpc", "CidrBlock"),
            ("Group", "GroupId"),
            ("Stream", "Arn"),
            ("Function", "Arn"),
            ("Table", "Arn"),
        )
    }
    stack = stacks.create(template(asked, **made), Capabilities=["CAPABILITY_IAM"])
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    own = re.escape(stack["StackName"])
    expected = {
        "RefBucket": re.escape(name),
        "BucketArn": f"arn:aws:s3:::{re.escape(name)}",
        "BucketDomainName": rf"{re.escape(name)}\.s3\.amazonaws\.com",
        "RefRole": rf"{own}-Role-\w+",
        "RoleArn": rf"arn:aws:iam::000000000000:role/{own}-Role-\w+",
        "RefProfile": rf"{own}-Profile-\w+",
        "ProfileArn": rf"arn:aws:iam::000000000000:instance-profile/{own}-Profile-\w+",
        "RefVpc": r"vpc-[0-9a-f]+",
        "VpcCidrBlock": r"10\.7\.0\.0/16",
        "RefSubnet": r"subnet-[0-9a-f]+",
        "RefGateway": r"igw-[0-9a-f]+",
        "RefAttached": r"IGW\|vpc-[0-9a-f]+",
        "RefRoutes": r"rtb-[0-9a-f]+",
        "RefGroup": r"sg-[0-9a-f]+",
        "GroupGroupId": r"sg-[0-9a-f]+",
        "RefStream": rf"{own}-Stream-\w+",
        "StreamArn": rf"arn:aws:kinesis:{REGION_ARN}:stream/{own}-Stream-\w+",
        "RefFunction": rf"{own}-Function-\w+",
        "FunctionArn": rf"arn:aws:lambda:{REGION_ARN}:function:{own}-Function-\w+",
        "RefTable": rf"{own}-Table-\w+",
        "TableArn": rf"arn:aws:dynamodb:{REGION_ARN}:table/{own}-Table-\w+",
    }
    found = outputs(stack)
    assert {n: v for n, v in found.items() if not re.fullmatch(expected[n], v)} == {}
    assert set(found) == set(expected)


def test_an_attribute_that_does_not_exist_fails_the_resource(stacks: Stacks) -> None:
    stack = stacks.create(template(A=A, B=parameter({"Fn::GetAtt": ["A", "Colour"]})))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason(stack, "B") == (
        "Requested attribute Colour does not exist in schema for AWS::SSM::Parameter"
    )

"""Drift detection finds what was changed beside the stack."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cloudformation.helpers import Stacks, failing, parameter, template
from tests.contract.refusals import refusal
from tests.support import wait_until


def detected(stacks: Stacks, stack: str, **which: Any) -> dict[str, Any]:
    """Detect drift of a stack, and wait for the end."""
    asked = stacks.cfn.detect_stack_drift(StackName=stack, **which)["StackDriftDetectionId"]

    def look() -> dict[str, Any] | None:
        found = stacks.cfn.describe_stack_drift_detection_status(StackDriftDetectionId=asked)
        return None if found["DetectionStatus"] == "DETECTION_IN_PROGRESS" else dict(found)

    return wait_until(look, timeout=60, what=f"drift detection of {stack}")


def drifts(stacks: Stacks, stack: str, *statuses: str) -> dict[str, dict[str, Any]]:
    wanted = {"StackResourceDriftStatusFilters": list(statuses)} if statuses else {}
    found = stacks.cfn.describe_stack_resource_drifts(StackName=stack, **wanted)
    return {each["LogicalResourceId"]: each for each in found["StackResourceDrifts"]}


def test_drift_of_a_stack(stacks: Stacks) -> None:
    made = stacks.create(
        template(
            A=parameter("1"), B=parameter("1"), C=parameter("1"), T={"Type": "AWS::SNS::Topic"}
        )
    )
    name = made["StackName"]
    assert made["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    assert drifts(stacks, name) == {}
    found = detected(stacks, name)
    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("IN_SYNC", 0)
    assert {d["StackResourceDriftStatus"] for d in drifts(stacks, name).values()} == {"IN_SYNC"}

    resources = stacks.cfn.describe_stack_resources(StackName=name)["StackResources"]
    ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}
    ssm = stacks.aws("ssm")
    ssm.put_parameter(Name=ids["A"], Value="2", Overwrite=True)
    ssm.delete_parameter(Name=ids["B"])
    found = detected(stacks, name)
    assert found["StackId"] == made["StackId"]
    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("DRIFTED", 2)

    of_a = drifts(stacks, name, "MODIFIED")["A"]
    assert of_a["PropertyDifferences"] == [
        {
            "PropertyPath": "/Value",
            "ExpectedValue": "1",
            "ActualValue": "2",
            "DifferenceType": "NOT_EQUAL",
        }
    ]
    assert json.loads(of_a["ExpectedProperties"]) == {"Type": "String", "Value": "1"}
    assert json.loads(of_a["ActualProperties"]) == {"Type": "String", "Value": "2"}
    assert list(drifts(stacks, name, "DELETED")) == ["B"]
    (shown,) = stacks.cfn.describe_stacks(StackName=name)["Stacks"]
    assert shown["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
    assert shown["DriftInformation"]["LastCheckTimestamp"]
    one = stacks.cfn.describe_stack_resource(StackName=name, LogicalResourceId="A")
    of_one = one["StackResourceDetail"]["DriftInformation"]
    assert of_one["StackResourceDriftStatus"] == "MODIFIED"


def test_drift_of_one_resource_of_each_readable_type(stacks: Stacks, name: str) -> None:
    """What a template sets is read back as it was set."""
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
    columns = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://a/b"}
    properties: dict[str, dict[str, Any]] = {
        "AWS::DynamoDB::Table": {
            "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        },
        "AWS::Events::Rule": {
            "EventPattern": {"source": ["a"]},
            "State": "DISABLED",
            "Description": "b",
        },
        "AWS::Glue::Database": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseInput": {"Name": name, "Description": "a"},
        },
        "AWS::Glue::Job": {
            "Command": {"Name": "glueetl", "ScriptLocation": "s3://a/b.py"},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "GlueVersion": "4.0",
            "DefaultArguments": {"--a": "b"},
            "MaxRetries": 1,
        },
        "AWS::Glue::Table": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "Database"},
            "TableInput": {"Name": "t", "StorageDescriptor": columns},
        },
        "AWS::IAM::Role": {"AssumeRolePolicyDocument": trust, "Description": "a", "Path": "/b/"},
        "AWS::Kinesis::Stream": {"ShardCount": 2, "RetentionPeriodHours": 48},
        "AWS::Lambda::Function": {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": "def handler(event, context): pass"},
            "Environment": {"Variables": {"A": "1"}},
            "Timeout": 4,
        },
        "AWS::Logs::LogGroup": {"RetentionInDays": 7},
        "AWS::S3::Bucket": {
            "VersioningConfiguration": {"Status": "Enabled"},
            "Tags": [{"Key": "a", "Value": "b"}],
        },
        "AWS::SecretsManager::Secret": {"Description": "a", "SecretString": "b"},
        "AWS::SNS::Topic": {"DisplayName": "a"},
        "AWS::SQS::Queue": {"DelaySeconds": 5, "VisibilityTimeout": 7},
        "AWS::SSM::Parameter": {"Type": "String", "Value": "a"},
        "AWS::StepFunctions::StateMachine": {
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "DefinitionString": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        },
    }
    resources = {
        kind.rpartition("::")[2] if kind != "AWS::Glue::Table" else "GlueTable": {
            "Type": kind,
            "Properties": given,
        }
        for kind, given in properties.items()
    }
    stack = stacks.create(template(**resources), Capabilities=["CAPABILITY_IAM"])
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    found = detected(stacks, stack["StackName"])
    assert found["DetectionStatus"] == "DETECTION_COMPLETE", found
    seen = drifts(stacks, stack["StackName"])
    assert seen.keys() == resources.keys()
    for logical_id, each in seen.items():
        assert each["StackResourceDriftStatus"] == "IN_SYNC", each
        assert each["ExpectedProperties"] != "{}", logical_id


def test_one_resource_and_what_is_refused(stacks: Stacks, name: str) -> None:
    unread = {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": []}}
    unread["Properties"] = {
        "Topics": [{"Ref": "T"}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": []},
    }
    made = stacks.create(template(A=parameter("1"), T={"Type": "AWS::SNS::Topic"}, P=unread))
    stack, cfn = made["StackName"], stacks.cfn
    one = cfn.detect_stack_resource_drift(StackName=stack, LogicalResourceId="A")
    assert one["StackResourceDrift"]["StackResourceDriftStatus"] == "IN_SYNC"
    assert one["StackResourceDrift"]["PropertyDifferences"] == []
    assert list(drifts(stacks, stack)) == ["A"]
    detected(stacks, stack, LogicalResourceIds=["T"])
    assert sorted(drifts(stacks, stack)) == ["A", "T"]
    detected(stacks, stack)
    assert sorted(drifts(stacks, stack)) == ["A", "T"]  # no type of P's drift is detected

    def of_one(logical_id: str) -> tuple[str, str]:
        return refusal(
            lambda: cfn.detect_stack_resource_drift(StackName=stack, LogicalResourceId=logical_id)
        )

    assert of_one("B") == ("ValidationError", f"Resource B does not exist for stack {stack}")
    assert "AWS::SNS::TopicPolicy" in of_one("P")[1]
    missing = ("ValidationError", f"Stack [{name}] does not exist")
    assert refusal(lambda: cfn.detect_stack_drift(StackName=name)) == missing
    assert refusal(lambda: cfn.describe_stack_resource_drifts(StackName=name)) == missing
    failed = stacks.create(template(A=failing()))
    code, message = refusal(lambda: cfn.detect_stack_drift(StackName=failed["StackName"]))
    assert (code, "ROLLBACK_COMPLETE" in message) == ("ValidationError", True)
    code, _ = refusal(
        lambda: cfn.describe_stack_drift_detection_status(StackDriftDetectionId="none")
    )
    assert code == "ValidationError"

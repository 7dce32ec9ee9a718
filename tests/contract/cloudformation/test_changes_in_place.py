"""What an update changes reaches the service, or fails with a word; made names stay.

AWS CloudFormation Template Reference, the types ("Update requires: No interruption") and "Name
type"; "AWS::EC2::SecurityGroup": rules of its own make EC2's rule that allows everything go.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, template

ROLE = "arn:aws:iam::000000000000:role/x"
ASL = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def test_a_queue_is_changed_in_place(stacks: Stacks) -> None:
    def body(**properties: Any) -> Any:
        return template({"Q": {"Ref": "Q"}}, Q=resource("AWS::SQS::Queue", **properties))

    tags = [{"Key": "a", "Value": "b"}]
    stack = stacks.create(body(VisibilityTimeout=40, DelaySeconds=3, Tags=tags))
    url, sqs = outputs(stack)["Q"], stacks.aws("sqs")
    names = ["VisibilityTimeout", "DelaySeconds", "MaximumMessageSize"]

    def seen() -> Any:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return [found[name] for name in names[:2]], sqs.list_queue_tags(QueueUrl=url).get("Tags")

    assert seen() == (["40", "3"], {"a": "b"})
    stack = stacks.update(stack, body(VisibilityTimeout=50, Tags=[{"Key": "c", "Value": "d"}]))
    assert (stack["StackStatus"], outputs(stack)["Q"]) == ("UPDATE_COMPLETE", url)
    assert seen() == (["50", "0"], {"c": "d"})


def test_a_queue_that_is_replaced_has_a_new_name(stacks: Stacks) -> None:
    def body(*, fifo: bool) -> Any:
        given = {"FifoQueue": True} if fifo else {}
        return template({"Q": {"Ref": "Q"}}, Q=resource("AWS::SQS::Queue", **given))

    stack = stacks.create(body(fifo=False))
    old = outputs(stack)["Q"]
    stack = stacks.update(stack, body(fifo=True))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert outputs(stack)["Q"].endswith(".fifo")
    assert old not in stacks.aws("sqs").list_queues().get("QueueUrls", [])


def test_a_resource_gets_its_first_property_and_loses_its_last(stacks: Stacks) -> None:
    def body(**properties: Any) -> Any:
        topic: Any = {"Type": "AWS::SNS::Topic"}
        return template(
            {"T": {"Ref": "T"}}, T={**topic, "Properties": properties} if properties else topic
        )

    made = stacks.create(body())
    arn, sns = outputs(made)["T"], stacks.aws("sns")
    for properties, expected in (({"SignatureVersion": "2"}, "2"), ({}, "1")):
        stack = stacks.update(made, body(**properties))
        assert (stack["StackStatus"], outputs(stack)["T"]) == ("UPDATE_COMPLETE", arn)
        found = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        assert found["SignatureVersion"] == expected


def test_a_state_machine_and_a_topic_are_changed_in_place(stacks: Stacks) -> None:
    def body(role: str, version: str, team: str) -> Any:
        return template(
            {"M": {"Ref": "M"}, "T": {"Ref": "T"}},
            M=resource(
                "AWS::StepFunctions::StateMachine",
                DefinitionString=ASL,
                RoleArn=role,
                Tags=[{"Key": "team", "Value": team}],
            ),
            T=resource("AWS::SNS::Topic", SignatureVersion=version),
        )

    made = stacks.create(body(ROLE, "1", "one"))
    stack = stacks.update(made, body(f"{ROLE}y", "2", "two"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    arns, machines = outputs(stack), stacks.aws("stepfunctions")
    assert arns == outputs(made)
    machine = machines.describe_state_machine(stateMachineArn=arns["M"])
    assert machine["roleArn"] == f"{ROLE}y"
    tags = machines.list_tags_for_resource(resourceArn=arns["M"])["tags"]
    assert tags == [{"key": "team", "value": "two"}]
    topic = stacks.aws("sns").get_topic_attributes(TopicArn=arns["T"])["Attributes"]
    assert topic["SignatureVersion"] == "2"


def test_what_a_handler_would_leave_as_it_is_fails(stacks: Stacks) -> None:
    def body(code: int) -> Any:
        uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"
        integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
        return template(
            A=resource("AWS::ApiGateway::RestApi", Name="a"),
            M=resource(
                "AWS::ApiGateway::Method",
                RestApiId={"Ref": "A"},
                ResourceId={"Fn::GetAtt": ["A", "RootResourceId"]},
                HttpMethod="GET",
                AuthorizationType="NONE",
                Integration=integration,
                MethodResponses=[{"StatusCode": code}],
            ),
        )

    stack = stacks.create(body(200))
    assert stacks.update(stack, body(201))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "cannot change MethodResponses in place" in stacks.reason(stack, "M")


def test_rules_of_a_security_group_as_its_properties(stacks: Stacks) -> None:
    def body(ingress: list[Any], egress: list[Any] | None) -> Any:
        given = {"SecurityGroupIngress": ingress, "SecurityGroupEgress": egress}
        known = {name: rules for name, rules in given.items() if rules is not None}
        group = {"Fn::GetAtt": ["G", "GroupId"]}
        rule = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "CidrIp": "10.0.0.0/8"}
        return template(
            {"G": group},
            G=resource("AWS::EC2::SecurityGroup", GroupDescription="g", **known),
            R=resource("AWS::EC2::SecurityGroupIngress", GroupId=group, **rule),
        )

    def rule(port: int, source: str) -> Any:
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": str(port), "CidrIp": source}

    def seen(stack: Any) -> Any:
        ec2, group = stacks.aws("ec2"), outputs(stack)["G"]
        (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        return [
            sorted((p.get("FromPort", 0), r["CidrIp"]) for p in found[name] for r in p["IpRanges"])
            for name in ("IpPermissions", "IpPermissionsEgress")
        ]

    everywhere, other = "0.0.0.0/0", (53, "10.0.0.0/8")
    stack = stacks.create(body([rule(80, everywhere), rule(443, everywhere)], None))
    assert seen(stack) == [[other, (80, everywhere), (443, everywhere)], [(0, everywhere)]]
    stack = stacks.update(stack, body([rule(443, everywhere)], [rule(22, "10.1.0.0/16")]))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert seen(stack) == [[other, (443, everywhere)], [(22, "10.1.0.0/16")]]
    stack = stacks.update(stack, body([], []))
    assert seen(stack) == [[other], []]


def test_attributes_of_a_vpc(stacks: Stacks) -> None:
    vpc = resource(
        "AWS::EC2::VPC", CidrBlock="10.0.0.0/16", EnableDnsHostnames=True, EnableDnsSupport="true"
    )
    made = outputs(stacks.create(template({"V": {"Ref": "V"}}, V=vpc)))
    found = stacks.aws("ec2").describe_vpc_attribute(
        VpcId=made["V"], Attribute="enableDnsHostnames"
    )
    assert found["EnableDnsHostnames"] == {"Value": True}


@pytest.mark.parametrize(
    ("kind", "properties", "ending"),
    [
        ("AWS::SNS::Topic", {}, ""),
        ("AWS::SNS::Topic", {"FifoTopic": True}, r"\.fifo"),
        ("AWS::SQS::Queue", {"FifoQueue": True}, r"\.fifo"),
        ("AWS::Logs::LogGroup", {}, ""),
        ("AWS::Glue::Workflow", {}, ""),
    ],
)
def test_made_names(stacks: Stacks, kind: str, properties: Any, ending: str) -> None:
    stack = stacks.create(template({"R": {"Ref": "Mine"}}, Mine=resource(kind, **properties)))
    name = re.split("[:/]", outputs(stack)["R"])[-1]
    assert re.fullmatch(rf"{stack['StackName']}-Mine-[A-Z0-9]{{12}}{ending}", name)


def test_a_metric_filter_counts_under_its_made_name_and_is_changed_in_place(
    stacks: Stacks,
) -> None:
    def body(pattern: str, **more: Any) -> Any:
        transformation = {"MetricName": "Errors", "MetricNamespace": "Shop", "MetricValue": "1"}
        return template(
            {"F": {"Ref": "F"}},
            G=resource("AWS::Logs::LogGroup"),
            F=resource(
                "AWS::Logs::MetricFilter",
                LogGroupName={"Ref": "G"},
                FilterPattern=pattern,
                MetricTransformations=[{**transformation, **more}],
            ),
        )

    stack = stacks.create(body("{ $.level = ERROR }", Dimensions=[{"Key": "A", "Value": "$.a"}]))
    name, logs = outputs(stack)["F"], stacks.aws("logs")
    assert re.fullmatch(rf"{stack['StackName']}-F-[A-Z0-9]{{12}}", name)

    def seen() -> tuple[str, Any]:
        (found,) = logs.describe_metric_filters(filterNamePrefix=name)["metricFilters"]
        return found["filterPattern"], found["metricTransformations"]

    assert seen()[0] == "{ $.level = ERROR }"
    assert seen()[1][0]["dimensions"] == {"A": "$.a"}
    stack = stacks.update(stack, body("ERROR", DefaultValue=0, Unit="Count"))
    assert (stack["StackStatus"], outputs(stack)["F"]) == ("UPDATE_COMPLETE", name)
    assert seen()[0] == "ERROR"
    transformation = seen()[1][0]
    assert (transformation["defaultValue"], transformation["unit"]) == (0.0, "Count")
    stacks.delete(stack)
    assert logs.describe_metric_filters(filterNamePrefix=name)["metricFilters"] == []


def test_keys_of_a_mapping_that_functions_make(stacks: Stacks) -> None:
    mapped = {"Fn::FindInMap": ["Size", {"Fn::FindInMap": ["Kind", {"Ref": "Stage"}, "k"]}, "s"]}
    body: dict[str, Any] = {
        "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
        "Mappings": {
            "Kind": {"dev": {"k": "small"}, "prod": {"k": "large"}},
            "Size": {"small": {"s": "1"}, "large": {"s": "9"}},
        },
        **template({"V": {"Fn::GetAtt": ["A", "Value"]}}, A=parameter(mapped)),
    }
    stack = stacks.create(body)
    assert outputs(stack) == {"V": "1"}
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.update(stack, body)
    body["Mappings"]["Size"]["small"]["s"] = "2"
    assert outputs(stacks.update(stack, body)) == {"V": "2"}
    stage = [{"ParameterKey": "Stage", "ParameterValue": "prod"}]
    assert outputs(stacks.update(stack, body, Parameters=stage)) == {"V": "9"}

"""What a template becomes before it is deployed: macros, lists, references, reasons."""

from __future__ import annotations

import json

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, template
from tests.support import unique

EXPAND = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}


def test_the_last_of_two_equal_keys_counts(stacks: Stacks) -> None:
    body = (
        "Resources:\n"
        "  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: a, Value: b}}\n"
        "Outputs: {V: {Value: !GetAtt P.Value}}\n"
    )
    assert outputs(stacks.create(body)) == {"V": "b"}


def test_include_among_the_resources_and_in_a_value(stacks: Stacks, bucket: str) -> None:
    s3 = stacks.aws("s3")
    s3.put_object(Bucket=bucket, Key="r.yaml", Body=b"P2: {Type: AWS::SNS::Topic}\n")
    s3.put_object(Bucket=bucket, Key="v.yaml", Body=b"Value: included\n")

    def include(key: str) -> dict[str, object]:
        location = {"Location": f"s3://{bucket}/{key}"}
        return {"Fn::Transform": {"Name": "AWS::Include", "Parameters": location}}

    p = parameter("own")
    p["Properties"] |= include("v.yaml")
    body = template({"V": {"Fn::GetAtt": ["P", "Value"]}}, P=p, **include("r.yaml"))
    stack = stacks.create(body, **EXPAND)
    assert outputs(stack) == {"V": "included"}
    resources = stacks.cfn.describe_stack_resources(StackName=stack["StackId"])["StackResources"]
    assert {r["LogicalResourceId"] for r in resources} == {"P", "P2"}
    original = stacks.cfn.get_template(StackName=stack["StackId"])["TemplateBody"]
    assert "Fn::Transform" in json.dumps(original)


def test_include_that_brings_all_resources(stacks: Stacks, bucket: str) -> None:
    snippet = {"Resources": {"P": parameter("all")}, "Outputs": {"V": {"Value": "v"}}}
    stacks.aws("s3").put_object(Bucket=bucket, Key="all.json", Body=json.dumps(snippet).encode())
    location = {"Location": f"s3://{bucket}/all.json"}
    body = {"Transform": {"Name": "AWS::Include", "Parameters": location}}
    assert outputs(stacks.create(body, **EXPAND)) == {"V": "v"}


def test_include_that_brings_no_resources_is_refused(stacks: Stacks, bucket: str) -> None:
    stacks.aws("s3").put_object(Bucket=bucket, Key="none.json", Body=b'{"Description": "d"}')
    location = {"Location": f"s3://{bucket}/none.json"}
    body = {"Transform": {"Name": "AWS::Include", "Parameters": location}}
    code, message = stacks.refused(body, **EXPAND)
    assert code == "ValidationError"
    assert "At least one Resources member" in message


def test_an_include_that_is_not_there_fails_the_stack(stacks: Stacks, bucket: str) -> None:
    location = {"Location": f"s3://{bucket}/nothing.yaml"}
    include = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": location}}
    stack = stacks.create(template(A=parameter("a"), **include), **EXPAND)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    (reason,) = [r for _, s, r in stacks.events(stack) if s == "ROLLBACK_IN_PROGRESS"]
    assert reason.startswith("Transform AWS::Include failed with: ")


def test_lists_of_the_parameter_store(stacks: Stacks, name: str) -> None:
    ssm = stacks.aws("ssm")
    ssm.put_parameter(Name=name, Type="StringList", Value="a,b")
    try:
        body = {
            "Parameters": {
                "L": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": name},
                "N": {"Type": "List<Number>", "Default": "80,443"},
            },
            **template(
                {
                    "L": {"Fn::Join": ["|", {"Ref": "L"}]},
                    "N": {"Fn::Select": [1, {"Ref": "N"}]},
                    "Two": {"Fn::GetAtt": ["A", "Value"]},
                },
                A=parameter(f"{{{{resolve:ssm:{name}}}}}+{{{{resolve:ssm:{name}:1}}}}"),
            ),
        }
        made = outputs(stacks.create(body))
        assert made == {"L": "a|b", "N": "443", "Two": "a,b+a,b"}
    finally:
        ssm.delete_parameter(Name=name)


def test_an_empty_value_is_not_the_default(stacks: Stacks) -> None:
    body = {
        "Parameters": {"P": {"Type": "String", "Default": "d"}},
        **template({"V": {"Fn::Sub": "<${P}>"}}, A=parameter("a")),
    }
    given = [{"ParameterKey": "P", "ParameterValue": ""}]
    assert outputs(stacks.create(body, Parameters=given)) == {"V": "<>"}


def test_whole_secrets_and_their_keys(stacks: Stacks) -> None:
    secrets, name = stacks.aws("secretsmanager"), unique("secret")
    arn = secrets.create_secret(Name=name, SecretString='{"user": "u", "port": 5}')["ARN"]
    references = {
        "A": f"{name}",
        "B": f"{name}:SecretString",
        "C": f"{name}:SecretString:user::",
        "D": f"{arn}:SecretString:port",
        "E": f"{arn}",
    }
    body = template(
        {key: {"Fn::GetAtt": [key, "Value"]} for key in references},
        **{k: parameter(f"{{{{resolve:secretsmanager:{v}}}}}") for k, v in references.items()},
    )
    whole = '{"user": "u", "port": 5}'
    assert outputs(stacks.create(body)) == {"A": whole, "B": whole, "C": "u", "D": "5", "E": whole}


def test_a_stack_at_rest_has_no_reason(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("a")))
    assert "StackStatusReason" not in stack
    assert "StackStatusReason" not in stacks.update(stack, template(A=parameter("b")))
    assert "StackStatusReason" not in stacks.delete(stack)
    answer = stacks.cfn.validate_template(TemplateBody=json.dumps(template(A=parameter("a"))))
    assert "Description" not in answer


def test_urls_of_apis_stay_as_aws_writes_them(stacks: Stacks) -> None:
    url = {"Fn::Sub": "https://abc.execute-api.${AWS::Region}.${AWS::URLSuffix}/v1"}
    stack = stacks.create(template({"U": url}, A=parameter("a")))
    assert outputs(stack) == {"U": "https://abc.execute-api.us-east-1.amazonaws.com/v1"}

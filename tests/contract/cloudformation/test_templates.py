"""What CloudFormation refuses before it makes anything, with AWS's codes and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cfnlint.api import lint

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, source, template
from tests.support import PROJECT, unique

A = parameter("a")
FOREIGN = PROJECT / "tests" / "fixtures" / "workshop" / "templates"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{ "Resources": [', "JSON not well-formed. (line 1, column"),
        ("Resources:\n  A: [1\n", "YAML not well-formed. (line"),
        ("Resources:\n  A: [1]\n  A: {}\n", "Every Resources object must contain a Type member"),
        ("just text", "unsupported structure"),
        ({"Resources": {}}, "At least one Resources member must be defined"),
        ({"Outputs": {}}, "At least one Resources member must be defined"),
        ({"Resources": {"A": A}, "Recources": {}}, "Invalid template property or properties"),
        (template(A={}), "Every Resources object must contain a Type member"),
        ({"Resources": {"a-b": A}}, "Resource name a-b is non alphanumeric"),
        (template(A={**A, "Depends": "B"}), "Invalid template resource property 'Depends'"),
        (template(A={**A, "Version": "1.0"}), "Invalid template resource property 'Version'"),
        (template(A={"Type": "AWS::Foo::Bar"}), "Unrecognized resource types: [AWS::Foo::Bar]"),
        (template(A=parameter({"Ref": "B"})), "Unresolved resource dependencies [B] in the Res"),
        (template(A=parameter({"Fn::Sub": "x${B.Arn}"})), "Unresolved resource dependencies [B]"),
        (template({"O": {"Ref": "B"}}, A=A), "Unresolved resource dependencies [B] in the Outp"),
        (template(A={**A, "DependsOn": ["B"]}), "Unresolved resource dependencies [B]"),
        (template(A=parameter({"Fn::GetAtt": ["B", "X"]})), "references undefined resource B"),
        (template(A={**A, "Condition": "No"}), "Unresolved condition No"),
        (template(A=parameter({"Fn::Foo": "x"})), "unsupported function: Fn::Foo"),
        (template(A=parameter({"Fn::FindInMap": ["M", "a", "b"]})), "Mapping named 'M' is not"),
        (template(A=parameter({"Fn::If": [True, "a", "b"]})), "Fn::If requires the name of a cond"),
        ({"Resources": {"A": A}, "Outputs": {"O": {}}}, "Every Outputs member must contain a Val"),
        ({"Resources": "", "Outputs": ""}, "error: Any Resources member must be an object."),
        (template(A={**A, "DeletionPolicy": {"Ref": "B"}}), "DeletionPolicy value must be a str"),
        (
            template(
                A={**A, "DependsOn": "B"},
                B=parameter({"Ref": "C"}),
                C=parameter({"Fn::Sub": "${A}"}),
                D=parameter({"Ref": "A"}),
            ),
            "Circular dependency between resources: [A, B, C]",
        ),
    ],
)
def test_faulty_templates_are_refused(stacks: Stacks, body: Any, message: str) -> None:
    code, said = stacks.refused(body)
    assert code == "ValidationError"
    assert message in said
    text = body if isinstance(body, str) else json.dumps(body)
    for ask in (
        stacks.cfn.validate_template,
        stacks.cfn.get_template_summary,
        lambda TemplateBody: stacks.cfn.create_stack_set(  # noqa: N803 - the API's name
            StackSetName=unique("refused"), TemplateBody=TemplateBody
        ),
    ):
        with pytest.raises(ClientError, match="ValidationError"):
            ask(TemplateBody=text)


@pytest.mark.parametrize(
    ("declared", "given", "message"),
    [
        ({"Type": "String"}, {}, "Parameters: [P] must have values"),
        ({"Type": "String"}, {"P": "a", "Q": "b"}, "Parameters: [Q] do not exist in the template"),
        ({"Type": "String", "AllowedValues": ["a"]}, {"P": "b"}, "must be one of AllowedValues"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, {"P": "B"}, "must match pattern [a-z]+"),
        (
            {"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "only an a"},
            {"P": "b"},
            "Parameter P failed to satisfy constraint: only an a",
        ),
        ({"Type": "String", "MinLength": "3"}, {"P": "ab"}, "must contain at least 3 characters"),
        ({"Type": "String", "MaxLength": 1}, {"P": "ab"}, "must contain at most 1 characters"),
        ({"Type": "Number"}, {"P": "ab"}, "must be a number"),
        ({"Type": "Number", "MinValue": 5}, {"P": "4"}, "must be a number not less than 5"),
        ({"Type": "Number", "MaxValue": "5"}, {"P": "6"}, "must be a number not greater than 5"),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, {"P": "a, c"}, "AllowedV"),
    ],
)
def test_parameters_are_checked(
    stacks: Stacks,
    declared: dict[str, Any],
    given: dict[str, str],
    message: str,
) -> None:
    body = {"Parameters": {"P": declared}, **template(A=A)}
    values = [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()]
    code, said = stacks.refused(body, Parameters=values)
    assert code == "ValidationError"
    assert message in said


def test_roles_need_a_capability(stacks: Stacks) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    said = stacks.refused(template(A=role))
    assert said == ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
    role["Properties"] = {"AssumeRolePolicyDocument": {}, "RoleName": unique("role")}
    said = stacks.refused(template(A=role), Capabilities=["CAPABILITY_IAM"])
    assert said[1] == "Requires capabilities : [CAPABILITY_NAMED_IAM]"


def test_validate_template_describes(stacks: Stacks) -> None:
    answer = stacks.cfn.validate_template(
        TemplateBody="""
        Description: of a lab
        Parameters:
          Size: {Type: String, Default: small, Description: how large}
          Secret: {Type: String, NoEcho: true}
        Resources:
          Role: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}
        """
    )
    assert answer["Description"] == "of a lab"
    assert answer["Parameters"] == [
        {
            "ParameterKey": "Size",
            "DefaultValue": "small",
            "NoEcho": False,
            "Description": "how large",
        },
        {"ParameterKey": "Secret", "NoEcho": True},
    ]
    assert answer["Capabilities"] == ["CAPABILITY_IAM"]


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com/{bucket}/a/t.json",
        "https://s3-us-west-2.amazonaws.com/{bucket}/a/t.json",
        "https://s3.eu-central-1.amazonaws.com/{bucket}/a/t.json",
        "https://s3.dualstack.us-west-2.amazonaws.com/{bucket}/a/t.json",
        "https://{bucket}.s3.amazonaws.com/a/t.json",
        "https://{bucket}.s3-us-west-2.amazonaws.com/a/t.json",
        "https://{bucket}.s3.us-west-2.amazonaws.com/a/t.json",
    ],
)
def test_template_urls_of_every_style(stacks: Stacks, bucket: str, url: str) -> None:
    stacks.put(bucket, "a/t.json", {"Description": "found", **template(A=A)})
    answer = stacks.cfn.validate_template(TemplateURL=url.format(bucket=bucket))
    assert answer["Description"] == "found"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://s3.amazonaws.com/{bucket}/none.json", "S3 error: The specified key does not"),
        ("https://s3.amazonaws.com/none-{bucket}/t.json", "S3 error: The specified bucket does"),
        ("https://example.com/t.json", "TemplateURL must be a supported URL"),
    ],
)
def test_template_urls_that_lead_nowhere(
    stacks: Stacks,
    bucket: str,
    url: str,
    message: str,
) -> None:
    code, said = stacks.refused(url.format(bucket=bucket))
    assert code == "ValidationError"
    assert message in said


def test_a_taken_name_is_refused_and_the_stack_untouched(stacks: Stacks) -> None:
    stack = stacks.create(template({"A": {"Ref": "A"}}, A=A))
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        stacks.cfn.create_stack(StackName=stack["StackName"], **source(template(A=A)))
    assert stacks.ended(stack["StackId"])["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.value(outputs(stack)["A"]) == "a"


@pytest.mark.parametrize("path", sorted(FOREIGN.iterdir()), ids=lambda path: path.name)
def test_foreign_templates_pass_cfn_lint(path: Path) -> None:
    """But for what is of its time: python3.6, and dependencies said twice."""
    found = lint(path.read_text(), regions=["us-west-2"])
    assert [str(m) for m in found if m.rule.id not in ("E2533", "W3005")] == []


def test_what_a_template_costs_is_a_page_of_the_calculator(stacks: Stacks) -> None:
    body = template(A=parameter({"Ref": "P"}))
    body["Parameters"] = {"P": {"Type": "String"}}
    with pytest.raises(ClientError, match=r"Parameters: \[P\] must have values"):
        stacks.cfn.estimate_template_cost(TemplateBody=json.dumps(body))
    given = [{"ParameterKey": "P", "ParameterValue": "a"}]
    found = stacks.cfn.estimate_template_cost(TemplateBody=json.dumps(body), Parameters=given)
    assert found["Url"].startswith("http://calculator.s3.amazonaws.com/calc5.html?key=")

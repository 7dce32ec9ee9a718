"""Types that AWS has and the emulator has not: known to it, and never made.

AWS CloudFormation API Reference, "ValidateTemplate"; User Guide, "Conditions section structure and
syntax".
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, template

DATABASE = {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceClass": "db.t3.micro"}}


def test_a_template_with_one_is_valid(stacks: Stacks) -> None:
    text = json.dumps(template(A=DATABASE))
    assert stacks.cfn.validate_template(TemplateBody=text)["Parameters"] == []
    summary = stacks.cfn.get_template_summary(TemplateBody=text)
    assert summary["ResourceTypes"] == ["AWS::RDS::DBInstance"]


def test_one_that_would_be_made_is_refused_by_name(stacks: Stacks) -> None:
    code, said = stacks.refused(template(A=DATABASE))
    assert code == "ValidationError"
    assert "Unrecognized resource types: [AWS::RDS::DBInstance] (AWS has them" in said


def test_one_that_a_condition_leaves_out_stops_nothing(stacks: Stacks) -> None:
    def body(on: str) -> dict[str, Any]:
        return {
            "Conditions": {"On": {"Fn::Equals": [on, "yes"]}},
            **template(
                {"Value": {"Ref": "B"}}, A={**DATABASE, "Condition": "On"}, B=parameter("b")
            ),
        }

    stack = stacks.create(body("no"))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert outputs(stack)["Value"]
    with pytest.raises(ClientError, match=r"AWS::RDS::DBInstance\] \(AWS has"):
        stacks.cfn.update_stack(StackName=stack["StackName"], TemplateBody=json.dumps(body("yes")))
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


def test_the_metadata_of_the_cdk_is_taken_with_its_properties(stacks: Stacks) -> None:
    metadata = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:H4sI"}}
    stack = stacks.create(template(A=parameter("a"), CDKMetadata=metadata))
    assert stack["StackStatus"] == "CREATE_COMPLETE"

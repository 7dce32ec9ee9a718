"""Versions of functions as resources.

AWS Lambda API Reference, "PublishVersion": nothing is published if nothing has changed.
"""

from __future__ import annotations

from typing import Any

from tests.contract.cloudformation.helpers import Stacks, template

ROLE = "arn:aws:iam::000000000000:role/x"


def function(answer: str) -> dict[str, Any]:
    code = {"ZipFile": f"def handler(event, context): return {answer}"}
    given = {"Runtime": "python3.12", "Handler": "index.handler", "Role": ROLE, "Code": code}
    return {"Type": "AWS::Lambda::Function", "Properties": given}


def version(**more: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}, **more}


def test_a_second_version_of_unchanged_code_fails(stacks: Stacks) -> None:
    stack = stacks.create(
        template(F=function("1"), V=version(), W=version(DependsOn="V")), DisableRollback=True
    )

    assert stack["StackStatus"] == "CREATE_FAILED"
    assert "A version for this Lambda function exists ( 1 )" in stacks.reason(stack, "W")


def test_a_version_of_changed_code_is_made(stacks: Stacks) -> None:
    stack = stacks.create(template(F=function("1"), V=version()))
    stack = stacks.update(stack, template(F=function("2"), V=version(), W=version(DependsOn="V")))

    assert stack["StackStatus"] == "UPDATE_COMPLETE"

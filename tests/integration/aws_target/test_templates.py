"""Each IAM action and resource of the templates is held to a published list.

The list is cfn-lint's own, made from AWS's Service Authorization Reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cfnlint import decode

from pipeline.cloudformation import template_text
from pipeline.settings import TEMPLATES
from tests.iam.published import fits, known


@dataclass(frozen=True)
class Allowed:
    """One action on one resource, as a role's policy allows it."""

    template: str
    role: str
    action: str
    resource: str


def test_each_action_exists() -> None:
    found = {one.action for one in allowed()}
    assert len(found) > 40
    unknown = [action for action in found if not known(action)]
    assert unknown == []


def test_an_action_that_does_not_exist_is_found() -> None:
    assert not known("s3:GetObjects")
    assert not known("ghosts:ListHouses")


def test_each_resource_is_of_a_kind_that_the_action_takes() -> None:
    """Another one would never match: the action is then not allowed, whatever is written."""
    fitting: dict[tuple[str, str, str], bool] = {}
    for one in allowed():
        what = one.template, one.role, one.action
        fitting[what] = fitting.get(what, False) or fits(one.action, one.resource)
    assert [what for what, fit in fitting.items() if not fit] == []


def test_a_resource_that_an_action_does_not_take_is_found() -> None:
    assert not fits("s3:GetObject", "arn:aws:s3:::bucket")
    assert not fits("s3:ListBucket", "arn:aws:s3:::bucket/key")
    assert not fits("dynamodb:ListTables", "arn:aws:dynamodb:us-east-1:123456789012:table/x")
    assert fits("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:123456789012:table/x")


def allowed() -> list[Allowed]:
    """Everything that the templates' roles may do."""
    return [one for template in TEMPLATES for one in _of(template)]


def _of(template: str) -> Iterator[Allowed]:
    parsed, problems = decode.decode_str(template_text(template))
    assert not problems
    for name, resource in parsed["Resources"].items():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        properties = resource["Properties"]
        documents = [p["PolicyDocument"] for p in properties.get("Policies", [])]
        documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for document in documents:
            for statement in _listed(document["Statement"]):
                for action in _listed(statement["Action"]):
                    for where in _listed(statement["Resource"]):
                        yield Allowed(template, name, action, _arn(where))


def _arn(where: Any) -> str:
    """A resource with something in place of what is only known in a stack."""
    if isinstance(where, dict):
        text = where.get("Fn::Sub", "${Other}")
        where = text[0] if isinstance(text, list) else text
        if "Fn::GetAtt" in where or where == "${Other}":
            pytest.fail(f"a resource that this test cannot read: {where}")
    values = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "1" * 12}
    return re.sub(r"\$\{([^}]+)\}", lambda m: values.get(m[1], "name"), str(where))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

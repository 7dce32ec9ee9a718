"""Each IAM action and resource of the templates is held to a published list.

The list is cfn-lint's own, made from AWS's Service Authorization Reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pytest
from cfnlint import decode

from pipeline.cloudformation import template_text
from pipeline.settings import TEMPLATES

_S3 = {"bucket": "[^/]+", "object": "[^/]+/.+"}
"""What the list's formats do not tell apart."""


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
    unknown = [action for action in found if not _known(action)]
    assert unknown == []


def test_an_action_that_does_not_exist_is_found() -> None:
    assert not _known("s3:GetObjects")
    assert not _known("ghosts:ListHouses")


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


def fits(action: str, resource: str) -> bool:
    """Whether the action takes the resource, by its formats of ARNs."""
    service, _, name = action.partition(":")
    spec = _specification()[service]
    kinds = spec["Actions"][name.lower()].get("Resources", [])
    if resource == "*" or not kinds:
        return resource == "*"
    for kind in kinds:
        for text in spec["Resources"][kind.lower()]["ARNFormats"]:
            shaped = _S3.get(kind.lower(), "") if service == "s3" else ""
            if _pattern(text).fullmatch(resource) and re.fullmatch(shaped or ".*", resource):
                return True
    return False


def _pattern(text: str) -> re.Pattern[str]:
    """An ARN's format with a pattern for each of its variables; of a bucket's name, no slash."""
    parts = re.split(r"(\$\{[^}]+\}|\.\*|\*)", text)
    found = ""
    for part in parts:
        if part.startswith("${"):
            found += "[^:/]*"
        elif part in ("*", ".*"):
            found += ".+"
        else:
            found += re.escape(part)
    return re.compile(found)


def _arn(where: Any) -> str:
    """A resource with something in place of what is only known in a stack."""
    if isinstance(where, dict):
        text = where.get("Fn::Sub", "${Other}")
        where = text[0] if isinstance(text, list) else text
        if "Fn::GetAtt" in where or where == "${Other}":
            pytest.fail(f"a resource that this test cannot read: {where}")
    known = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "1" * 12}
    return re.sub(r"\$\{([^}]+)\}", lambda m: known.get(m[1], "name"), str(where))


def _known(action: str) -> bool:
    service, _, name = action.partition(":")
    return name.lower() in _specification().get(service, {}).get("Actions", {})


@cache
def _specification() -> dict[str, Any]:
    path = resources.files("cfnlint") / "data" / "AdditionalSpecs" / "Policies.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

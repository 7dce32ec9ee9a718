"""IAM's policy simulator through its API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]


def policy(*given: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(given)})


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(actions, resources, **more), "Effect": "Deny"}


@pytest.fixture
def role(aws: Aws, name: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}}
    made = aws("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=policy({**trust, "Action": "sts:AssumeRole"})
    )
    return str(made["Role"]["Arn"])


def decisions(answer: Any) -> list[str]:
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def test_stored_policies_of_a_role(aws: Aws, name: str, role: str) -> None:
    iam = aws("iam")
    iam.put_role_policy(RoleName=name, PolicyName="in", PolicyDocument=policy(allow("s3:*")))
    managed = iam.create_policy(
        PolicyName=name, PolicyDocument=policy(deny("s3:Delete*", "arn:aws:s3:::kept/*"))
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    names = ["s3:GetObject", "glue:GetTable"]
    answer = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=names)
    assert decisions(answer) == ["allowed", "implicitDeny"]
    first = answer["EvaluationResults"][0]
    assert first["EvalResourceName"] == "*"
    assert first["MatchedStatements"][0]["SourcePolicyId"] == f"role_{name}_in"
    for resource, said in (("kept/x", "explicitDeny"), ("other/x", "allowed")):
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role,
            ActionNames=["s3:DeleteObject"],
            ResourceArns=[f"arn:aws:s3:::{resource}"],
        )
        assert decisions(answer) == [said]


def test_a_users_groups_and_boundary(aws: Aws, name: str) -> None:
    iam = aws("iam")
    iam.create_group(GroupName=name)
    iam.put_group_policy(
        GroupName=name, PolicyName="g", PolicyDocument=policy(allow(["s3:*", "sqs:*"]))
    )
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")))["Policy"]
    arn = iam.create_user(UserName=name, PermissionsBoundary=boundary["Arn"])["User"]["Arn"]
    iam.add_user_to_group(GroupName=name, UserName=name)
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:PutObject", "sqs:SendMessage"]
    )
    assert decisions(answer) == ["allowed", "implicitDeny"]
    within = [r["PermissionsBoundaryDecisionDetail"] for r in answer["EvaluationResults"]]
    assert [w["AllowedByPermissionsBoundary"] for w in within] == [True, False]


def test_custom_policies_and_pages(aws: Aws) -> None:
    iam = aws("iam")
    given = {
        "PolicyInputList": [policy(allow("s3:Get*", "arn:aws:s3:::b/*"), deny("s3:GetObjectAcl"))],
        "ActionNames": ["s3:GetObject", "s3:getobjectacl", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::b/x"],
    }
    first = iam.simulate_custom_policy(**given, MaxItems=2)
    assert (decisions(first), first["IsTruncated"]) == (["allowed", "explicitDeny"], True)
    rest = iam.simulate_custom_policy(**given, Marker=first["Marker"])
    assert (decisions(rest), rest["IsTruncated"]) == (["implicitDeny"], False)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"PolicySourceArn": "arn:aws:iam::000000000000:role/nobody-at-all"}, "NoSuchEntity"),
        ({"PolicySourceArn": "arn:aws:iam::000000000000:user/nobody-at-all"}, "NoSuchEntity"),
        ({"PolicySourceArn": "arn:aws:iam::000000000000:oidc-provider/x"}, "InvalidInput"),
    ],
)
def test_who_cannot_be_simulated(aws: Aws, given: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        aws("iam").simulate_principal_policy(ActionNames=["s3:GetObject"], **given)
    assert caught.value.response["Error"]["Code"] == code


def test_a_policy_that_is_none(aws: Aws) -> None:
    for text in ("{", "[]", policy({"Effect": "Perhaps", "Action": "s3:*"})):
        with pytest.raises(ClientError) as caught:
            aws("iam").simulate_custom_policy(PolicyInputList=[text], ActionNames=["s3:GetObject"])
        assert caught.value.response["Error"]["Code"] == "InvalidInput"

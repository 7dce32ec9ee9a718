"""Changes in place of users, roles and managed policies, as in `changes_in_place`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestack.services.cloudformation.changes import Change, Difference, Model, document


def _policy_versions(aws: Any, model: Model, value: Any) -> None:
    client, arn = aws.iam, model["Id"]
    for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:  # there may be five; AWS keeps the one before
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    client.create_policy_version(PolicyArn=arn, PolicyDocument=document(value), SetAsDefault=True)


def _role(member: str, default: Any) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        given = {member: default if value is None else value}
        aws.iam.update_role(RoleName=model["RoleName"], **given)

    return apply


def _user_tags(aws: Any, model: Model, value: Any) -> None:
    name = model["UserName"]
    if old := aws.iam.list_user_tags(UserName=name)["Tags"]:
        aws.iam.untag_user(UserName=name, TagKeys=[tag["Key"] for tag in old])
    if value:
        aws.iam.tag_user(UserName=name, Tags=value)


def _user_groups(aws: Any, model: Model, value: Any) -> None:
    name, wanted = model["UserName"], set(value or ())
    old = {g["GroupName"] for g in aws.iam.list_groups_for_user(UserName=name)["Groups"]}
    for group in sorted(old - wanted):
        aws.iam.remove_user_from_group(UserName=name, GroupName=group)
    for group in sorted(wanted - old):
        aws.iam.add_user_to_group(UserName=name, GroupName=group)


def _attached(kind: str) -> Change:
    """The managed policies of a user, group or role."""

    def apply(aws: Any, model: Model, value: Any) -> None:
        named = {f"{kind.title()}Name": model[f"{kind.title()}Name"]}
        listed = getattr(aws.iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]
        old, wanted = {policy["PolicyArn"] for policy in listed}, set(value or ())
        for arn in sorted(old - wanted):
            getattr(aws.iam, f"detach_{kind}_policy")(**named, PolicyArn=arn)
        for arn in sorted(wanted - old):
            getattr(aws.iam, f"attach_{kind}_policy")(**named, PolicyArn=arn)

    return apply


def _boundary(kind: str) -> Change:
    """The permissions boundary of a user or role."""
    name = f"{kind.title()}Name"

    def apply(aws: Any, model: Model, value: Any) -> None:
        named = {name: model[name]}
        if value:
            put = getattr(aws.iam, f"put_{kind}_permissions_boundary")
            put(**named, PermissionsBoundary=value)
        else:
            getattr(aws.iam, f"delete_{kind}_permissions_boundary")(**named)

    return apply


def _holders(kind: str) -> Difference:
    """The users, groups or roles that a policy is written into."""
    name = f"{kind.title()}Name"

    def apply(aws: Any, model: Model, value: Any, before: Any) -> None:
        policy = model["PolicyName"]
        for holder in sorted(set(before or ()) - set(value or ())):
            getattr(aws.iam, f"delete_{kind}_policy")(**{name: holder, "PolicyName": policy})
        for holder in sorted(set(value or ()) - set(before or ())):
            getattr(aws.iam, f"put_{kind}_policy")(
                **{name: holder, "PolicyName": policy},
                PolicyDocument=document(model["PolicyDocument"]),
            )

    return apply


CHANGES: Mapping[str, Mapping[str, Change]] = {
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": _policy_versions},
    "AWS::IAM::Role": {
        "Description": _role("Description", ""),
        "MaxSessionDuration": _role("MaxSessionDuration", 3600),
        "PermissionsBoundary": _boundary("role"),
    },
    "AWS::IAM::User": {
        "Groups": _user_groups,
        "ManagedPolicyArns": _attached("user"),
        "PermissionsBoundary": _boundary("user"),
        "Tags": _user_tags,
    },
}

DIFFERENCES: Mapping[str, Mapping[str, Difference]] = {
    "AWS::IAM::Policy": {
        "Groups": _holders("group"),
        "Roles": _holders("role"),
        "Users": _holders("user"),
    },
}

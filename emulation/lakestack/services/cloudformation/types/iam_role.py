"""``AWS::IAM::Role`` that can be updated, and that leaves nothing when its creation fails.

LocalStack's type ignores a change of inline policies, and replaces the role for other changes. AWS
CloudFormation User Guide, "AWS::IAM::Role".
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.iam.resource_providers.aws_iam_role import IAMRoleProvider

Model = dict[str, Any]


class Role(IAMRoleProvider):  # type: ignore[misc]
    """Ref: the role's name."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        try:
            return IAMRoleProvider.create(self, request)
        except ClientError as e:
            # Another's role of this name must stay; ours without its policies must not.
            if e.operation_name != "CreateRole":
                request.previous_state = request.desired_state
                with contextlib.suppress(ClientError):
                    self.delete(request)
            raise

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model, previous = request.desired_state, request.previous_state or {}
        iam = request.aws_client_factory.iam
        name = model["RoleName"] = previous["RoleName"]
        if model["AssumeRolePolicyDocument"] != previous.get("AssumeRolePolicyDocument"):
            iam.update_assume_role_policy(
                RoleName=name, PolicyDocument=json.dumps(model["AssumeRolePolicyDocument"])
            )
        details = {key: model[key] for key in ("Description", "MaxSessionDuration") if key in model}
        if details:
            iam.update_role(RoleName=name, **details)
        old, new = (set(m.get("ManagedPolicyArns") or []) for m in (previous, model))
        for arn in sorted(new - old):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in sorted(old - new):
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        policies = {p["PolicyName"]: p["PolicyDocument"] for p in model.get("Policies") or []}
        for policy, document in policies.items():
            iam.put_role_policy(
                RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document)
            )
        for policy in previous.get("Policies") or []:
            if policy["PolicyName"] not in policies:
                iam.delete_role_policy(RoleName=name, PolicyName=policy["PolicyName"])
        gone = [t["Key"] for t in previous.get("Tags") or []]
        if gone:
            iam.untag_role(RoleName=name, TagKeys=gone)
        if model.get("Tags"):
            iam.tag_role(RoleName=name, Tags=model["Tags"])
        kept = {key: previous[key] for key in ("Arn", "RoleId") if key in previous}
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={**model, **kept})

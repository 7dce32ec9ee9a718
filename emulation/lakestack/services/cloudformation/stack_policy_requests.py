"""The policies that requests give to stacks: where they come from, and which one is in force.

AWS CloudFormation API Reference, "SetStackPolicy", "GetStackPolicy", "CreateStack" and
"UpdateStack".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.provider import CloudformationProviderV2

from lakestack.services.cloudformation.stack_lookup import existing_stack
from lakestack.services.cloudformation.stack_notes import StackNotes, notes_of
from lakestack.services.cloudformation.stack_policy import StackPolicy, parse_policy
from lakestack.services.cloudformation.template import text_of_location

_NAME, _DURING_UPDATE = "StackPolicy", "StackPolicyDuringUpdate"


class StackPolicyOperations(CloudformationProviderV2):  # type: ignore[misc]
    """Sets and shows the policy of a stack."""

    @handler("SetStackPolicy", expand=False)
    def set_stack_policy(self, context: RequestContext, request: Mapping[str, Any]) -> None:
        stack = existing_stack(context, request["StackName"])
        policy = _given(context, request, _NAME, resource_names(stack.template))
        if policy is None:
            raise ValidationError("Either StackPolicyBody or StackPolicyURL must be specified")
        notes_of(stack).policy = policy

    @handler("GetStackPolicy", expand=False)
    def get_stack_policy(self, context: RequestContext, request: Mapping[str, Any]) -> Any:
        """During an update the one that is in force for it."""
        notes = notes_of(existing_stack(context, request["StackName"]))
        text = notes.policy if notes.policy_during_update is None else notes.policy_during_update
        return {} if text is None else {"StackPolicyBody": text}


def policy_of_creation(
    context: RequestContext, request: Mapping[str, Any], names: Collection[str]
) -> str | None:
    """The new stack's policy, None if the request has none; raises ValidationError."""
    return _given(context, request, _NAME, names)


def policies_of_update(
    context: RequestContext, request: Mapping[str, Any], names: Collection[str]
) -> tuple[str | None, str | None]:
    """The policy that the stack has after its update, and the one during it; None as before.

    Raises:
        ValidationError: one of them is none
    """
    after = _given(context, request, _NAME, names)
    return after, _given(context, request, _DURING_UPDATE, names)


def in_force(notes: StackNotes) -> StackPolicy:
    """What an update that begins now may do."""
    text = notes.policy if notes.policy_during_update is None else notes.policy_during_update
    return parse_policy(text or "{}")


def resource_names(template: Any) -> set[str]:
    """The logical ids that a policy can name."""
    return set((template or {}).get("Resources") or {})


def _given(
    context: RequestContext, request: Mapping[str, Any], name: str, names: Collection[str]
) -> str | None:
    text, url = request.get(f"{name}Body"), request.get(f"{name}URL")
    if text and url:
        raise ValidationError(f"You cannot specify both {name}URL and {name}Body")
    if url:
        try:
            text = text_of_location(url, context.account_id, context.region)
        except ValidationError as e:
            raise ValidationError(str(e).replace("TemplateURL", f"{name}URL")) from e
    if not text:
        return None
    parse_policy(str(text)).check_names(names)
    return str(text)

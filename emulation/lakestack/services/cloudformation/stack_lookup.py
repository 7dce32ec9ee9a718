"""Finds the stacks that requests name."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.cloudformation import StackStatus
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import get_cloudformation_store


def find_stack(state: Any, name: str | None) -> Any:
    """The live stack of this name, or the stack, live or not, of this id; None if there is none."""
    if not name:
        raise ValidationError(
            "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: "
            "Member must not be null"
        )
    if name in state.stacks_v2:
        return state.stacks_v2[name]
    stacks = list(state.stacks_v2.values())
    live = (s for s in stacks if s.status != StackStatus.DELETE_COMPLETE)
    return next((s for s in live if s.stack_name == name), None)


def existing_stack(context: RequestContext, name: str | None) -> Any:
    """The live stack of this name or id; raises ValidationError if there is none."""
    stack = find_stack(get_cloudformation_store(context.account_id, context.region), name)
    if stack is None or stack.status == StackStatus.DELETE_COMPLETE:
        raise ValidationError(f"Stack [{name}] does not exist")
    return stack

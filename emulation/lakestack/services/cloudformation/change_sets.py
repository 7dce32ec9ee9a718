"""Change sets beside the stack that they are for.

AWS CloudFormation API Reference, "CreateChangeSet", "ExecuteChangeSet", "ListChangeSets" and
"ChangeSetSummary"; AWS CloudFormation User Guide, "Stack status codes".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    ExecutionStatus,
    StackStatus,
    TemplateStage,
)
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2 import provider as localstack_provider
from localstack.services.cloudformation.v2.provider import (
    CloudformationProviderV2,
    is_changeset_arn,
)

from lakestack.services.cloudformation import stack_options

# From these an update may begin.
UPDATABLE = {
    StackStatus.CREATE_COMPLETE,
    StackStatus.UPDATE_COMPLETE,
    StackStatus.UPDATE_ROLLBACK_COMPLETE,
    StackStatus.IMPORT_COMPLETE,
    StackStatus.IMPORT_ROLLBACK_COMPLETE,
}
_EXECUTED = {
    ExecutionStatus.EXECUTE_IN_PROGRESS,
    ExecutionStatus.EXECUTE_COMPLETE,
    ExecutionStatus.EXECUTE_FAILED,
}


class ChangeSetReads(CloudformationProviderV2):  # type: ignore[misc]
    """What is asked about change sets."""

    @handler("DescribeChangeSet")
    def describe_change_set(self, context: RequestContext, **asked: Any) -> Any:
        answer = super().describe_change_set(context, **asked)
        change_sets = get_cloudformation_store(context.account_id, context.region).change_sets
        options = stack_options.merged({}, options_of(change_sets[answer["ChangeSetId"]]))
        return {**answer, **{k: v for k, v in options.items() if k != "RoleARN"}}

    @handler("ListChangeSets")
    def list_change_sets(self, context: RequestContext, stack_name: str, **_: Any) -> Any:
        state = get_cloudformation_store(context.account_id, context.region)
        stack = localstack_provider.find_stack_v2(state, stack_name)
        if stack is None:
            raise ValidationError(f"Stack [{stack_name}] does not exist")
        waiting = [c for c in of_stack(state, stack) if c.execution_status not in _EXECUTED]
        return {"Summaries": [_summary(c) for c in sorted(waiting, key=lambda c: c.creation_time)]}

    @handler("GetTemplate")
    def get_template(
        self,
        context: RequestContext,
        stack_name: str | None = None,
        change_set_name: str | None = None,
        template_stage: str | None = None,
        **_: Any,
    ) -> Any:
        """Also of a stack under review, which has none yet, and of a change set, which has one."""
        state = get_cloudformation_store(context.account_id, context.region)
        found: Any
        if change_set_name:
            if not is_changeset_arn(change_set_name) and not stack_name:
                raise ValidationError("StackName is a required parameter.")
            found = localstack_provider.find_change_set_v2(state, change_set_name, stack_name)
            if found is None:
                raise ChangeSetNotFoundException(f"ChangeSet [{change_set_name}] does not exist")
        else:
            found = localstack_provider.find_stack_v2(state, stack_name)
            if found is None:
                raise ValidationError(f"Stack with id {stack_name} does not exist")
        body = found.template_body
        if body and template_stage == TemplateStage.Processed and "Transform" in body:
            body = json.dumps(found.processed_template)
        answer = {"StagesAvailable": [TemplateStage.Original, TemplateStage.Processed]}
        return {**answer, **({"TemplateBody": body} if body else {})}


def of_stack(state: Any, stack: Any) -> list[Any]:
    """The stack's change sets."""
    return [state.change_sets[i] for i in list(stack.change_set_ids) if i in state.change_sets]


def options_of(change_set: Any) -> Mapping[str, Any]:
    """The request that the change set was made by; empty for those that no request made."""
    options: Mapping[str, Any] = getattr(change_set, "options", {})
    return options


def refuse_name(state: Any, stack: Any, name: str) -> None:
    """A stack's change sets have different names, until they are executed.

    Raises:
        AlreadyExistsException: one of this name waits; the text is our guess
    """
    for change_set in of_stack(state, stack):
        if change_set.change_set_name == name and change_set.execution_status not in _EXECUTED:
            raise AlreadyExistsException(f"ChangeSet {name} already exists")


def refuse_busy(stack: Any) -> None:
    """An update can begin only where nothing else goes on, and something is there.

    Raises:
        ValidationError: the stack is in another state
    """
    if stack.status not in UPDATABLE:
        raise ValidationError(
            f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )


@contextmanager
def unmoved(stack: Any) -> Iterator[None]:
    """A change set for an update leaves its stack as it is; LocalStack puts it under review."""
    before = (stack.status, stack.status_reason, list(stack.events))
    try:
        yield
    finally:
        stack.status, stack.status_reason, stack.events = before


def outdate(state: Any, stack: Any) -> None:
    """The stack changes otherwise: its change sets can no longer be executed."""
    for change_set in of_stack(state, stack):
        if change_set.execution_status == ExecutionStatus.AVAILABLE:
            change_set.set_execution_status(ExecutionStatus.OBSOLETE)


def delete_others(state: Any, chosen: Any) -> None:
    """Executing a change set deletes the stack's others, which do not fit the updated stack."""
    for change_set in of_stack(state, chosen.stack):
        if change_set is not chosen and change_set.execution_status not in _EXECUTED:
            chosen.stack.change_set_ids.discard(change_set.change_set_id)
            del state.change_sets[change_set.change_set_id]


def take_over(state: Any, stack: Any, reviewed: Any) -> None:
    """CreateStack by the name of a stack under review makes that stack; its id remains."""
    stack.stack_id, stack.creation_time = reviewed.stack_id, reviewed.creation_time
    stack.events, stack.change_set_ids = reviewed.events, reviewed.change_set_ids
    stack.enable_termination_protection |= reviewed.enable_termination_protection
    for change_set in of_stack(state, reviewed):
        change_set.stack = stack
    outdate(state, stack)


def _summary(change_set: Any) -> Mapping[str, Any]:
    optional = {"StatusReason": change_set.status_reason, "Description": change_set.description}
    return {
        "StackId": change_set.stack.stack_id,
        "StackName": change_set.stack.stack_name,
        "ChangeSetId": change_set.change_set_id,
        "ChangeSetName": change_set.change_set_name,
        "ExecutionStatus": change_set.execution_status,
        "Status": change_set.status,
        "CreationTime": change_set.creation_time,
        "IncludeNestedStacks": False,
        **{key: value for key, value in optional.items() if value},
    }

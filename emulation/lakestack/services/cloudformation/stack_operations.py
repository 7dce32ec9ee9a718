"""What is done about a stack beside deploying templates: rollbacks, signals, costs.

AWS CloudFormation API Reference, "ContinueUpdateRollback", "SignalResource" and
"EstimateTemplateCost"; User Guide, "Continue rolling back from failed nested stack updates".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import ResourceStatus, StackStatus
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.provider import CloudformationProviderV2

from lakestack.services.cloudformation import stack_options
from lakestack.services.cloudformation.evaluation import template_errors
from lakestack.services.cloudformation.request_template import Request, checked, prepared_for
from lakestack.services.cloudformation.signals import Signal
from lakestack.services.cloudformation.stack_lookup import existing_stack
from lakestack.services.cloudformation.stack_notes import notes_of

_CALCULATOR = "http://calculator.s3.amazonaws.com/calc5.html?key=cloudformation/"


class StackOperations(CloudformationProviderV2):  # type: ignore[misc]
    """Goes on with rollbacks, takes signals, and answers what a template costs."""

    _start: Callable[[Any, Callable[[], object]], None]

    @handler("ContinueUpdateRollback", expand=False)
    def continue_update_rollback(self, context: RequestContext, request: Request) -> Any:
        """Our words where AWS's are not known, and resources of nested stacks are not skipped."""
        stack = existing_stack(context, request["StackName"])
        notes = notes_of(stack)
        if notes.parent:
            raise ValidationError(
                f"RollbackUpdatedStack cannot be invoked on child stacks: continue the rollback of "
                f"{notes.parent}"
            )
        if stack.status != StackStatus.UPDATE_ROLLBACK_FAILED:
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not continue its "
                "update's rollback; valid is UPDATE_ROLLBACK_FAILED"
            )
        if notes.unfinished is None:  # the emulator was started with what another one had saved
            raise ValidationError(
                f"Stack:{stack.stack_id}: what failed to roll back is not known any more; delete it"
            )
        deployment, failed = notes.unfinished
        skipped = list(request.get("ResourcesToSkip") or [])
        if unknown := sorted(set(skipped) - set(failed)):
            raise ValidationError(
                f"ResourcesToSkip: [{', '.join(unknown)}] did not fail to roll back; valid here: "
                f"[{', '.join(failed)}]"
            )
        notes.unfinished = None
        stack.set_stack_status(
            StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, stack_options.initiated(request)
        )
        self._start(stack, lambda: deployment.undo_again(failed, skipped))
        return {}

    @handler("SignalResource", expand=False)
    def signal_resource(self, context: RequestContext, request: Request) -> None:
        """Our words where a resource, or the stack, does not wait."""
        stack = existing_stack(context, request["StackName"])
        name, status = request["LogicalResourceId"], request["Status"]
        if not stack.status.endswith("_IN_PROGRESS"):
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be signaled"
            )
        state = stack.resource_states.get(name)
        if state is None:
            raise ValidationError(f"Resource {name} does not exist for stack {stack.stack_name}")
        if not state["ResourceStatus"].endswith("_IN_PROGRESS"):
            raise ValidationError(
                f"Resource {name} is in {state['ResourceStatus']} state and cannot be signaled"
            )
        stack.set_resource_status(
            logical_resource_id=name,
            physical_resource_id=state.get("PhysicalResourceId") or "",
            resource_type=state["ResourceType"],
            status=ResourceStatus(state["ResourceStatus"]),
            resource_status_reason=f"Received {status} signal with UniqueId {request['UniqueId']}",
        )
        notes_of(stack).signals.add(name, Signal(request["UniqueId"], status))

    @handler("EstimateTemplateCost", expand=False)
    def estimate_template_cost(self, context: RequestContext, request: Request) -> Any:
        """A page of AWS's calculator, as AWS answers; no calculator knows of this template."""
        _, template = checked(context, request, capabilities=False)
        with template_errors():
            prepared_for(template, request, context, None)
        return {"Url": f"{_CALCULATOR}{uuid.uuid4()}"}

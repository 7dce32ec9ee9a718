"""The emulated CloudFormation: LocalStack's API with our checks, deployments and deletions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    ChangeSetStatus,
    ChangeSetType,
    ExecutionStatus,
    InsufficientCapabilitiesException,
    InvalidChangeSetStatusException,
    StackStatus,
)
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import exports_map, get_cloudformation_store
from localstack.services.cloudformation.v2 import provider as localstack_provider
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack
from localstack.services.cloudformation.v2.provider import CloudformationProviderV2
from localstack.services.plugins import Service

from lakestack import clock, patches
from lakestack.services.cloudformation import change_sets, stack_options
from lakestack.services.cloudformation.change_sets import ChangeSetReads
from lakestack.services.cloudformation.deletion import Deletion
from lakestack.services.cloudformation.deployment import NESTED, Deployment
from lakestack.services.cloudformation.descriptions import Descriptions
from lakestack.services.cloudformation.drift.operations import DriftOperations
from lakestack.services.cloudformation.evaluation import (
    Describer,
    MacroError,
    Transformer,
    Validator,
    template_errors,
)
from lakestack.services.cloudformation.failed_macros import FailedMacros
from lakestack.services.cloudformation.failed_macros import deployment as deployment_of
from lakestack.services.cloudformation.preparation import identity_of, prepare
from lakestack.services.cloudformation.request_template import (
    Request,
    checked,
    deploying,
    listed,
    parsed,
    prepared_for,
    text_of_request,
)
from lakestack.services.cloudformation.stack_lookup import existing_stack, find_stack
from lakestack.services.cloudformation.stack_notes import importers, notes_of
from lakestack.services.cloudformation.stack_operations import StackOperations
from lakestack.services.cloudformation.stack_policy_requests import (
    StackPolicyOperations,
    policies_of_update,
    policy_of_creation,
    resource_names,
)
from lakestack.services.cloudformation.stack_sets import StackSetOperations
from lakestack.services.cloudformation.template import Template
from lakestack.services.cloudformation.template_check import (
    missing_capabilities,
    resources_of,
)
from lakestack.services.cloudformation.transforms import has_macros

_DONE = StackStatus.DELETE_COMPLETE


def create_service() -> Service:
    """Make the service, and let LocalStack's own operations use our parts."""
    patches.replace("cloudformation.validator", Validator)
    patches.replace("cloudformation.transformer", Transformer)
    patches.replace("cloudformation.describer", Describer)
    patches.replace("cloudformation.find", find_stack)
    patches.replace("cloudformation.text", text_of_request)
    patches.replace("cloudformation.parse", parsed)
    return Service.for_provider(CloudFormationProvider())


class CloudFormationProvider(  # type: ignore[misc]
    DriftOperations,
    StackOperations,
    StackPolicyOperations,
    StackSetOperations,
    ChangeSetReads,
    Descriptions,
    CloudformationProviderV2,
):
    """Creates, updates and deletes stacks as AWS does, with rollback."""

    @handler("CreateStack", expand=False)
    def create_stack(self, context: RequestContext, request: Request) -> Any:
        text, template = checked(context, request)
        state = _state(context)
        name = request["StackName"]
        known = find_stack(state, name)
        if known is not None and known.status != StackStatus.REVIEW_IN_PROGRESS:
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        stack = Stack(context.account_id, context.region, request, tags=request.get("Tags"))
        if known is not None:
            stack.stack_id = known.stack_id
        on_failure = request.get("OnFailure") or "ROLLBACK"
        notes_of(stack).on_failure = "DO_NOTHING" if request.get("DisableRollback") else on_failure
        notes_of(stack).options = stack_options.merged({}, request)
        if (protected := request.get("EnableTerminationProtection")) is not None:
            stack.enable_termination_protection = protected
        change_set = self._change_set(stack, request, text, template, before=None)
        notes_of(stack).policy = policy_of_creation(
            context, request, resource_names(change_set.template)
        )
        if known is not None:
            change_sets.take_over(state, stack, known)
        # Visible while it is being made.
        stack.template, stack.template_body = change_set.template, text
        state.stacks_v2[stack.stack_id] = stack
        stack.set_stack_status(StackStatus.CREATE_IN_PROGRESS, stack_options.initiated(request))
        stack.template = None
        notes_of(stack).begin_creation(request.get("TimeoutInMinutes"))
        deployment = deployment_of(change_set, update=False)
        self._start(stack, lambda: self._created(stack, deployment))
        return {"StackId": stack.stack_id}

    @handler("UpdateStack", expand=False)
    def update_stack(self, context: RequestContext, request: Request) -> Any:
        stack = existing_stack(context, request.get("StackName"))
        if request.get("UsePreviousTemplate"):
            request = {**request, "TemplateBody": stack.template_body}
        text, template = checked(context, request)
        change_sets.refuse_busy(stack)
        change_set = self._change_set(stack, request, text, template, before=stack.template)
        # What nested stacks and macros make of the same text, AWS does not know before it begins.
        unknown = has_macros(template) or any(
            r["Type"] == NESTED for r in resources_of(change_set.template).values()
        )
        tags = request.get("Tags")
        if not unknown and not change_set.has_changes() and (tags is None or tags == stack.tags):
            raise ValidationError("No updates are to be performed.")
        names = resource_names(stack.template) | resource_names(change_set.template)
        after, during = policies_of_update(context, request, names)
        notes_of(stack).policy_after_update = after
        notes_of(stack).policy_during_update = during
        stack.capabilities = request.get("Capabilities") or stack.capabilities
        notes_of(stack).tags_before = stack.tags or []
        stack.tags = tags if tags is not None else stack.tags
        change_sets.outdate(_state(context), stack)
        notes_of(stack).updated = clock.utc()
        notes_of(stack).options = stack_options.merged(notes_of(stack).options, request)
        stack.set_stack_status(StackStatus.UPDATE_IN_PROGRESS, stack_options.initiated(request))
        self._start(stack, deployment_of(change_set, update=True).run)
        return {"StackId": stack.stack_id}

    @handler("CreateChangeSet", expand=False)
    def create_change_set(self, context: RequestContext, request: Request) -> Any:
        if request.get("ChangeSetType") == "IMPORT" or request.get("ResourcesToImport"):
            raise ValidationError(
                "The emulator does not support ChangeSetType IMPORT; valid here: CREATE, UPDATE"
            )
        state = _state(context)
        stack = find_stack(state, request.get("StackName"))
        if request.get("UsePreviousTemplate") and stack is not None:
            request = {**request, "TemplateBody": stack.template_body, "UsePreviousTemplate": None}
        _, template = checked(context, request, capabilities=False)
        kind = request.get("ChangeSetType") or ChangeSetType.UPDATE
        staying: AbstractContextManager[None] = nullcontext()
        if stack is not None and stack.status != _DONE:
            if kind == ChangeSetType.UPDATE:
                change_sets.refuse_busy(stack)
                staying = change_sets.unmoved(stack)
            change_sets.refuse_name(state, stack, request["ChangeSetName"])
        before = set(state.stacks_v2)
        try:
            with template_errors(), staying:
                prepared = prepared_for(template, request, context, stack)
                with deploying(prepared):
                    answer = super().create_change_set(context, request)
                change_set = state.change_sets[answer["Id"]]
                change_set.options = dict(request)
                if prepared is not None:
                    change_set.processed_template = prepared.processed
                return answer
        except Exception:
            for new in set(state.stacks_v2) - before:  # refused: no stack under review remains
                del state.stacks_v2[new]
            raise

    @handler("ExecuteChangeSet")
    def execute_change_set(
        self,
        context: RequestContext,
        change_set_name: str,
        stack_name: str | None = None,
        disable_rollback: bool | None = None,
        **_: Any,
    ) -> Any:
        state = _state(context)
        change_set = localstack_provider.find_change_set_v2(state, change_set_name, stack_name)
        if change_set is None:
            raise ChangeSetNotFoundException(f"ChangeSet [{change_set_name}] does not exist")
        if change_set.status != ChangeSetStatus.CREATE_COMPLETE:
            raise InvalidChangeSetStatusException(
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status "
                f"of [{change_set.status}]"
            )
        if change_set.execution_status != ExecutionStatus.AVAILABLE:
            raise InvalidChangeSetStatusException(
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                f"execution status of [{change_set.execution_status}]"
            )
        stack = change_set.stack
        if missing := missing_capabilities(change_set.template, stack.capabilities):
            raise InsufficientCapabilitiesException(f"Requires capabilities : {listed(missing)}")
        update = change_set.change_set_type == ChangeSetType.UPDATE
        if update:
            change_sets.refuse_busy(stack)
        notes_of(stack).on_failure = "DO_NOTHING" if disable_rollback else "ROLLBACK"
        change_sets.delete_others(state, change_set)
        change_set.set_execution_status(ExecutionStatus.EXECUTE_IN_PROGRESS)
        notes_of(stack).updated = clock.utc()
        asked = change_sets.options_of(change_set)
        notes_of(stack).options = stack_options.merged(notes_of(stack).options, asked)
        notes_of(stack).tags_before = stack.tags or []
        stack.tags, stack.status_reason = change_set.tags, None
        stack.set_stack_status(
            StackStatus.UPDATE_IN_PROGRESS if update else StackStatus.CREATE_IN_PROGRESS,
            stack_options.initiated(asked),
        )
        deployment = Deployment(change_set, update=update)

        def execute() -> None:
            succeeded = deployment.run()
            stack.change_set_id = change_set.change_set_id if succeeded else stack.change_set_id
            change_set.set_execution_status(
                ExecutionStatus.EXECUTE_COMPLETE if succeeded else ExecutionStatus.EXECUTE_FAILED
            )

        self._start(stack, execute)
        return {}

    @handler("DeleteStack")
    def delete_stack(
        self,
        context: RequestContext,
        stack_name: str,
        retain_resources: list[str] | None = None,
        deletion_mode: str | None = None,
        **_: Any,
    ) -> None:
        stack = find_stack(_state(context), stack_name)
        if stack is None or stack.status in (_DONE, StackStatus.DELETE_IN_PROGRESS):
            return
        if stack.enable_termination_protection:
            raise ValidationError(
                f"Stack [{stack.stack_name}] cannot be deleted while TerminationProtection is "
                "enabled"
            )
        retain = list(retain_resources or [])
        if retain and stack.status != StackStatus.DELETE_FAILED:
            raise ValidationError(
                f"Invalid operation on stack [{stack.stack_id}]. RetainResources can only be "
                "specified when the stack is in the DELETE_FAILED state."
            )
        if deletion_mode == "FORCE_DELETE_STACK":
            retain = [*retain, *_failed_to_delete(stack)]
        # What still runs stops before its next resource, is rolled back, and is deleted then.
        notes_of(stack).cancelled.set()

        def begin() -> Deletion:
            notes_of(stack).cancelled.clear()  # a refused deletion leaves a stack to be updated
            deletion = Deletion(stack, retain)
            stack.status_reason = None
            stack.set_stack_status(StackStatus.DELETE_IN_PROGRESS, "User Initiated")
            return deletion

        if not notes_of(stack).operation.locked():
            self._start(stack, begin().run)
        else:
            self._start(stack, lambda: begin().run())

    @handler("ListImports")
    def list_imports(self, context: RequestContext, export_name: str, **_: Any) -> Any:
        if export_name not in exports_map(context.account_id, context.region):
            raise ValidationError(f"Export {export_name} does not exist.")
        names = importers(_state(context).stacks_v2.values(), export_name)
        if not names:
            raise ValidationError(f"Export '{export_name}' is not imported by any stack.")
        return {"Imports": names}

    def _change_set(
        self, stack: Any, request: Request, text: str, template: Template, before: Template | None
    ) -> Any:
        """Evaluate the template against the stack; raises ValidationError.

        A macro that fails is no error here: what is returned fails when it is deployed.
        """
        try:
            return self._evaluated(stack, request, text, template, before)
        except MacroError as e:
            return FailedMacros(stack, text, e, update=before is not None)

    def _evaluated(
        self, stack: Any, request: Request, text: str, template: Template, before: Template | None
    ) -> Any:
        old_parameters = stack.resolved_parameters if before is not None else None
        kind = ChangeSetType.CREATE if before is None else ChangeSetType.UPDATE
        with template_errors():
            prepared = prepare(template, request.get("Parameters") or [], identity_of(stack))
            change_set = ChangeSet(
                stack,
                {"ChangeSetName": f"cs-{stack.stack_name}", "ChangeSetType": kind},
                template=prepared.template,
                template_body=text,
            )
            self._setup_change_set_model(
                change_set=change_set,
                before_template=before,
                after_template=prepared.template,
                before_parameters=old_parameters,
                after_parameters=self._extract_after_parameters(
                    request.get("Parameters") or [], old_parameters
                ),
            )
        if change_set.status == ChangeSetStatus.FAILED:
            raise ValidationError(change_set.status_reason)
        change_set.processed_template = prepared.processed
        return change_set

    def _created(self, stack: Any, deployment: Deployment) -> None:
        if not deployment.run() and notes_of(stack).on_failure == "DELETE":
            deletion = Deletion(stack)
            stack.set_stack_status(StackStatus.DELETE_IN_PROGRESS)
            deletion.run()

    def _start(self, stack: Any, work: Callable[[], object]) -> None:
        """Run the stack's operation in a thread, after the one that may still run."""
        lock = notes_of(stack).operation
        free = lock.acquire(blocking=False)

        def run() -> None:
            if not free:
                lock.acquire()
            try:
                work()
            finally:
                lock.release()

        threading.Thread(target=run, name=f"cfn-{stack.stack_name}", daemon=True).start()


def _state(context: RequestContext) -> Any:
    return get_cloudformation_store(context.account_id, context.region)


def _failed_to_delete(stack: Any) -> list[str]:
    return [n for n, r in stack.resource_states.items() if r["ResourceStatus"] == "DELETE_FAILED"]

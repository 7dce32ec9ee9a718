"""What is told of stacks, and of templates before a stack is made.

AWS CloudFormation API Reference, "DescribeStacks", "DescribeStackResource" and
"GetTemplateSummary".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import StackStatus
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2 import provider as localstack_provider
from localstack.services.cloudformation.v2.provider import CloudformationProviderV2

from lakestack.services.cloudformation.evaluation import template_errors
from lakestack.services.cloudformation.request_template import described
from lakestack.services.cloudformation.stack_notes import notes_of
from lakestack.services.cloudformation.template import Template, parse_template, template_text
from lakestack.services.cloudformation.template_check import check, resources_of


class Descriptions(CloudformationProviderV2):  # type: ignore[misc]
    """What is asked about stacks and templates."""

    @handler("ValidateTemplate", expand=False)
    def validate_template(self, context: RequestContext, request: Mapping[str, Any]) -> Any:
        template = parse_template(template_text(request, context.account_id, context.region))
        check(template)
        return described(template)

    @handler("GetTemplateSummary", expand=False)
    def get_template_summary(self, context: RequestContext, request: Mapping[str, Any]) -> Any:
        template = None
        if not request.get("StackName") and not request.get("StackSetName"):
            template = parse_template(template_text(request, context.account_id, context.region))
            check(template)
            plain = json.dumps({**template, "Resources": resources_of(template)})
            request = {**request, "TemplateBody": plain, "TemplateURL": None}
        with template_errors():
            answer = super().get_template_summary(context, request)
        if template is None and request.get("StackName"):
            state = get_cloudformation_store(context.account_id, context.region)
            template = localstack_provider.find_stack_v2(state, request["StackName"]).template
        return answer if template is None else {**answer, **_summarized(answer, template)}

    @handler("DescribeStacks")
    def describe_stacks(
        self, context: RequestContext, stack_name: str | None = None, **_: Any
    ) -> Any:
        state = get_cloudformation_store(context.account_id, context.region)
        if stack_name:
            stack = localstack_provider.find_stack_v2(state, stack_name)
            if stack is None:
                raise ValidationError(f"Stack with id {stack_name} does not exist")
            found = [stack]
        else:  # deleted stacks are shown by their id only
            every = list(state.stacks_v2.values())
            found = [s for s in every if s.status != StackStatus.DELETE_COMPLETE]
        return {"Stacks": [self._describe_stack(s) for s in found]}

    @handler("ListStacks")
    def list_stacks(self, context: RequestContext, *given: Any, **named: Any) -> Any:
        answer = super().list_stacks(context, *given, **named)
        stacks = get_cloudformation_store(context.account_id, context.region).stacks_v2
        for summary in answer["StackSummaries"]:
            if text := stacks[summary["StackId"]].description:
                summary["TemplateDescription"] = text
        return answer

    @handler("DescribeStackResource")
    def describe_stack_resource(
        self, context: RequestContext, stack_name: str, logical_resource_id: str, **_: Any
    ) -> Any:
        answer = super().describe_stack_resource(context, stack_name, logical_resource_id)
        state = get_cloudformation_store(context.account_id, context.region)
        template = localstack_provider.find_stack_v2(state, stack_name).template or {}
        resource = (template.get("Resources") or {}).get(logical_resource_id) or {}
        answer["StackResourceDetail"]["Metadata"] = json.dumps(resource.get("Metadata") or {})
        drift = notes_of(localstack_provider.find_stack_v2(state, stack_name)).drift
        answer["StackResourceDetail"]["DriftInformation"] = drift.of_resource(logical_resource_id)
        return answer

    @handler("DescribeStackResources")
    def describe_stack_resources(
        self,
        context: RequestContext,
        stack_name: str | None = None,
        logical_resource_id: str | None = None,
        physical_resource_id: str | None = None,
        **_: Any,
    ) -> Any:
        """Of a stack, or of the stack that has the resource of this physical id."""
        state = get_cloudformation_store(context.account_id, context.region)
        if physical_resource_id and not stack_name:
            stack_name = _owner_of(state, physical_resource_id)
            physical_resource_id = None
        answer = super().describe_stack_resources(
            context, stack_name, logical_resource_id, physical_resource_id
        )
        drift = notes_of(localstack_provider.find_stack_v2(state, stack_name)).drift
        for shown in answer["StackResources"]:
            shown["DriftInformation"] = drift.of_resource(shown["LogicalResourceId"])
        return answer

    def _describe_stack(self, stack: Any) -> Any:
        shown = super()._describe_stack(stack)
        notes = notes_of(stack)
        shown.update(notes.options)
        shown["DriftInformation"] = notes.drift.of_stack()
        if notes.parent:
            shown["ParentId"], shown["RootId"] = notes.parent, _root_of(stack)
        if notes.timeout_minutes is not None:
            shown["TimeoutInMinutes"] = notes.timeout_minutes
        if notes.updated is None:
            shown.pop("LastUpdatedTime", None)
        else:
            shown["LastUpdatedTime"] = notes.updated
        if stack.status == StackStatus.DELETE_COMPLETE:
            shown.pop("EnableTerminationProtection", None)
        if not stack.status_reason:
            shown.pop("StackStatusReason", None)
        shown["DisableRollback"] = notes.on_failure == "DO_NOTHING"
        return shown


def _root_of(stack: Any) -> str:
    """Id of the stack in which, at whatever depth, a nested stack is."""
    stacks = get_cloudformation_store(stack.account_id, stack.region_name).stacks_v2
    above = notes_of(stack).parent
    while (found := stacks.get(above)) is not None and (next_one := notes_of(found).parent):
        above = next_one
    return str(above)


def _owner_of(state: Any, physical_id: str) -> str:
    """Id of the stack that has such a resource.

    Raises:
        ValidationError: none has
    """
    for stack in list(state.stacks_v2.values()):
        states = list(stack.resource_states.values())
        if stack.status != StackStatus.DELETE_COMPLETE and any(
            each.get("PhysicalResourceId") == physical_id for each in states
        ):
            return str(stack.stack_id)
    raise ValidationError(f"Stack for {physical_id} does not exist")


def _summarized(answer: Any, template: Template) -> dict[str, Any]:
    """What LocalStack leaves out of a summary."""
    about = described({**template, "Resources": resources_of(template)})
    declared = template.get("Parameters") or {}
    for parameter in answer.get("Parameters") or []:
        declaration = declared[parameter["ParameterKey"]]
        parameter["NoEcho"] = str(declaration.get("NoEcho", "")).lower() == "true"
        allowed = declaration.get("AllowedValues")
        parameter["ParameterConstraints"] = {"AllowedValues": allowed} if allowed else {}
    added = ("Capabilities", "CapabilitiesReason", "DeclaredTransforms", "Description")
    return {name: about[name] for name in added if name in about}

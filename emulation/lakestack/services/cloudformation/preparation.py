"""From a request's template to the one that is deployed: macros, checks, conditions.

AWS CloudFormation User Guide, "Template anatomy": transforms come first, then what they made is
checked, then rules and conditions decide what of it is deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localstack.services.cloudformation.v2.provider import CloudformationProviderV2
from localstack.utils.aws.arns import get_partition

from lakestack.services.cloudformation.parameter_values import values_of
from lakestack.services.cloudformation.parameters import check_parameters
from lakestack.services.cloudformation.selection import check_rules, selected
from lakestack.services.cloudformation.static_values import StaticValues
from lakestack.services.cloudformation.template import Template
from lakestack.services.cloudformation.template_check import check, check_made_types
from lakestack.services.cloudformation.transforms import Stage, expanded, has_macros


@dataclass(frozen=True)
class StackIdentity:
    """Whose template it is.

    Attributes:
        stack_id: None before the stack is made
        parameters: LocalStack's records of the stack as it is, None before it is made
    """

    account: str
    region: str
    name: str
    stack_id: str | None = None
    parameters: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Prepared:
    """A template ready to be deployed.

    Attributes:
        processed: as GetTemplate shows it, after the macros
        template: without what its conditions leave out
    """

    processed: Template
    template: Template


def identity_of(stack: Any) -> StackIdentity:
    """Of a stack of LocalStack's store, or one that is about to be there."""
    made = stack.resolved_parameters if stack.template is not None else None
    return StackIdentity(
        stack.account_id, stack.region_name, stack.stack_name, stack.stack_id, made
    )


def prepare(
    template: Template, given: list[Mapping[str, Any]], identity: StackIdentity
) -> Prepared:
    """Expand, check and select.

    Args:
        template: as parsed and checked for its form
        given: the request's parameters

    Raises:
        FailedTransformationException: a macro failed
        ValidationError: a fault of the template or of a parameter
    """
    check_parameters(template, given)
    provider = CloudformationProviderV2
    parameters = provider._resolve_parameters(
        template,
        provider._extract_after_parameters(given, identity.parameters),
        identity.account,
        identity.region,
        identity.parameters,
    )
    known = {**pseudo_parameters(identity), **values_of(parameters)}
    processed = template
    if has_macros(template):
        stage = Stage(identity.account, identity.region, parameters, known)
        processed = expanded(template, stage)
        check(processed)
    values = StaticValues(processed, known, {})
    check_rules(processed, values)
    made = selected(processed, values)
    check_made_types(made["Resources"])
    for part in (*made["Resources"].values(), *(made.get("Outputs") or {}).values()):
        values.resolve(part)  # raises where a lookup or a selection finds nothing
    return Prepared(processed, made)


def pseudo_parameters(identity: StackIdentity) -> dict[str, Any]:
    """AWS CloudFormation User Guide, "Get AWS values using pseudo parameters"."""
    found = {
        "AWS::AccountId": identity.account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": get_partition(identity.region),
        "AWS::Region": identity.region,
        "AWS::StackName": identity.name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    return found if identity.stack_id is None else {**found, "AWS::StackId": identity.stack_id}

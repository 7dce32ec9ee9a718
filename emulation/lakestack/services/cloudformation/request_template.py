"""The template of a request: checked, described, and made ready for LocalStack's own operations.

AWS CloudFormation API Reference, "ValidateTemplate" and "CreateChangeSet".
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.cloudformation import InsufficientCapabilitiesException
from localstack.services.cloudformation.engine.transformers import FailedTransformationException

from lakestack.services.cloudformation.preparation import (
    Prepared,
    StackIdentity,
    identity_of,
    prepare,
)
from lakestack.services.cloudformation.stack_options import refuse_triggers, refuse_types
from lakestack.services.cloudformation.template import Template, parse_template, template_text
from lakestack.services.cloudformation.template_check import (
    check,
    missing_capabilities,
    required_capabilities,
    resources_of,
)
from lakestack.services.cloudformation.transforms import transform_names

LOG = logging.getLogger(__name__)
Request = Mapping[str, Any]


def checked(
    context: RequestContext, request: Request, *, capabilities: bool = True
) -> tuple[str, Template]:
    """Text and content of the request's template, once its form is checked.

    Raises:
        InsufficientCapabilitiesException: what it needs is not given
        ValidationError: a fault of its form
    """
    text = template_text(request, context.account_id, context.region)
    template = parse_template(text)
    check(template)
    refuse_triggers(request)
    refuse_types(request, (r["Type"] for r in resources_of(template).values()))
    if capabilities and (
        missing := missing_capabilities(template, request.get("Capabilities") or [])
    ):
        raise InsufficientCapabilitiesException(f"Requires capabilities : {listed(missing)}")
    return text, template


def described(template: Template) -> dict[str, Any]:
    """The answer of ValidateTemplate."""
    answer: dict[str, Any] = {
        "Parameters": [
            {
                "ParameterKey": name,
                "NoEcho": str(p.get("NoEcho", "")).lower() == "true",
                **({"DefaultValue": p["Default"]} if "Default" in p else {}),
                **({"Description": p["Description"]} if "Description" in p else {}),
            }
            for name, p in (template.get("Parameters") or {}).items()
        ],
    }
    if "Description" in template:
        answer["Description"] = template["Description"]
    if "Transform" in template:
        answer["DeclaredTransforms"] = transform_names(template)
    if needed := required_capabilities(template):
        answer["Capabilities"] = needed
        answer["CapabilitiesReason"] = (
            "The following resource(s) require capabilities: "
            f"{listed(sorted({r['Type'] for r in resources_of(template).values()}))}"
        )
    return answer


def prepared_for(
    template: Template, request: Request, context: RequestContext, stack: Any
) -> Prepared | None:
    """What a change set deploys; None if a macro fails, which the change set itself then says."""
    name = str(request.get("StackName"))
    identity = StackIdentity(context.account_id, context.region, name)
    if stack is not None:
        identity = identity_of(stack)
    try:
        return prepare(template, request.get("Parameters") or [], identity)
    except FailedTransformationException as e:
        LOG.debug("a macro of %s fails: %s", name, e)
        return None


_PREPARED: ContextVar[Template | None] = ContextVar("prepared", default=None)


@contextmanager
def deploying(prepared: Prepared | None) -> Iterator[None]:
    """LocalStack's own operations parse the request's text: give them what is made of it."""
    token = _PREPARED.set(None if prepared is None else prepared.template)
    try:
        yield
    finally:
        _PREPARED.reset(token)


def parsed(text: str) -> Template:
    """The template that is being deployed, else what the text says."""
    prepared = _PREPARED.get()
    return parse_template(text) if prepared is None else prepared


def text_of_request(request: Request) -> str:
    """For LocalStack's own operations, which do not say whose request it is."""
    from localstack.constants import AWS_REGION_US_EAST_1, DEFAULT_AWS_ACCOUNT_ID

    return template_text(request, DEFAULT_AWS_ACCOUNT_ID, AWS_REGION_US_EAST_1)


def listed(names: list[str]) -> str:
    """Names as the service's texts have them."""
    return f"[{', '.join(names)}]"

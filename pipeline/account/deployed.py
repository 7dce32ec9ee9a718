"""What the lake's stacks are made of now, and what a run would make of them; only read calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.account.templates import Resource, parse, resources
from pipeline.cloudformation import template_text
from pipeline.earlier import take_earlier
from pipeline.infrastructure import expected_parameters
from pipeline.lake import Lake
from pipeline.reactive.stack import planned_parameters
from pipeline.resource_looks import is_made
from pipeline.settings import NESTED, OPTIONAL, ROOT, STACKS

__all__ = ["Deployed", "Standing", "deployed", "expected"]


@dataclass(frozen=True)
class Deployed:
    """A stack of the lake as it is.

    Attributes:
        template: of which it was made
        stack: its name
        status: its StackStatus
        created: its CreationTime
        resources: as its own template and parameters give them
        physical: what CloudFormation has made, by logical id
    """

    template: str
    stack: str
    status: str
    created: datetime
    resources: list[Resource]
    physical: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """What a run would make, beside what is there: read once, for preflight and plan.

    Attributes:
        wanted: all resources of the templates
        there: the lake's stacks, by template
    """

    wanted: list[Resource]
    there: dict[str, Deployed]

    @classmethod
    def of(cls, lake: Lake, *, reactive: bool = False) -> Standing:
        """Look at the stacks.

        Args:
            lake: on its target
            reactive: whether the run makes the lake react to files

        Raises:
            EarlierLakeError: an earlier version has made the lake
        """
        take_earlier(lake, to_change=True)
        return cls(
            expected(lake, reactive=reactive), {stack.template: stack for stack in deployed(lake)}
        )

    @property
    def new(self) -> list[Resource]:
        """What is yet to be made."""
        made = {(name, logical) for name, stack in self.there.items() for logical in stack.physical}
        return [r for r in self.wanted if (r.template, r.logical) not in made]


def deployed(lake: Lake) -> Iterator[Deployed]:
    """The lake's stacks that are there, also the nested ones; those of others are left out."""
    for template in (*STACKS, *OPTIONAL, *NESTED):
        stack = lake.stacks.describe(template)
        if stack is None or (
            template not in NESTED and not lake.settings.owns(stack.get("Tags", []))
        ):
            continue
        yield _look(lake, template, stack)


def expected(lake: Lake, *, reactive: bool = False) -> list[Resource]:
    """All resources that the templates make, as a run would deploy them now.

    Args:
        lake: on its target
        reactive: whether the run makes the lake react to files
    """
    found: list[Resource] = []
    changed = planned_parameters(lake) if reactive else {}
    optional = [
        name for name in OPTIONAL if name in changed or lake.stacks.describe(name) is not None
    ]
    for template in (*STACKS, *optional):  # a run leaves those as they are
        document = parse(template_text(template))
        names = lake.settings.parameters(template)
        given = {**names, **expected_parameters(lake.stacks, template)}
        given |= changed.get(template, {})
        made = resources(template, document, given, **_pseudo(lake))
        found += made
        if template == ROOT:
            nested = {resource.logical: resource for resource in made}
            for name, logical in NESTED.items():
                if logical in nested:
                    found += _nested(lake, name, nested[logical])
    return found


def _nested(lake: Lake, template: str, stack: Resource) -> list[Resource]:
    given = {name: str(value) for name, value in stack.properties.get("Parameters", {}).items()}
    return resources(template, parse(template_text(template)), given, **_pseudo(lake))


def _look(lake: Lake, template: str, stack: dict[str, Any]) -> Deployed:
    cloudformation = lake.client("cloudformation")
    name = stack["StackId"]
    body = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    made = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    given = {p["ParameterKey"]: p.get("ParameterValue", "") for p in stack.get("Parameters", [])}
    physical = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in made
        if is_made(resource)
    }
    found = resources(template, parse(body), given, **_pseudo(lake))
    status, created = stack["StackStatus"], stack["CreationTime"]
    return Deployed(template, stack["StackName"], status, created, found, physical)


def _pseudo(lake: Lake) -> dict[str, str]:
    partition = lake.target.session.get_partition_for_region(lake.target.region)
    return {
        "AccountId": lake.target.account,
        "Partition": partition,
        "Region": lake.target.region,
        "URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
    }

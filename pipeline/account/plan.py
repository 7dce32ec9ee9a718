"""``lake plan``: what a run would make, change and delete, and what that costs; only read calls.

CloudFormation's change sets would tell it too, but making one is a write call. So the template and
parameters that a stack was made with (GetTemplate, DescribeStacks) are compared with those that a
run would give it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.account.cost import Costs, estimate
from pipeline.account.deployed import Deployed, Standing
from pipeline.account.templates import Resource
from pipeline.cloudformation import DEAD
from pipeline.errors import CostError
from pipeline.infrastructure import PLANNED
from pipeline.lake import Lake
from pipeline.settings import TABLES

__all__ = ["AccountPlan", "Change", "make_plan", "require_cheap"]

Action = Literal["make", "change", "delete", "keep"]


@dataclass(frozen=True)
class Change:
    """What happens to one resource.

    Attributes:
        action: make, change (CloudFormation may replace it), delete or keep
        template: of its stack
        logical: its name in the template
        kind: its type
        name: its name or id, "" when it has none yet
    """

    action: Action
    template: str
    logical: str
    kind: str
    name: str


@dataclass(frozen=True)
class AccountPlan:
    """What a run would do.

    Attributes:
        where: target, account and region, for people
        changes: of the stacks' resources
        outside: what is made or done outside CloudFormation
        costs: None where nothing is paid for
    """

    where: str
    changes: list[Change]
    outside: list[str]
    costs: Costs | None
    rows: Mapping[str, int] = field(default_factory=dict)

    def count(self, action: Action) -> int:
        """How many resources that happens to."""
        return sum(change.action == action for change in self.changes)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "where": self.where,
            "changes": [vars(change) for change in self.changes],
            "outside": self.outside,
            "rows": dict(self.rows),
            "costs": self.costs.as_dict() if self.costs else None,
        }


def make_plan(lake: Lake, standing: Standing, rows: Mapping[str, int]) -> AccountPlan:
    """Compare the stacks with what a run would make of them.

    Args:
        lake: on its target
        standing: of its stacks
        rows: of each file of the source

    Returns:
        the plan
    """
    wanted, there = standing.wanted, standing.there
    tables = {table: lake.settings.dynamodb_table(table) for table in TABLES}
    prices = lake.target.prices
    return AccountPlan(
        where=lake.target.describe(),
        changes=list(_changes(wanted, there)),
        outside=list(_outside(lake, wanted, tables)),
        costs=estimate(prices, wanted, lake.target.sizes, rows, tables) if prices else None,
        rows=rows,
    )


def require_cheap(plan: AccountPlan, most: float | None) -> None:
    """Refuse a run that costs more than `most` USD.

    Raises:
        CostError: it does, or the table lacks a price, so that nobody can say
    """
    costs = plan.costs
    if most is None or costs is None:
        return
    if costs.unknown:
        raise CostError(
            f"Whether the run costs more than {most:.2f} USD cannot be said: there is no price "
            f"for {', '.join(costs.unknown)}; nothing was done.",
            "Choose a size that has one (docs/aws.md), or leave --max-cost out.",
        )
    if not costs.per_run <= most:  # what is no number is no limit
        raise CostError(
            f"The run would cost about {costs.per_run:.2f} USD, more than the {most:.2f} USD "
            "allowed; nothing was done.",
            "See what costs it with: lake plan",
        )


def _changes(wanted: list[Resource], there: Mapping[str, Deployed]) -> Iterator[Change]:
    # A dead stack is deleted with all that it holds, the nested ones with the one around them.
    dead = {name for name, stack in there.items() if stack.status in DEAD}
    new = {(resource.template, resource.logical): resource for resource in wanted}
    old = {
        (stack.template, resource.logical): (resource, stack.physical[resource.logical])
        for stack in there.values()
        for resource in stack.resources
        if resource.logical in stack.physical
    }
    for key, resource in new.items():
        action: Action = "make"
        name = resource.name
        if key in old and resource.template not in dead:
            before, name = old[key]
            same = before.properties == resource.properties and before.kind == resource.kind
            action = "keep" if same else "change"
        yield Change(action, *key, resource.kind, "" if name == PLANNED else name)
    for key, (before, name) in old.items():
        if key not in new or before.template in dead:
            yield Change("delete", *key, before.kind, name)


def _outside(lake: Lake, wanted: list[Resource], tables: Mapping[str, str]) -> Iterator[str]:
    settings = lake.settings
    yield f"objects in bucket {lake.bucket}: source data, code, training data, model, records"
    yield "the DMS task's full load, and its log group"
    made = {resource.name for resource in wanted if resource.kind == "AWS::DynamoDB::Table"}
    ours = [name for name in tables.values() if name not in made]
    if ours:
        yield f"tables {', '.join(ours)}, made by DMS"
    yield f"runs of crawlers {settings.stream_crawler} and {settings.tables_crawler}"
    yield f"tables in the Glue database {settings.database}: {', '.join(settings.catalog_tables)}"
    yield f"a run of job {settings.job}, and its log groups"
    yield f"a training job {settings.training_prefix}-…, and its log streams"
    yield f"calls of function {settings.simulator} and of the endpoint"

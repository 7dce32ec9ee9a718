"""What people see of a plan, a pause and an account's checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from pipeline.account.cost import Costs, Item
from pipeline.check import Check
from pipeline.console.lake_console import LakeConsole, cell, print_checks
from pipeline.text.counted import counted
from pipeline.text.pasteable import pasteable

if TYPE_CHECKING:
    from pipeline.account.pause import Pause
    from pipeline.account.plan import AccountPlan

__all__ = ["print_pause", "print_plan", "print_unsure"]

WIDTH = 110
_BOX = box.SIMPLE_HEAD


def print_plan(plan: AccountPlan, *, stderr: bool = False) -> None:
    """Resources, what is made beside them, and costs."""
    console = _console(stderr)
    console.print(plan.where, soft_wrap=True)
    changed = [change for change in plan.changes if change.action != "keep"]
    if changed:
        table = Table(box=_BOX, show_edge=False)
        for heading in ("", "stack", "resource", "type", "name"):
            table.add_column(heading, overflow="fold")
        for change in changed:
            kind = change.kind.removeprefix("AWS::")
            table.add_row(
                *map(cell, (change.action, change.template, change.logical, kind, change.name))
            )
        console.print(table)
    console.print(
        f"{counted(plan.count('make'), 'resource')} to make, {plan.count('change')} to change, "
        f"{plan.count('delete')} to delete, {plan.count('keep')} unchanged"
    )
    console.print("Outside CloudFormation:")
    for text in plan.outside:
        console.print(f"  {text}", soft_wrap=True)
    if plan.costs is None:
        console.print("Nothing of it is paid for.")
    else:
        _print_costs(console, plan.costs)


def print_pause(pause: Pause, then: str) -> None:
    """What was removed, what still bills, and the next commands."""
    console = _console(stderr=False)
    for text in pause.removed:
        console.print(f"removed {text}", soft_wrap=True)
    if not pause.removed:
        console.print("nothing that a pause removes is there")
    _print_items(console, "still billed by the hour", pause.still)
    console.print(f"All data is kept. {then}", soft_wrap=True)


def print_unsure(checks: Iterable[Check]) -> None:
    """Those of the account's checks that are off or could not be made."""
    found: Sequence[Check] = [check for check in checks if check.fix]
    print_checks(found, stderr=True)


def _print_costs(console: LakeConsole, costs: Costs) -> None:
    _print_items(console, "this run", costs.run)
    _print_items(console, "by the hour, until lake destroy", costs.hourly)
    _print_items(console, "kept for 30 days, until lake destroy", costs.monthly)
    console.print(
        f"This run costs about {costs.per_run:.2f} USD, with {costs.hours:.1f} hours of what bills "
        "by the hour.",
        soft_wrap=True,
    )
    console.print(
        pasteable("lake pause removes replication instance and endpoint, and keeps the data.")
    )
    console.print(
        f"After it: {costs.per_hour:.3f} USD an hour, {costs.per_hour * 24:.2f} a day, "
        f"{costs.per_month:.2f} in 30 days, until lake destroy.",
        soft_wrap=True,
    )
    if costs.unknown:
        console.print(f"No price is known for: {', '.join(costs.unknown)}.", soft_wrap=True)
    console.print(costs.title, soft_wrap=True)


def _print_items(console: LakeConsole, title: str, items: Sequence[Item]) -> None:
    if not items:
        return
    table = Table(title, "amount", "unit", "USD", box=_BOX, show_edge=False)
    for item in items:
        usd = "not known" if item.usd is None else f"{item.usd:.4f}"
        table.add_row(*map(cell, (item.what, _amount(item.amount), item.unit, usd)))
    console.print(table)


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def _console(stderr: bool) -> LakeConsole:
    console = LakeConsole(stderr=stderr)
    return console if console.is_terminal else LakeConsole(stderr=stderr, width=WIDTH)

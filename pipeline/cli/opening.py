"""The lake that a command works on: opened, and looked at and confirmed where that is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from pipeline.cli.errors import abandon, invocation

if TYPE_CHECKING:
    from pipeline.account.deployed import Standing
    from pipeline.account.plan import AccountPlan
    from pipeline.data import Source
    from pipeline.lake import Lake

__all__ = ["Before", "open_lake", "planned"]

_CHANGING: Final = frozenset(
    {"run", "pause", "destroy", "reset", "lists", "retrain", "schedule", "simulate-drift"}
)
"""Commands that make, change or delete something."""


@dataclass(frozen=True)
class Before:
    """What is given for the looks before a command's work."""

    yes_account: str | None = None
    allowed_accounts: str | None = None
    max_cost: float | None = None
    source: Source | None = None
    reactive: bool = False
    """Whether a run makes the lake react to files."""
    writes: bool = True
    """Whether the command changes anything: a dry run of it does not."""


def open_lake(
    name: str, endpoint: str | None, region: str | None = None, before: Before | None = None
) -> Lake:
    """The lake on the named target; looked at and confirmed where a target asks for that."""
    import click

    from pipeline.console.late_reporter import LateReporter
    from pipeline.earlier import take_earlier
    from pipeline.lake import Lake
    from pipeline.liveness import Watch, require_answer
    from pipeline.occupant import require_own
    from pipeline.target import open_target
    from pipeline.text.printable import printable

    before = before or Before()
    target = open_target(
        name, endpoint=endpoint, region=region, allowed_accounts=before.allowed_accounts
    )
    call = invocation()
    call.target = target
    typer.echo(printable(target.describe()), err=True)
    context = click.get_current_context()
    command = context.info_name or ""
    changes = command in _CHANGING and before.writes
    require_own(target, endpoint, changes=changes, say=_say)
    require_answer(target)
    lake = Lake.open(target, LateReporter())
    if target.confirm_account and changes:
        _confirm(lake, command, region, before)
    if command not in ("run", "plan"):  # those look themselves
        take_earlier(lake, to_change=command == "pause")
    if target.silence is not None:
        patience = target.silence.patience if command in _CHANGING else target.silence.seconds
        watch = Watch(target, patience, lake.reporter.line, lambda error: abandon(call, error))
        context.call_on_close(watch.stop)
        watch.start()
    return lake


def _say(text: str) -> None:
    from pipeline.text.pasteable import pasteable
    from pipeline.text.printable import printable

    typer.echo(printable(pasteable(text)), err=True)


def _confirm(lake: Lake, command: str, region: str | None, before: Before) -> None:
    """Look at the account, show what is to be done and what it costs, and have it confirmed."""
    import click

    from pipeline.account.confirm import require_confirmed, require_named
    from pipeline.account.deployed import Standing
    from pipeline.account.plan import require_cheap
    from pipeline.account.preflight import account_checks, require_ready
    from pipeline.console.account import print_plan, print_unsure

    if before.yes_account:
        require_named(lake.target, command, before.yes_account, region)
    if before.source is not None:
        standing = Standing.of(lake, reactive=before.reactive)
        checks = account_checks(lake, standing)
        print_unsure(checks)
        require_ready(lake.target, checks)
        found = planned(lake, standing, before.source)
        print_plan(found, stderr=True)
        require_cheap(found, before.max_cost)
    if before.yes_account:
        return
    typed: str | None
    try:
        what = f"lake {command}, project {lake.settings.project}"
        typed = typer.prompt(f"Type the account id to go on ({what})", err=True)
    except click.Abort:
        typed = None
    require_confirmed(lake.target, command, typed)


def planned(lake: Lake, standing: Standing, source: Source) -> AccountPlan:
    """The plan of a run on this source, or on MovieLens' small one where none is given."""
    from pipeline.account.cost import SMALL
    from pipeline.account.plan import make_plan
    from pipeline.slow_step import SlowStep

    rows = SMALL
    if source.given:
        with SlowStep(lake.reporter, "data") as progress:
            rows = source.load(lake.reporter.line, progress).counts
    return make_plan(lake, standing, rows)

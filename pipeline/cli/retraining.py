"""The commands of the loop: retrain, schedule, simulate-drift."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.opening import Before, open_lake
from pipeline.cli.options import (
    Account,
    Allowed,
    Document,
    Endpoint,
    Json,
    Region,
    TargetName,
    answer,
)

__all__ = ["retrain", "schedule", "simulate_drift"]


def retrain(
    force: Annotated[
        bool, typer.Option("--force", help="Train a challenger whatever the signs say.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look and decide; train nothing.")
    ] = False,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    as_json: Json = False,
) -> Document:
    """Look at what has come since the model, and train, compare and swap it when that helps."""
    from pipeline.console.retraining import print_round
    from pipeline.retraining.command import retrain as go_through

    before = Before(yes_account, allowed_accounts)
    found = go_through(open_lake(target, endpoint, region, before), force=force, dry=dry_run)
    return answer(as_json, found.as_dict(), lambda: print_round(found))


def simulate_drift(
    seed: Annotated[int, typer.Option("--seed", help="Another one shifts other tastes.")] = 7,
    users: Annotated[
        int, typer.Option("--users", help="At most so many people take part.", min=30)
    ] = 400,
    plot: Annotated[Path, typer.Option("--plot", help="The SVG file that is written.")] = Path(
        "drift.svg"
    ),
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    as_json: Json = False,
) -> Document:
    """Shift tastes in the stream: the model before it, at the bottom, and after retraining."""
    from pipeline.console.retraining import print_drift
    from pipeline.drift.simulation import simulate_drift as simulate

    lake = open_lake(target, endpoint, region, Before(yes_account, allowed_accounts))
    found = simulate(lake, seed, plot, users)
    failure = None if found.ok else found.failure()
    return answer(as_json, found.as_dict(), lambda: print_drift(found), failure)


def schedule(
    every: Annotated[
        str | None, typer.Option("--every", help="Look so often: 30m, 12h, 1d.")
    ] = None,
    cron: Annotated[
        str | None, typer.Option("--cron", help="Look at these times: six fields, UTC.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="End the schedule.")] = False,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    as_json: Json = False,
) -> Document:
    """Retrain on a schedule; without an option, show the schedule."""
    from pipeline.console.retraining import print_schedule
    from pipeline.errors import SettingsError
    from pipeline.retraining.schedule import (
        expression_of,
        make_schedule,
        remove_schedule,
        schedule_of,
    )

    expression = expression_of(every, cron)
    if remove and expression:
        raise SettingsError(
            "--remove ends the schedule, --every and --cron make one.", "lake schedule --remove"
        )
    before = Before(yes_account, allowed_accounts, writes=remove or expression is not None)
    lake = open_lake(target, endpoint, region, before)
    if remove:
        remove_schedule(lake)
    found = make_schedule(lake, expression) if expression else schedule_of(lake)
    return answer(as_json, found.as_dict(), lambda: print_schedule(found))

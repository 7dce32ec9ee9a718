"""The `lake` command: thin words over the library.

Sub-commands of other packages join through the entry-point group ``lake.commands`` (name and
`typer.Typer` object), so the pipeline needs to know none of them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import typer.core

from pipeline.cache import cache_folder
from pipeline.cli.errors import FriendlyGroup, WholeHelp
from pipeline.cli.evaluate import evaluate
from pipeline.cli.lists import lists
from pipeline.cli.opening import Before, open_lake, planned
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
from pipeline.cli.play import models, parameters, reset, sql
from pipeline.cli.quick_imports import imported_meanwhile, leave_out
from pipeline.cli.retraining import retrain, schedule, simulate_drift
from pipeline.cli.shell import PASSED_ON, aws, env
from pipeline.cli.without_lake import generate, iam_policy
from pipeline.errors import LakeError
from pipeline.plugins import entry_points

__all__ = ["app", "main"]

# Importing rich takes longer than all else that --help does; with it typer would also escape the
# brackets of plain texts.
typer.core.HAS_RICH = False


def _version(given: bool) -> None:
    if given:
        from importlib.metadata import version

        from pipeline.text.printable import printable

        typer.echo(printable(f"lake {version('emulated-data-lake')}"))
        raise typer.Exit


app = typer.Typer(
    cls=FriendlyGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The MovieLens data lake: the same code on a laptop and on AWS.",
)


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """The MovieLens data lake: the same code on a laptop and on AWS."""


def _amount(given: float | None) -> float | None:
    if given is not None and not math.isfinite(given):
        raise typer.BadParameter(f"{given} is no amount of USD.")
    return given


def _stage(given: str | None) -> str | None:
    if given is None:
        return None
    from difflib import get_close_matches

    from pipeline.stages import STAGES

    names = [stage.name for stage in STAGES]
    if given not in names:
        near = get_close_matches(given, names, 1)
        raise typer.BadParameter(
            f"there is no stage {given!r}"
            + (f"; did you mean {near[0]}?" if near else ".")
            + f" The stages are {', '.join(names)}."
        )
    return given


MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", help="Refuse a run that costs more USD.", min=0, callback=_amount),
]
Movielens = Annotated[
    str | None,
    typer.Option("--movielens", envvar="MOVIELENS", help="Folder or zip of MovieLens files."),
]


Reactive = Annotated[
    bool, typer.Option("--reactive", help="Files put under raw/ retrain; stays until destroy.")
]


@app.command()
def run(
    movielens: Movielens = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Begin at this stage; earlier ones must be done.", callback=_stage
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", help="This stage alone.", callback=_stage)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Redo stages that are done.")] = False,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUE",
            help="A hyper-parameter of the training job; several times; with --only train.",
        ),
    ] = None,
    reactive: Reactive = False,
    user: Annotated[int, typer.Option(help="Show titles for this user at the end.")] = 1,
    timeline: Annotated[
        Path | None,
        typer.Option("--timeline", help="Write where the time goes, for a trace viewer."),
    ] = None,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> Document:
    """Run the whole lake; what is done and unchanged is skipped."""
    from pipeline import runner
    from pipeline.account.accrued import costs_noted
    from pipeline.console import lake_console
    from pipeline.data import Source
    from pipeline.timeline import timeline_of

    given = parameters(param, only)
    plan = runner.Plan(start=start, only=only, force=force, reactive=reactive, parameters=given)
    source = Source(movielens or None, cache_folder())
    before = Before(yes_account, allowed_accounts, max_cost, source, reactive)
    lake = open_lake(target, endpoint, region, before)
    with timeline_of(lake, timeline), costs_noted(lake):
        result = runner.run(lake, source=source, plan=plan, user=user)
        return answer(
            as_json,
            result.as_dict(),
            lambda: lake_console.print_run(result),
            None if result.ok else result.failure(),
        )


@app.command()
def plan(
    movielens: Movielens = None,
    reactive: Reactive = False,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> Document:
    """Show what a run would make, change and delete, and what that costs; changes nothing."""
    from pipeline.account.deployed import Standing
    from pipeline.account.plan import require_cheap
    from pipeline.console.account import print_plan
    from pipeline.data import Source

    source = Source(movielens or None, cache_folder())
    before = Before(allowed_accounts=allowed_accounts, source=source)
    lake = open_lake(target, endpoint, region, before)
    found = planned(lake, Standing.of(lake, reactive=reactive), source)
    try:
        require_cheap(found, max_cost)
    except LakeError as error:
        return answer(as_json, found.as_dict(), lambda: print_plan(found), error)
    return answer(as_json, found.as_dict(), lambda: print_plan(found))


@app.command()
def status(
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Show stacks and stages: what is done, with counts and times, and what of it is lost."""
    from pipeline.status import lake_status

    lake = open_lake(target, endpoint, region)
    with imported_meanwhile("pipeline.console.lake_console", wanted=not as_json):
        found = lake_status(lake)

    def show() -> None:
        from pipeline.console.lake_console import print_status

        print_status(found)

    return answer(as_json, found.as_dict(), show, found.failure())


@app.command()
def verify(
    lab: Annotated[
        int | None, typer.Option(min=1, max=4, help="This lab alone; without it, all.")
    ] = None,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Check every validation step of the labs and reconcile all counts."""
    from pipeline.console import lake_console
    from pipeline.verify import verify_lake

    found = verify_lake(open_lake(target, endpoint, region), lab)
    return answer(
        as_json,
        found.as_dict(),
        lambda: lake_console.print_verification(found),
        None if found.ok else found.failure(),
    )


@app.command()
def recommend(
    user: Annotated[
        int | None, typer.Argument(help="A user id of the ratings.", min=0, show_default=False)
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many titles.", min=1)] = 10,
    rated: Annotated[
        list[str] | None,
        typer.Option(
            "--rated",
            metavar="MOVIE=STARS",
            help="Instead of a user: a title or id and 0.5 to 5 stars; several times.",
        ),
    ] = None,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Ask the endpoint for titles that a user may like, or somebody who has rated these."""
    from pipeline.console import lake_console
    from pipeline.movie_search import Catalogue, stars_by_movie
    from pipeline.stages.recommend import titles_for, titles_for_ratings

    if (user is None) == (not rated):
        raise typer.BadParameter("give a user id, or --rated once or more, and not both.")
    given = stars_by_movie(rated or [])
    lake = open_lake(target, endpoint, region)
    found = (
        titles_for(lake, user, k)
        if user is not None
        else titles_for_ratings(lake, Catalogue.of(lake).found(given), k)
    )
    return answer(as_json, found.as_dict(), lambda: lake_console.print_recommendations(found))


app.command()(lists)
app.command()(evaluate)
app.command()(retrain)
app.command()(schedule)
app.command("simulate-drift")(simulate_drift)
app.command()(models)
app.command()(sql)
app.command()(reset)
app.command()(generate)
app.command("iam-policy")(iam_policy)
app.command()(env)
app.command(context_settings=PASSED_ON)(aws)


@app.command()
def pause(
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    as_json: Json = False,
) -> Document:
    """Remove what bills by the hour and can be made again; all data is kept."""
    from pipeline.account.accrued import costs_noted
    from pipeline.account.pause import pause_lake
    from pipeline.cli.errors import at_target
    from pipeline.console.account import print_pause

    lake = open_lake(target, endpoint, region, Before(yes_account, allowed_accounts))
    with costs_noted(lake):
        found = pause_lake(lake)
    then = at_target("Go on with: lake run. End it with: lake destroy", lake.target)
    return answer(as_json, found.as_dict(), lambda: print_pause(found, then))


@app.command()
def destroy(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be deleted.")
    ] = False,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    as_json: Json = False,
) -> Document:
    """Delete everything that belongs to the lake, and list what is left."""
    from pipeline.account.accrued import costs_noted
    from pipeline.console import lake_console
    from pipeline.destroy import destruction

    before = Before(yes_account, allowed_accounts, writes=not dry_run)
    lake = open_lake(target, endpoint, region, before)
    with costs_noted(lake):
        found = destruction.plan_destruction(lake) if dry_run else destruction.destroy_lake(lake)
        return answer(
            as_json,
            found.as_dict(),
            lambda: lake_console.print_destruction(found),
            found.failure() if found.leftovers else None,
        )


@app.command()
def doctor(
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Check this machine and the target, and name what fixes each fault."""
    from pipeline.console import lake_console
    from pipeline.doctor import failure, run_checks

    checks = run_checks(target, endpoint, cache_folder(), region)
    return answer(
        as_json,
        {"checks": [vars(check) for check in checks]},
        lambda: lake_console.print_checks(checks),
        failure(checks),
    )


def _join_plugins() -> None:
    known = {group.name for group in app.registered_groups}
    for point in entry_points("lake.commands"):
        if point.name not in known:
            app.add_typer(point.load(), name=point.name, cls=WholeHelp)


def _is_own(arguments: Sequence[str]) -> bool:
    """Whether the command called is the pipeline's: then no plug-in is looked for."""
    return bool(arguments) and arguments[0] in {
        command.name or getattr(command.callback, "__name__", None)
        for command in app.registered_commands
    }


def main() -> None:
    """Entry point of the console script."""
    if _is_own(sys.argv[1:]):
        leave_out(sys.argv[1:])
    else:
        _join_plugins()
    app(prog_name="lake")

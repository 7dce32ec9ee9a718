"""The `lake` command: thin words over the library.

Sub-commands of other packages join through the entry-point group ``lake.commands`` (name and
`typer.Typer` object), so the pipeline needs to know none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import platformdirs
import typer
from click import Choice

from pipeline.cli_errors import FriendlyGroup, abandon, invocation
from pipeline.errors import LakeError

if TYPE_CHECKING:
    from pipeline.account.plan import AccountPlan
    from pipeline.lake import Lake

__all__ = ["app", "main"]

app = typer.Typer(
    cls=FriendlyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The MovieLens data lake: the same code on a laptop and on AWS.",
)

TargetName = Annotated[
    str, typer.Option("--target", envvar="LAKE_TARGET", help="Where the lake is: local or aws.")
]
Endpoint = Annotated[str | None, typer.Option(help="The local endpoint, instead of LAKE_ENDPOINT.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, nothing else.")]
Document = dict[str, Any]
"""What a command found, returned for ``--json``."""
Account = Annotated[
    str | None,
    typer.Option(
        "--yes-account", help="ID:REGION; confirms account and region without asking (aws)."
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", help="The AWS region, instead of AWS_REGION.")
]
Allowed = Annotated[
    str | None,
    typer.Option(
        "--allowed-accounts",
        envvar="LAKE_ALLOWED_ACCOUNTS",
        help="Account ids, with commas between; no other one is touched.",
    ),
]
MaxCost = Annotated[
    float | None, typer.Option("--max-cost", help="Refuse a run that costs more USD.", min=0)
]
Movielens = Annotated[
    str | None,
    typer.Option("--movielens", envvar="MOVIELENS", help="Folder or zip of MovieLens files."),
]


@app.command()
def run(
    movielens: Movielens = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Begin at this stage; earlier ones must be done.")
    ] = None,
    only: Annotated[str | None, typer.Option("--only", help="This stage alone.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Redo stages that are done.")] = False,
    user: Annotated[int, typer.Option(help="Show titles for this user at the end.")] = 1,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> Document:
    """Run the whole lake; what is done and unchanged is skipped."""
    from pipeline import console, runner

    before = _Before(yes_account, allowed_accounts, max_cost, movielens or None)
    lake = _open(target, endpoint, region, before)
    result = runner.run(
        lake,
        source=movielens or None,
        cache=cache_folder(),
        plan=runner.Plan(start=start, only=only, force=force),
        user=user,
    )
    return _answer(
        as_json,
        result.as_dict(),
        lambda: console.print_run(result),
        None if result.ok else result.failure(),
    )


@app.command()
def plan(
    movielens: Movielens = None,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> Document:
    """Show what a run would make, change and delete, and what that costs; changes nothing."""
    from pipeline.account.plan import require_cheap
    from pipeline.account_console import print_plan

    before = _Before(allowed_accounts=allowed_accounts, movielens=movielens or None)
    found = _plan(_open(target, endpoint, region, before), before)
    try:
        require_cheap(found, max_cost)
    except LakeError as error:
        return _answer(as_json, found.as_dict(), lambda: print_plan(found), error)
    return _answer(as_json, found.as_dict(), lambda: print_plan(found))


@app.command()
def status(
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Show stacks and stages: what is done, with counts and times, and what of it is lost."""
    from pipeline import console
    from pipeline.status import lake_status

    found = lake_status(_open(target, endpoint, region))
    return _answer(as_json, found.as_dict(), lambda: console.print_status(found), found.failure())


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
    from pipeline import console
    from pipeline.verify import verify_lake

    found = verify_lake(_open(target, endpoint, region), lab)
    return _answer(
        as_json,
        found.as_dict(),
        lambda: console.print_verification(found),
        None if found.ok else found.failure(),
    )


@app.command()
def recommend(
    user: Annotated[int, typer.Argument(help="A user id of the ratings.", min=0)],
    k: Annotated[int, typer.Option("-k", help="How many titles.", min=1)] = 10,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Ask the endpoint for titles that a user may like."""
    from pipeline import console
    from pipeline.stages.recommend import titles_for

    found = titles_for(_open(target, endpoint, region), user, k)
    return _answer(as_json, found.as_dict(), lambda: console.print_recommendations(found))


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
    from pipeline.account.pause import pause_lake
    from pipeline.account_console import print_pause

    found = pause_lake(_open(target, endpoint, region, _Before(yes_account, allowed_accounts)))
    return _answer(as_json, found.as_dict(), lambda: print_pause(found))


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
    from pipeline import console, destroy

    before = _Before(yes_account, allowed_accounts, writes=not dry_run)
    lake = _open(target, endpoint, region, before)
    found = destroy.plan_destruction(lake) if dry_run else destroy.destroy_lake(lake)
    return _answer(
        as_json,
        found.as_dict(),
        lambda: console.print_destruction(found),
        found.failure() if found.leftovers else None,
    )


@app.command()
def doctor(
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Check this machine and the target, and name what mends each fault."""
    from pipeline import console
    from pipeline.doctor import failure, run_checks

    checks = run_checks(target, endpoint, cache_folder(), region)
    return _answer(
        as_json,
        {"checks": [vars(check) for check in checks]},
        lambda: console.print_checks(checks),
        failure(checks),
    )


@app.command("iam-policy")
def iam_policy(
    account: Annotated[
        str | None, typer.Option("--account", help="Its id; without it, a placeholder stays.")
    ] = None,
    region: Region = None,
    part: Annotated[
        int | None, typer.Option("--part", help="One of the policies that the whole fits in.")
    ] = None,
    target: Annotated[  # noqa: ARG001 -- taken as by every command; no emulator checks permissions
        str,
        typer.Option("--target", help="Where the lake is: aws.", click_type=Choice(["aws"])),
    ] = "aws",
    as_json: Json = False,
) -> Document:
    """Print the IAM policy that deploying the lake needs; asks nobody, needs no credentials."""
    import json
    import os

    from pipeline.account.iam_policy import deployer_policy
    from pipeline.printable import printable

    found = deployer_policy(account, region, os.environ)
    for note in found.notes(part):
        typer.echo(printable(note), err=True)
    document = found.document if part is None else found.part(part)
    return _answer(as_json, document, lambda: typer.echo(json.dumps(document, indent=2)))


def cache_folder() -> Path:
    """Where downloads and cleaned data are kept (`LAKE_CACHE`, or the user's cache folder)."""
    import os

    given = os.environ.get("LAKE_CACHE")
    return Path(given or platformdirs.user_cache_path("emulated-data-lake")) / "data"


@dataclass(frozen=True)
class _Before:
    """What is given for the looks before a command's work."""

    yes_account: str | None = None
    allowed_accounts: str | None = None
    max_cost: float | None = None
    movielens: str | None = None
    writes: bool = True
    """Whether the command changes anything: a dry run of it does not."""


def _open(
    name: str, endpoint: str | None, region: str | None = None, before: _Before | None = None
) -> Lake:
    """The lake on the named target; looked at and confirmed where a target asks for that."""
    import click

    from pipeline import console
    from pipeline.earlier import take_earlier
    from pipeline.lake import Lake
    from pipeline.liveness import Watch, require_answer
    from pipeline.printable import printable
    from pipeline.target import open_target

    before = before or _Before()
    target = open_target(
        name, endpoint=endpoint, region=region, allowed_accounts=before.allowed_accounts
    )
    call = invocation()
    call.target = target
    typer.echo(printable(target.describe()), err=True)
    require_answer(target)
    context = click.get_current_context()
    command = context.info_name or ""
    lake = Lake.open(target, console.reporter())
    if target.confirm_account and command in _CHANGING and before.writes:
        _confirm(lake, command, region, before)
    if command not in ("run", "plan"):  # those look themselves
        take_earlier(lake, to_change=command == "pause")
    if target.silence is not None:
        patience = target.silence.patience if command in _CHANGING else target.silence.seconds
        watch = Watch(target, patience, lake.reporter.line, lambda error: abandon(call, error))
        context.call_on_close(watch.stop)
        watch.start()
    return lake


_CHANGING = frozenset({"run", "pause", "destroy"})
"""Commands that make, change or delete something."""


def _confirm(lake: Lake, command: str, region: str | None, before: _Before) -> None:
    """Look at the account, show what is to be done and what it costs, and have it confirmed."""
    import click

    from pipeline.account.confirm import require_confirmed, require_named
    from pipeline.account.plan import require_cheap
    from pipeline.account.preflight import account_checks, require_ready
    from pipeline.account_console import print_plan, print_unsure

    if before.yes_account:
        require_named(lake.target, command, before.yes_account, region)
    if command == "run":
        checks = account_checks(lake)
        print_unsure(checks)
        require_ready(lake.target, checks)
        found = _plan(lake, before)
        print_plan(found, stderr=True)
        require_cheap(found, before.max_cost)
    if before.yes_account:
        return
    typed: str | None
    try:
        typed = typer.prompt("Type the account id to go on", err=True)
    except click.Abort:
        typed = None
    require_confirmed(lake.target, command, typed)


def _plan(lake: Lake, before: _Before) -> AccountPlan:
    from pipeline.account.cost import SMALL
    from pipeline.account.plan import make_plan
    from pipeline.data import load_dataset

    rows = SMALL
    if before.movielens:
        rows = load_dataset(before.movielens, cache_folder(), lake.reporter.line).counts
    return make_plan(lake, rows)


def _answer(
    as_json: bool, document: Document, show: Callable[[], None], failure: LakeError | None = None
) -> Document:
    """The document, or the failure with it; shown to people unless they want JSON."""
    if not as_json:
        show()
    if failure is not None:
        failure.document = document
        raise failure
    return document


def _join_plugins() -> None:
    known = {group.name for group in app.registered_groups}
    for point in entry_points(group="lake.commands"):
        if point.name not in known:
            app.add_typer(point.load(), name=point.name)


def main() -> None:
    """Entry point of the console script."""
    _join_plugins()
    app(prog_name="lake")

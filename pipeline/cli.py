"""The `lake` command: thin words over the library.

Sub-commands of other packages join through the entry-point group ``lake.commands`` (name and
`typer.Typer` object), so the pipeline needs to know none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import platformdirs
import typer

from pipeline.cli_errors import FriendlyGroup, abandon, invocation

if TYPE_CHECKING:
    from pipeline.errors import LakeError
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
    str | None, typer.Option("--yes-account", help="Confirms this account id without asking.")
]


@app.command()
def run(
    movielens: Annotated[
        str | None,
        typer.Option("--movielens", envvar="MOVIELENS", help="Folder or zip of MovieLens files."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Begin at this stage; earlier ones must be done.")
    ] = None,
    only: Annotated[str | None, typer.Option("--only", help="This stage alone.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Redo stages that are done.")] = False,
    user: Annotated[int, typer.Option(help="Show titles for this user at the end.")] = 1,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    as_json: Json = False,
) -> Document:
    """Run the whole lake; what is done and unchanged is skipped."""
    from pipeline import console, runner

    lake = _open(target, endpoint, yes_account)
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
def status(
    target: TargetName = "local", endpoint: Endpoint = None, as_json: Json = False
) -> Document:
    """Show stacks and stages: what is done, with counts and times, and what of it is lost."""
    from pipeline import console
    from pipeline.status import lake_status

    found = lake_status(_open(target, endpoint))
    return _answer(as_json, found.as_dict(), lambda: console.print_status(found), found.failure())


@app.command()
def verify(
    lab: Annotated[
        int | None, typer.Option(min=1, max=4, help="This lab alone; without it, all.")
    ] = None,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    as_json: Json = False,
) -> Document:
    """Check every validation step of the labs and reconcile all counts."""
    from pipeline import console
    from pipeline.verify import verify_lake

    found = verify_lake(_open(target, endpoint), lab)
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
    as_json: Json = False,
) -> Document:
    """Ask the endpoint for titles that a user may like."""
    from pipeline import console
    from pipeline.stages.recommend import titles_for

    found = titles_for(_open(target, endpoint), user, k)
    return _answer(as_json, found.as_dict(), lambda: console.print_recommendations(found))


@app.command()
def destroy(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be deleted.")
    ] = False,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    as_json: Json = False,
) -> Document:
    """Delete everything that belongs to the lake, and list what is left."""
    from pipeline import console, destroy

    lake = _open(target, endpoint, yes_account)
    found = destroy.plan_destruction(lake) if dry_run else destroy.destroy_lake(lake)
    return _answer(
        as_json,
        found.as_dict(),
        lambda: console.print_destruction(found),
        found.failure() if found.leftovers else None,
    )


@app.command()
def doctor(
    target: TargetName = "local", endpoint: Endpoint = None, as_json: Json = False
) -> Document:
    """Check this machine and the target, and name what mends each fault."""
    from pipeline import console
    from pipeline.doctor import failure, run_checks

    checks = run_checks(target, endpoint, cache_folder())
    return _answer(
        as_json,
        {"checks": [vars(check) for check in checks]},
        lambda: console.print_checks(checks),
        failure(checks),
    )


def cache_folder() -> Path:
    """Where downloads and cleaned data are kept (`LAKE_CACHE`, or the user's cache folder)."""
    import os

    given = os.environ.get("LAKE_CACHE")
    return Path(given or platformdirs.user_cache_path("emulated-data-lake")) / "data"


def _open(name: str, endpoint: str | None, yes_account: str | None = None) -> Lake:
    """The lake on the named target; confirmed by its account id where a target asks for that."""
    import click

    from pipeline import console
    from pipeline.errors import AccountRefusedError
    from pipeline.lake import Lake
    from pipeline.liveness import Watch, require_answer
    from pipeline.printable import printable
    from pipeline.target import open_target

    target = open_target(name, endpoint=endpoint)
    call = invocation()
    call.target = target
    typer.echo(printable(target.describe()), err=True)
    require_answer(target)
    context = click.get_current_context()
    command = context.info_name
    if target.confirm_account and command in {"run", "destroy"}:
        try:
            given = yes_account or typer.prompt("Type the account id to go on", err=True)
        except click.Abort:
            raise AccountRefusedError(
                f"Account {target.account} was not confirmed; nothing was done.",
                f"Confirm it with: lake {command} --target {target.name} "
                f"--yes-account {target.account}",
            ) from None
        if given.strip() != target.account:
            raise AccountRefusedError(
                f"The account is {target.account}, not {given.strip()}; nothing was done.",
                "Choose another account with: export AWS_PROFILE=<profile>; or confirm this one: "
                f"lake {command} --target {target.name} --yes-account {target.account}",
            )
    lake = Lake.open(target, console.reporter())
    if target.silence is not None:
        makes = command in {"run", "destroy"}
        patience = target.silence.patience if makes else target.silence.seconds
        watch = Watch(target, patience, lake.reporter.line, lambda error: abandon(call, error))
        context.call_on_close(watch.stop)
        watch.start()
    return lake


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

"""Commands to play with: models side by side, SQL on the lake's tables, and to begin again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer
from click import Choice

from pipeline.cli.opening import open_lake
from pipeline.cli.options import Document, Endpoint, Json, Region, TargetName, answer
from pipeline.text.counted import counted

if TYPE_CHECKING:
    from pipeline.sql import Answer

__all__ = ["models", "parameters", "reset", "sql"]

_PARAMETER: Final = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_-]*)=(?P<value>.+)")


def parameters(given: Sequence[str] | None, only: str | None) -> dict[str, str]:
    """Hyper-parameters by name, of ``--param NAME=VALUE``.

    Raises:
        typer.BadParameter: it has not that form, a name is given twice, or another stage is run
    """
    found: dict[str, str] = {}
    for text in given or ():
        match = _PARAMETER.fullmatch(text)
        if match is None:
            raise typer.BadParameter(f"--param is {text!r}; valid: NAME=VALUE, factors=128.")
        if match["name"] in found:
            raise typer.BadParameter(f"--param names {match['name']} twice.")
        found[match["name"]] = match["value"]
    if found and only != "train":
        raise typer.BadParameter("--param is for one training job: lake run --only train --param …")
    return found


def models(
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Show the training jobs side by side: hyper-parameters and metrics, and which one serves."""
    from pipeline.trained_models import print_models, trained_models

    found = trained_models(open_lake(target, endpoint, region))
    return answer(
        as_json, {"models": [each.as_dict() for each in found]}, lambda: print_models(found)
    )


def sql(
    query: Annotated[str, typer.Argument(help="Spark SQL on the catalog's tables.")],
    limit: Annotated[int, typer.Option("--limit", help="At most so many rows.", min=1)] = 100,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            help="table or csv (--json: JSON).",
            click_type=Choice(["table", "csv"]),
            metavar="FORMAT",
        ),
    ] = "table",
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Ask the catalog's tables in SQL, by the Spark that runs Glue jobs."""
    from pipeline.sql import ask

    found = ask(open_lake(target, endpoint, region), query, limit)
    return answer(as_json, found.as_dict(), lambda: _print(found, output))


def reset(
    target: TargetName = "local",
    endpoint: Endpoint = None,
    as_json: Json = False,
) -> Document:
    """Empty the emulator: every service, not the lake alone; in seconds."""
    from pipeline.reset import reset as emptied
    from pipeline.text.printable import printable

    found = emptied(open_lake(target, endpoint).target)
    names = ", ".join(found.get("services", [])) or "nothing was in it"
    seconds = found.get("seconds", 0)
    return answer(
        as_json, found, lambda: typer.echo(printable(f"emptied in {seconds:.1f} s: {names}"))
    )


def _print(found: Answer, output: str) -> None:
    from pipeline.text.printable import printable

    if output == "csv":
        import csv
        import sys

        writer = csv.writer(sys.stdout)
        # A terminal takes what is not printable for commands; a file gets what there is.
        shown = printable if sys.stdout.isatty() else str
        for row in (found.columns, *found.rows):
            writer.writerow(shown(value) if isinstance(value, str) else value for value in row)
    else:
        from rich.table import Table

        from pipeline.console.lake_console import cell, stdout_console
        from pipeline.console.narrow_table import print_table

        table = Table(*(printable(name) for name in found.columns))
        for row in found.rows:
            table.add_row(*(cell("" if value is None else str(value)) for value in row))
        print_table(stdout_console(), table)
    if found.cut:
        typer.echo(
            printable(f"the first {counted(len(found.rows), 'row')}; more with --limit"), err=True
        )

"""The console script `lakestack`: the commands of `lake emulator` for those who have no clone.

In a clone `lake` runs them, prints what they return and explains their errors; here the same in few
lines, because `lakestack` needs no pipeline.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click
import typer.main

from lakestack.cli import app
from lakestack.cluster.cli import app as cluster
from lakestack.errors import EmulationError
from lakestack.glue_check.cli import app as glue
from lakestack.printable import printable

NAME = "lakestack"


def main() -> None:
    """Run one command; exit with 0, or 1 after an error, 2 for wrong usage, 130 after Ctrl-C."""
    as_json = "--json" in sys.argv[1:]
    code, document = _run(as_json)
    if as_json and document:
        # ASCII alone, so that no control character gets out; DEL is the one that JSON leaves.
        typer.echo(json.dumps(document, indent=2, default=str).replace("\x7f", "\\u007f"))
    sys.exit(code)


def commands() -> click.Group:
    """The root command, with the groups that are `lake`'s own in a clone."""
    root = typer.main.get_group(app)
    root.context_settings = {"help_option_names": ["-h", "--help"]}
    for name, group in (("cluster", cluster), ("glue", glue)):
        joined = typer.main.get_command(group)
        joined.name = name  # which the list of commands prints
        root.add_command(joined, name)
    return root


def _run(as_json: bool) -> tuple[int, dict[str, Any] | None]:
    command = commands()
    try:
        found = command.main(prog_name=NAME, standalone_mode=False)
    except click.exceptions.Exit as e:
        return e.exit_code, None
    except click.ClickException as e:
        if not as_json:
            e.show()
        return e.exit_code, _error(e.format_message(), f"See: {NAME} --help", None)
    except (KeyboardInterrupt, click.Abort):
        return 130, _told("Interrupted.", "", None, as_json)
    except EmulationError as e:
        if os.environ.get("LAKE_DEBUG"):
            raise
        return 1, _told(e.message, e.hint or "", getattr(e, "document", None), as_json)
    if isinstance(found, int):  # click's own way to hand over `--help`'s exit code
        return found, None
    return 0, found


def _told(
    message: str, hint: str, document: dict[str, Any] | None, as_json: bool
) -> dict[str, Any]:
    typer.echo(printable(f"{NAME}: {message}", lines=True), err=True)
    if hint:
        typer.echo(printable(f"  → {hint}", lines=True), err=True)
    return _error(message, hint, document) if as_json else {}


def _error(message: str, hint: str, document: dict[str, Any] | None) -> dict[str, Any]:
    return {**(document or {}), "error": {"message": message, "hint": hint}}


if __name__ == "__main__":
    main()

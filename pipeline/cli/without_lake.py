"""Commands that ask nothing of a lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from click import Choice

from pipeline.cache import cache_folder
from pipeline.cli.options import Document, Json, Region, answer

__all__ = ["generate", "iam_policy"]


def generate(
    ratings: Annotated[
        str, typer.Option("--ratings", help="How many: 10k, 100k, 1m, 10m, 25m or any number.")
    ],
    seed: Annotated[int, typer.Option("--seed", help="Another one makes other data.")] = 7,
    output: Annotated[
        Path | None, typer.Option("--output", help="A new folder; without it, one in the cache.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what was generated.")] = False,
    as_json: Json = False,
) -> Document:
    """Write MovieLens-like data of any size; the same arguments give the same bytes."""
    from pipeline.console.data import generating, print_generated
    from pipeline.data.generation import generate_folder, parse_size

    size = parse_size(ratings)
    folder = output or cache_folder() / "generated" / f"{size.ratings}-{seed}"
    with generating() as progress:
        found = generate_folder(folder, size, seed, progress, force=force)
    return answer(as_json, found.as_dict(), lambda: print_generated(found))


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
    from pipeline.text.printable import printable

    found = deployer_policy(account, region, os.environ)
    for note in found.notes(part):
        typer.echo(printable(note), err=True)
    document = found.document if part is None else found.part(part)
    return answer(as_json, document, lambda: typer.echo(json.dumps(document, indent=2)))

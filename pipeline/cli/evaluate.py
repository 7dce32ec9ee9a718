"""The command `lake evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import Document, Endpoint, Json, Region, TargetName, answer

__all__ = ["evaluate"]


def evaluate(
    protocol: Annotated[
        list[str] | None,
        typer.Option("--protocol", help="What is held out; several times for several."),
    ] = None,
    algorithm: Annotated[
        list[str] | None,
        typer.Option("--algorithm", help="A model beside the champion; without it, all."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option("--preset", help="Rows and figures of a published table.")
    ] = None,
    k: Annotated[int | None, typer.Option("-k", help="Length of the lists.")] = None,
    test_fraction: Annotated[
        float | None, typer.Option("--test-fraction", help="Share of the ratings held out.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of splits and samples.")] = None,
    users: Annotated[
        int | None, typer.Option("--users", help="Measure at most so many users.", min=2)
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Measure these files and ask nothing of a lake."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="Champion: a model.tar.gz or its folder."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write one HTML page with plots.")
    ] = None,
    user: Annotated[
        list[int] | None,
        typer.Option("--user", help="Show this user in the report; several times for several."),
    ] = None,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    region: Region = None,
    as_json: Json = False,
) -> Document:
    """Measure models on the lake's ratings beside the deployed one; changes nothing."""
    from pipeline.cli.measuring import measure
    from pipeline.evaluation.console import print_evaluation
    from pipeline.evaluation.evaluate import Wanted

    wanted = Wanted(
        algorithm or (),
        protocol or (),
        preset,
        k,
        test_fraction,
        seed,
        users,
        user or (),
        report is not None,
    )
    where = (target, endpoint, region)
    found = measure(wanted, source=source, model=model, report=report, where=where)
    return answer(as_json, found.as_dict(), lambda: print_evaluation(found))

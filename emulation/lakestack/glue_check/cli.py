"""``lake glue`` in a clone, ``lakestack glue`` elsewhere: what of a Glue job runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lakestack.errors import CheckError
from lakestack.printable import printable

app = typer.Typer(no_args_is_help=True, help="Look at Glue jobs before they run.")
Document = dict[str, Any]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, nothing else.")]


@app.callback()
def _group() -> None:
    """Look at Glue jobs before they run."""


@app.command()
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(exists=True, help="Scripts, definitions of jobs, or folders of them."),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Option("--arg", metavar="--NAME=VALUE", help="A parameter of the job; repeatable."),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(metavar="TYPE", help="The job's type: glueetl, pythonshell, gluestreaming."),
    ] = None,
    as_json: Json = False,
) -> Document:
    """Say what Glue scripts use and what of it runs here; exit code 1 when something is refused.

    Nothing is run. Definitions: CloudFormation, SAM, CDK's output, `terraform show -json`.
    """
    from lakestack.glue_check import report
    from lakestack.glue_check.findings import Verdict
    from lakestack.glue_check.jobs import Job
    from lakestack.glue_check.repository import FLAGS, KINDS, look

    for path in paths:
        if path.is_file() and path.suffix not in KINDS:
            raise typer.BadParameter(
                f"{path.name!r} is neither a script nor a definition of a job; expected a folder, "
                f"or a file that ends in {', '.join(filter(None, KINDS))}"
            )
    jobs = []
    if arguments or command:
        jobs.append(Job(FLAGS, "job", command or "glueetl", arguments=_parsed(arguments or [])))
    repository = look(paths, jobs)
    if not (repository.scripts or repository.unread) and len(repository.jobs) == len(jobs):
        raise typer.BadParameter(
            "there is no Glue script and no definition of a Glue job; expected .py or .ipynb files "
            "that import awsglue or pyspark, or templates with AWS::Glue::Job or aws_glue_job"
        )
    findings = repository.findings()
    document = report.document(repository, findings)
    if not as_json:
        for line in report.lines(findings):
            typer.echo(printable(line))
    refused = document["count"][Verdict.REFUSED.value]
    if refused:
        raise CheckError(
            f"{refused} of {len(findings)} uses are refused here",
            "change what is named as refused above, or see docs/glue.md",
            document,
        )
    if not as_json:
        typer.echo(f"{len(findings)} uses, none is refused here")
    return document


def _parsed(arguments: list[str]) -> dict[str, str]:
    found = {}
    for each in arguments:
        name, equals, value = each.partition("=")
        if not name.startswith("--") or len(name) == len("--"):
            raise typer.BadParameter(
                f"{each!r} is no parameter of a job; expected --arg=--NAME=VALUE"
            )
        found[name] = value if equals else "true"
    return found

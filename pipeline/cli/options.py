"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from click import Choice

from pipeline.errors import LakeError

__all__ = [
    "Account",
    "Allowed",
    "Document",
    "Endpoint",
    "Json",
    "Region",
    "TargetName",
    "answer",
]

TargetName = Annotated[
    str,
    typer.Option(
        "--target",
        envvar="LAKE_TARGET",
        help="Where the lake is: local or aws.",
        click_type=Choice(["local", "aws"]),
        metavar="TARGET",
    ),
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


def answer(
    as_json: bool, document: Document, show: Callable[[], None], failure: LakeError | None = None
) -> Document:
    """The document, or the failure with it; shown to people unless they want JSON."""
    if not as_json:
        show()
    if failure is not None:
        failure.document = document
        raise failure
    return document

"""What a lake's operations return."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seeded:
    """A table that has been made.

    Attributes:
        name: ``database.table`` of the catalog, or DynamoDB's name
        rows: how many
        columns: name and type, in the file's order
        location: ``s3://…/`` of a catalog's table, None for DynamoDB
    """

    name: str
    rows: int
    columns: dict[str, str]
    location: str | None = None


@dataclass(frozen=True)
class JobRun:
    """A job run that has succeeded.

    Attributes:
        job: the job's name
        id: the run's
        seconds: from start to end, as Glue counts them
        output: what it has printed
    """

    job: str
    id: str
    seconds: int
    output: str

"""SQL on the catalog's tables: a Glue job of its own answers, on the Spark of lab 3's job."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.errors import SettingsError, StageError, StateLostError
from pipeline.lake import Lake, is_missing
from pipeline.log_tail import newest_line
from pipeline.slow_step import SlowStep
from pipeline.uploads import query_script

__all__ = ["Answer", "ask"]

_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
_LOGS: Final = ("/aws-glue/jobs/error", "/aws-glue/jobs/output")


@dataclass(frozen=True)
class Answer:
    """Rows of an answer.

    Attributes:
        columns: their names
        rows: a list of values for each row; dates and the like are texts
        cut: whether there are more rows than were asked for
    """

    columns: list[str]
    rows: list[list[Any]]
    cut: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self)


def ask(lake: Lake, query: str, limit: int) -> Answer:
    """Have a query answered.

    The job, its script and the answer are deleted at the end, whatever comes.

    Args:
        lake: where
        query: of Spark SQL; the catalog's tables are known by their names
        limit: at most so many rows

    Raises:
        SettingsError: the lake's target is paid for by the run
        StateLostError: there is no catalog yet
        StageError: the query is wrong, or the job failed
    """
    if lake.target.prices is not None:
        raise SettingsError(
            "lake sql starts a Glue job for each query, which costs money on AWS.",
            f"Ask Amazon Athena there, in database {lake.settings.database} of the same catalog",
        )
    glue = lake.client("glue")
    try:
        role = glue.get_job(JobName=lake.settings.job)["Job"]["Role"]
    except ClientError as error:
        if not is_missing(error):
            raise
        raise StateLostError(
            "There are no tables to ask: the catalog has not been made.", "Make it with: lake run"
        ) from error
    name = f"{lake.settings.project}-sql-{uuid.uuid4().hex[:12]}"
    folder = f"{lake.settings.state}/sql/{name}"
    keys = {part: f"{folder}/{part}" for part in ("script.py", "query", "answer")}
    lake.s3.put_object(Bucket=lake.bucket, Key=keys["script.py"], Body=query_script())
    lake.s3.put_object(Bucket=lake.bucket, Key=keys["query"], Body=query.encode("utf-8"))
    try:
        glue.create_job(
            Name=name,
            Role=role,
            GlueVersion="5.1",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            Timeout=60,
            Command={
                "Name": "glueetl",
                "PythonVersion": "3",
                "ScriptLocation": f"s3://{lake.bucket}/{keys['script.py']}",
            },
            DefaultArguments={"--enable-glue-datacatalog": "true"},
            Tags={lake.settings.tag["Key"]: lake.settings.tag["Value"]},
        )
        _run(lake, name, keys, limit)
        return Answer(**json.loads(lake.read(keys["answer"])))
    finally:
        glue.delete_job(JobName=name)
        for key in keys.values():
            lake.s3.delete_object(Bucket=lake.bucket, Key=key)


def _run(lake: Lake, name: str, keys: dict[str, str], limit: int) -> None:
    glue = lake.client("glue")
    arguments = {
        "--bucket": lake.bucket,
        "--database": lake.settings.database,
        "--query_key": keys["query"],
        "--answer_key": keys["answer"],
        "--limit": str(limit),
    }
    run = glue.start_job_run(JobName=name, Arguments=arguments)["JobRunId"]

    def state() -> dict[str, Any]:
        return dict(glue.get_job_run(JobName=name, RunId=run)["JobRun"])

    def ended() -> dict[str, Any] | None:
        found = state()
        step("Spark starts, then answers")
        return found if found["JobRunState"] in _ENDED else None

    with SlowStep(lake.reporter, "query") as step:
        done = lake.poll(
            ended,
            lake.target.waits.job,
            "the query",
            position=lambda: {
                "run": state()["JobRunState"],
                "newest line of its log": newest_line(lake, _LOGS, run),
            },
        )
        if done["JobRunState"] != "SUCCEEDED":
            why = str(done.get("ErrorMessage") or done["JobRunState"])
            raise StageError(f"The query was not answered: {why}", _tables(lake))


def _tables(lake: Lake) -> str:
    pages = lake.client("glue").get_paginator("get_tables")
    names = [
        table["Name"]
        for page in pages.paginate(DatabaseName=lake.settings.database)
        for table in page["TableList"]
    ]
    return f"The tables are {', '.join(sorted(names)) or 'not made yet: lake run'}"

"""The training data job on files in S3, beside the same rules in plain Spark on local files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lakestack.java import heaps
from pipeline.uploads import glue_modules, glue_script
from tests import support
from tests.bench import lake
from tests.bench.measure import seconds, side_by_side
from tests.bench.plain_transform import FILES
from tests.bench.report import Figure
from tests.contract.glue.helpers import ROLE
from tests.support import unique, wait_until

RATINGS = os.environ.get("RATINGS", "1m")
ROUNDS = 3
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}
STREAM = "stream"
TYPES = {
    "rating": {"userid": "string", "movieid": "string", "rating": "double", "timestamp": "bigint"},
    "movies": {"movieid": "string", "title": "string", "genres": "string"},
    "links": {"movieid": "string", "imdbid": "string", "tmdbid": "string"},
}


def run() -> Iterator[Figure]:
    """Yield the wall time of the Glue job over that of plain Spark, each with its JVM's start.

    Raises:
        RuntimeError: a side failed, or they wrote different numbers of rows
    """
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder, support.emulator() as running:
        source = Path(folder) / "source"
        arguments = ("generate", "--ratings", RATINGS, "--seed", "7", "--output", str(source))
        subprocess.run([lake.program("lake"), *arguments], check=True, capture_output=True)
        job = Job(running.url, source)
        plain = Plain(source, Path(folder) / "target")
        ours, theirs = side_by_side(lambda: seconds(job.run), lambda: seconds(plain.run), ROUNDS)
        if job.rows() != plain.rows:
            raise RuntimeError(f"the job wrote {job.rows()}, plain Spark {plain.rows}")
    detail = f"{RATINGS} generated ratings: {ours:.1f} s on S3, {theirs:.1f} s on local files"
    yield Figure("training data job, plain Spark", ours / theirs, "x", 1.3, True, detail)


class Plain:
    """The other side, with the same heap."""

    def __init__(self, source: Path, target: Path) -> None:
        self._source, self._target = source, target
        self.rows: dict[str, int] = {}

    def run(self) -> None:
        shutil.rmtree(self._target, ignore_errors=True)
        command = [sys.executable, "-m", "tests.bench.plain_transform"]
        done = subprocess.run(
            [*command, str(self._source), str(self._target), heaps.SPARK.size()],
            cwd=support.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"plain Spark failed:\n{done.stderr[-4000:]}")
        self.rows = json.loads(done.stdout.strip().splitlines()[-1])


class Job:
    """The job with its tables in the catalog: files of a folder, and an empty stream."""

    def __init__(self, url: str, source: Path) -> None:
        self._aws, self.name = support.clients(url), unique("bench")
        s3, glue = self._aws("s3"), self._aws("glue")
        s3.create_bucket(Bucket=self.name)
        glue.create_database(DatabaseInput={"Name": self.name})
        for table, file in FILES.items():
            s3.upload_file(str(source / file), self.name, f"{table}/{file}")
            self._table(table, TYPES[table])
        s3.put_object(Bucket=self.name, Key=f"{STREAM}/none.csv", Body=b"")
        self._table(STREAM, TYPES["rating"])
        for key, body in (("job.py", glue_script()), ("spark_jobs.zip", glue_modules())):
            s3.put_object(Bucket=self.name, Key=f"code/{key}", Body=body)
        tables = {"ratings": "rating", "movies": "movies", "links": "links", "stream": STREAM}
        glue.create_job(
            Name=self.name,
            Role=ROLE,
            GlueVersion="5.1",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{self.name}/code/job.py"},
            DefaultArguments={
                "--extra-py-files": f"s3://{self.name}/code/spark_jobs.zip",
                "--bucket": self.name,
                "--database": self.name,
                **{f"--{given}_table": table for given, table in tables.items()},
            },
        )

    def _table(self, name: str, columns: dict[str, str]) -> None:
        self._aws("glue").create_table(
            DatabaseName=self.name,
            TableInput={
                "Name": name,
                "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
                "StorageDescriptor": {
                    "Location": f"s3://{self.name}/{name}/",
                    "Columns": [{"Name": n, "Type": t} for n, t in columns.items()],
                    "SerdeInfo": {
                        "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
                        "Parameters": {"separatorChar": ",", "quoteChar": '"'},
                    },
                },
            },
        )

    def run(self) -> None:
        """Run it to its end."""
        glue = self._aws("glue")
        run = glue.start_job_run(JobName=self.name)["JobRunId"]

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = glue.get_job_run(JobName=self.name, RunId=run)["JobRun"]
            return found if found["JobRunState"] in FINAL else None

        last = wait_until(ended, timeout=3600, every=0.25, what="the job")
        if last["JobRunState"] != "SUCCEEDED":
            raise RuntimeError(f"the job ended {last['JobRunState']}: {last.get('ErrorMessage')}")

    def rows(self) -> dict[str, int]:
        """Written rows of each table, as its report has them."""
        body = self._aws("s3").get_object(Bucket=self.name, Key="ml/trainingdata-report.json")
        tables = json.loads(body["Body"].read())["tables"]
        return {table: int(report["written"]) for table, report in tables.items()}

"""What the tests of table formats share: a database, a run of a script, and Python readers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.foreign_python import interpreter
from tests.integration.glue.jobs import Aws, Jobs
from tests.support import unique

READERS = ("pyiceberg[glue,pyarrow]==0.12.0", "deltalake==1.6.6", "pyarrow==22.0.0")
SECONDS = 1200.0

PRELUDE = """
import json, sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "database", "bucket"])
database, bucket = args["database"], args["bucket"]
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)
found = {}


def rows(frame):
    frame = spark.sql(frame) if isinstance(frame, str) else frame
    return sorted([list(row) for row in frame.collect()], key=str)


def raised(call):
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error).splitlines()[0]]


"""
END = """
job.commit()
print("FOUND" + json.dumps(found, default=str))
"""


class Lake:
    """A database with a bucket, and the runs of jobs on it."""

    def __init__(self, aws: Aws, emulator: str) -> None:
        self.bucket = unique("formats")
        self.database = self.bucket.replace("-", "_")
        self.emulator = emulator
        aws("s3").create_bucket(Bucket=self.bucket)
        self.glue, self.s3 = aws("glue"), aws("s3")
        self.glue.create_database(
            DatabaseInput={"Name": self.database, "LocationUri": f"s3://{self.bucket}/tables"}
        )
        self.jobs = Jobs(aws, self.bucket, SECONDS)

    def run(self, script: str, **arguments: str) -> dict[str, Any]:
        """What a job's script has put into `found`.

        Args:
            arguments: of the job, with underscores for hyphens
        """
        given = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
        given |= {"--database": self.database, "--bucket": self.bucket}
        run = self.jobs.run(
            PRELUDE + script + END, "glueetl", GlueVersion="5.0", DefaultArguments=given
        )
        output = self.jobs.log(run["Id"])
        said = f"{run.get('ErrorMessage')}\n{output[-3000:]}\n{self.log(run)[-6000:]}"
        assert run["JobRunState"] == "SUCCEEDED", said
        lines = [line for line in output.splitlines() if line.startswith("FOUND")]
        answer: dict[str, Any] = json.loads(lines[0].removeprefix("FOUND"))
        return answer

    def log(self, run: dict[str, Any]) -> str:
        """The error log of a run."""
        return self.jobs.log(run["Id"], "error")

    def table(self, name: str) -> dict[str, Any]:
        """A table as the Data Catalog has it."""
        found: dict[str, Any] = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        return found


@pytest.fixture(scope="module")
def lake(aws: Aws, emulator: str) -> Lake:
    return Lake(aws, emulator)


@pytest.fixture(scope="session")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with PyIceberg and deltalake, and with nothing of ours."""
    return interpreter(tmp_path_factory.mktemp("readers") / "venv", *READERS, timeout=300)


@pytest.fixture
def told(readers: Path, lake: Lake, tmp_path: Path) -> Callable[[str], Any]:
    """What a script of such a reader prints as JSON; it finds database, bucket and endpoint."""

    def tell(script: str) -> Any:
        names = {"database": lake.database, "bucket": lake.bucket, "endpoint": lake.emulator}
        head = "import json\n" + "".join(f"{k} = {v!r}\n" for k, v in names.items())
        run = subprocess.run(
            [readers, "-c", head + script],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "AWS_ENDPOINT_URL": lake.emulator,
                "AWS_ACCESS_KEY_ID": "000000000000",
                "AWS_SECRET_ACCESS_KEY": "emulated",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert run.returncode == 0, run.stderr[-3000:]
        return json.loads(run.stdout)

    return tell

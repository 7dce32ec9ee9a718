"""Scripts that find something out under our PySpark command, and catalog tables for them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lakestack.services.glue.spark.command import spark_command

Client = Callable[[str], Any]

# Before each script; it puts what it finds into `found`.
PRELUDE = """
import json, sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
bucket = args["bucket"]
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)
found = {}


def rows(frame):
    data = frame.toDF() if isinstance(frame, DynamicFrame) else frame
    return sorted([list(r) for r in data.collect()], key=str)


def raised(call):
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error).splitlines()[0]]


def table(name, **options):
    return glue.create_dynamic_frame.from_catalog(database=bucket, table_name=name, **options)


"""
END = """
job.commit()
print("FOUND" + json.dumps(found))
"""


def run_script(
    script: str,
    emulator: str,
    bucket: str,
    workdir: Path,
    *,
    data_catalog: bool = False,
    drivers: Sequence[Path] = (),
) -> dict[str, Any]:
    """What a script has put into `found`."""
    file = workdir / "script.py"
    file.write_text(PRELUDE + script + END)
    arguments = ["--JOB_NAME", "j", "--bucket", bucket]
    command, extra = spark_command(
        file,
        arguments,
        workdir=workdir,
        worker_count=2,
        data_catalog=data_catalog,
        drivers=drivers,
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(workdir),
        "AWS_ENDPOINT_URL": emulator,
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        **extra,
    }
    run = subprocess.run(
        command, env=environment, cwd=workdir, capture_output=True, text=True, timeout=550,
        check=False,
    )  # fmt: skip
    lines = [line for line in run.stdout.splitlines() if line.startswith("FOUND")]
    assert lines, f"{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
    assert run.returncode == 0
    answer: dict[str, Any] = json.loads(lines[0].removeprefix("FOUND"))
    return answer


def catalog_table(
    aws: Client,
    bucket: str,
    name: str,
    kind: str,
    columns: dict[str, str],
    keys: tuple[str, ...] = (),
    serde: dict[str, str] | None = None,
    location: str | None = None,
    header: bool = False,
) -> None:
    aws("glue").create_table(
        DatabaseName=bucket,
        TableInput={
            "Name": name,
            "Parameters": {
                "classification": kind,
                **({"skip.header.line.count": "1"} if header else {}),
            },
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "StorageDescriptor": {
                "Columns": [{"Name": n, "Type": t} for n, t in columns.items()],
                "Location": location or f"s3://{bucket}/{name}/",
                "SerdeInfo": {"Parameters": serde or {}},
            },
        },
    )

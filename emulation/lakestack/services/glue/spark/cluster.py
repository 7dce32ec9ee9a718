"""A job run on Spark's standalone cluster (``SPARK_MASTER``): executors, their size and settings.

Of a job's workers one is for the driver, and each other one is an executor (AWS Glue Developer
Guide, "Monitoring for DPU capacity planning"). The driver runs beside the emulator; an executor
gets the vCPUs of its worker type and 10 of 16 GB, as on AWS, but never more than the cluster's
workers have.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

from lakestack import marks, spark_master
from lakestack.services.glue.worker_types import WORKER_TYPES
from lakestack.spark_master import LEAST_MEMORY, VARIABLE, Master, Worker

HEAP_OF_MEMORY = (10, 16)
"""A G.1X worker has 16 GB, and its executor 10 ("Monitoring for DPU capacity planning"). That other
types have the same ratio is our guess, which G.2X (20 of 32) confirms."""

ENVIRONMENT = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "NO_PROXY",
    "LAKE_GATEWAY",
    "LAKE_CONFINED",
    marks.PROCESS,
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
)
"""What executors get of the job's environment: how they reach AWS, and nothing else."""

SETTINGS = {
    "spark.dynamicAllocation.enabled": "false",
    # Executors in containers of one network have one address and disks of their own: by the address
    # Spark would take each other's shuffle files for files that they can read.
    "spark.shuffle.readHostLocalDisk": "false",
    # A failed task is tried again as on AWS. No task is ever run twice at once, so of two results
    # none has to be thrown away: see docs/cluster.md.
    "spark.task.maxFailures": "4",
    "spark.executor.logs.rolling.strategy": "size",
    "spark.executor.logs.rolling.maxSize": str(32 << 20),
    "spark.executor.logs.rolling.maxRetainedFiles": "2",
}


_REFUSED = re.compile(r"StandaloneAppClient\S*: Failed to connect to master ")
_LOST = re.compile(r"StandaloneSchedulerBackend: Disconnected from Spark cluster!")
_REMOVED = re.compile(r"StandaloneSchedulerBackend: Application has been killed\. Reason: (.*)")


@dataclass(frozen=True)
class Executors:
    """The executors of a run.

    Attributes:
        count: how many
        cores: of each
        memory: MiB of heap of each
        notes: for the job's log: what was asked for, and what is less
    """

    count: int
    cores: int
    memory: int
    notes: tuple[str, ...]


def executors(
    worker_type: str, number_of_workers: int, workers: Sequence[Worker] | None
) -> Executors:
    """Fit the executors that a job asks for into a cluster.

    Where the workers differ, the smallest that can hold an executor at all is the measure.

    Args:
        worker_type: the job's WorkerType
        number_of_workers: the job's NumberOfWorkers, from 2 on
        workers: of the cluster; None: unknown, and nothing is made smaller
    """
    known = worker_type in WORKER_TYPES
    _, cores, memory = WORKER_TYPES[worker_type if known else "G.1X"]
    heap = memory * HEAP_OF_MEMORY[0] // HEAP_OF_MEMORY[1]
    count = number_of_workers - 1
    taken_for = "" if known else ", which is not known here and taken for G.1X"
    asked = (
        f"NumberOfWorkers {number_of_workers} of {worker_type}{taken_for}: one for the driver, "
        f"{count} as executors of {cores} cores and {heap} MiB"
    )
    usable = [w for w in workers or () if w.cores >= 1 and w.memory >= LEAST_MEMORY]
    if not usable:
        note = "the cluster does not tell what its workers have; all of it must fit"
        if workers:
            note = f"no worker of the cluster has {LEAST_MEMORY} MiB; the job waits for one"
        return Executors(count, cores, heap, (asked, note))
    has_cores, has_memory = min(w.cores for w in usable), min(w.memory for w in usable)
    most = min(has_cores, has_memory // LEAST_MEMORY)
    each = min(-(-count // len(usable)), most)
    fitted = Executors(
        min(count, each * len(usable)),
        min(cores, has_cores // each),
        min(heap, has_memory // each),
        (asked,),
    )
    less = [
        f"{name} {wanted} → {given}"
        for name, wanted, given in (
            ("executors", count, fitted.count),
            ("cores of each", cores, fitted.cores),
            ("MiB of each", heap, fitted.memory),
        )
        if given < wanted
    ]
    if less:
        has = f"{len(usable)} workers with cores {has_cores} and {has_memory} MiB"
        note = f"clipped to what the cluster has ({has}): {', '.join(less)}"
        fitted = Executors(fitted.count, fitted.cores, fitted.memory, (asked, note))
    return fitted


@dataclass(frozen=True)
class OnCluster:
    """A run on the cluster, for the command that starts its driver.

    Attributes:
        master: ``spark://…``
        executors: its executors
        secret: of the cluster
        environment: the job's; executors get of it what they need
        python_files: archives and modules for the executors' Python
        files: for the working folders of the executors
    """

    master: Master
    executors: Executors
    secret: str
    environment: Mapping[str, str]
    python_files: Sequence[Path] = ()
    files: Sequence[Path] = ()

    def trouble(self, line: str) -> str | None:
        """Why the run cannot go on, if a line of Spark's log says so; None for any other line.

        Spark itself goes on asking for a minute when it is refused, and waits forever for a
        master that has ended; a standalone master that comes again knows nothing of the run.
        """
        name = f"Spark's master {self.master.url} ({VARIABLE})"
        if _REFUSED.search(line):
            return (
                f"{name} answers, and refuses the driver: its secret is not the one in "
                f"{self.master.secret_file}, or it is about to end → {self.master.remedy()}"
            )
        if _LOST.search(line):
            return f"{name} has ended while the job ran → {self.master.remedy()}"
        if removed := _REMOVED.search(line):
            return (
                f"{name} has ended the job: {removed[1]}; why its executors failed stands in the "
                f"log of the workers, of `cluster start` {self.master.secret_file.parent}"
            )
        return None

    def settings(self, awsglue: Path, workdir: Path, jvm_flags: Sequence[str]) -> dict[str, str]:
        """Spark's settings.

        Args:
            awsglue: the package that is shipped
            workdir: of the run
            jvm_flags: of the executors
        """
        shipped = [_packed(awsglue, workdir / "awsglue.zip")]
        shipped += [_importable(file, workdir) for file in self.python_files]
        total = self.executors.count * self.executors.cores
        kept = {n: self.environment[n] for n in ENVIRONMENT if n in self.environment}
        return {
            **SETTINGS,
            "spark.authenticate.secret": self.secret,
            "spark.cores.max": str(total),
            "spark.executor.cores": str(self.executors.cores),
            "spark.executor.memory": f"{self.executors.memory}m",
            "spark.default.parallelism": str(total),
            "spark.sql.shuffle.partitions": str(2 * total),
            "spark.executor.extraJavaOptions": " ".join(f'"{flag}"' for flag in jvm_flags),
            "spark.submit.pyFiles": ",".join(map(str, shipped)),
            "spark.files": ",".join(map(str, self.files)),
            **{f"spark.executorEnv.{name}": value for name, value in kept.items()},
        }


def on_cluster(
    settings: Mapping[str, Any],
    environment: dict[str, str],
    python_files: list[Path],
    files: list[Path],
    note: Callable[[str], None],
) -> OnCluster | None:
    """Where a run's executors are: on the cluster that SPARK_MASTER names, if the job has workers.

    Args:
        settings: of the run: its workers
        environment: of the job
        python_files: for executors, too
        files: for executors, too
        note: writes to the run's error log

    Raises:
        EmulationError: the setting is wrong, or the cluster is not there
    """
    workers = settings.get("NumberOfWorkers") or 1
    master = spark_master.from_environment() if workers > 1 else None
    if master is None:
        return None
    fitted = executors(settings["WorkerType"], workers, master.workers())
    secret = master.secret()
    for line in (f"Spark's master is {master.url}", *fitted.notes):
        note(line)
    return OnCluster(master, fitted, secret, environment, python_files, files)


def _packed(package: Path, archive: Path) -> Path:
    """A Python package as a zip that can be imported from."""
    with ZipFile(archive, "w", ZIP_STORED) as target:
        for file in sorted(package.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                target.write(file, file.relative_to(package.parent))
    return archive


def _importable(file: Path, workdir: Path) -> Path:
    """A file under a name by which Spark puts it on the Python path of executors.

    Spark knows no wheels there, and follows links to the true name.
    """
    return (
        Path(shutil.copyfile(file, workdir / f"{file.name}.zip")) if file.suffix == ".whl" else file
    )

"""Makes the archive of Spark's loaded classes (see `class_path`), by one run of Spark."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from lakestack import paths
from lakestack.exclusive import alone
from lakestack.java.artifacts import spark_jars
from lakestack.services.glue.spark.class_path import class_archive, class_path
from lakestack.services.glue.spark.command import spark_command

WARM_UP = Path(__file__).with_name("warm_up.py")
DUMP_TIMEOUT_SECONDS = 180


def install(notice: Callable[[str], None]) -> None:
    """Make the class archive if there is none; takes about 20 s, once.

    Old archives are removed. Failing to make one is not an error: Spark only starts more slowly.

    Args:
        notice: is told what is going on

    Raises:
        ArtifactError: the Java artefacts were never installed
        JavaError: there is no usable Java
    """
    archive = class_archive(class_path(spark_jars()))
    if archive.is_file():
        return
    made = False
    with contextlib.suppress(OSError):  # environment or cache may be complete but for this
        wait = functools.partial(notice, "another process archives Spark's classes; waiting for it")
        with alone(paths.cache() / f"{archive.stem}.lock", wait, 2.0):  # named by its environment
            made = archive.is_file() or _make(archive, notice)
    if not made:
        notice("that did not work; jobs start a few seconds later")


def _make(archive: Path, notice: Callable[[str], None]) -> bool:
    notice("archiving Spark's classes, which halves the start of each job")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="classes-", dir=archive.parent) as name:
        work = Path(name)
        command, environment = spark_command(WARM_UP, [str(work)], workdir=work)
        made = work / "spark.jsa"
        command[1:1] = [f"-XX:ArchiveClassesAtExit={made}", "-Xlog:disable", "-Xlog:all=off"]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
        kept.update(environment)
        try:
            run = subprocess.run(
                command,
                env=kept,
                cwd=work,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=DUMP_TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        if run.returncode or not made.is_file():
            return False
        for old in archive.parent.glob("spark-classes-*.jsa"):
            old.unlink(missing_ok=True)
        made.replace(archive)
    return True

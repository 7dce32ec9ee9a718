"""The jars of a Spark run, and the archive of their loaded classes that halves its start.

Java can map classes from an archive (Application Class-Data Sharing, JEP 350) instead of reading,
checking and linking some 12,000 of them from jars: 6.0 → 3.5 s for a session and one query. The
archive depends on the Java and on every jar, so its name carries a digest of both; with no archive
a run is only slower. Set-up makes it.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lakestack.java.artifacts import spark_jars
from lakestack.java.interpreter import find_java

WARM_UP = Path(__file__).with_name("warm_up.py")
DUMP_TIMEOUT_SECONDS = 180


def class_path(extra: Sequence[Path]) -> list[Path]:
    """Spark's own jars, then those of `extra` that it does not have already in any version."""
    import pyspark

    own = sorted((Path(pyspark.__file__).parent / "jars").glob("*.jar"))
    known = {_library(jar) for jar in own}
    return own + [jar for jar in extra if _library(jar) not in known]


def _library(jar: Path) -> str:
    return re.sub(r"-\d.*$", "", jar.stem)


def class_archive(jars: Sequence[Path]) -> Path:
    """Where the class archive for these jars and this Java is, or would be."""
    java = find_java()
    digest = hashlib.sha256(f"{java.path.resolve()} {java.version}".encode())
    release = java.path.resolve().parent.parent / "release"
    if release.is_file():
        digest.update(release.read_bytes())
    for jar in jars:
        stat = jar.stat()
        digest.update(f"{jar} {stat.st_size} {stat.st_mtime_ns}".encode())
    # In the environment, not in the cache: it holds the paths of this environment's jars.
    return Path(sys.prefix) / "var" / f"spark-classes-{digest.hexdigest()[:16]}.jsa"


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
    notice("archiving Spark's classes, which halves the start of each job")
    if not _make(archive):
        notice("that did not work; jobs start a few seconds later")


def _make(archive: Path) -> bool:
    from lakestack.services.glue.spark.command import spark_command

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

"""The jars of a Spark run, and the archive of their loaded classes that halves its start.

Java can map classes from an archive (Application Class-Data Sharing, JEP 350) instead of reading,
checking and linking some 12,000 of them from jars: 6.0 → 3.5 s for a session and one query. The
archive depends on the Java and on every jar, so its name carries a digest of both; with no archive
a run is only slower. Set-up makes it (`class_archive`).
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from lakestack.java.interpreter import find_java


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
        stat = jar.stat()  # whole seconds: an image's layers keep no more
        digest.update(f"{jar} {stat.st_size} {int(stat.st_mtime)}".encode())
    # In the environment, not in the cache: it holds the paths of this environment's jars.
    return Path(sys.prefix) / "var" / f"spark-classes-{digest.hexdigest()[:16]}.jsa"

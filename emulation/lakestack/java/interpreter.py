"""Find the Java that DynamoDB Local and Spark run on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lakestack.errors import JavaError

OLDEST = 17  # DynamoDB Local 3 needs 17, and so does AWS Glue 5.1
HINT = "install a Java 17 runtime (for example OpenJDK 17), or set JAVA_HOME to one"


@dataclass(frozen=True)
class Java:
    """A usable Java.

    Args:
        path: the ``java`` executable
        version: major version, for example 17
    """

    path: Path
    version: int


@lru_cache(maxsize=1)
def find_java() -> Java:
    """Return the Java of JAVA_HOME, else of PATH.

    Raises:
        JavaError: there is none, it does not run, or it is older than 17
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if not found:
        where = f"JAVA_HOME={home}" if home else "PATH"
        raise JavaError(f"no Java in {where}; the emulator needs Java {OLDEST} or newer", HINT)
    version = _major_version(Path(found))
    if version < OLDEST:
        raise JavaError(f"{found} is Java {version}; the emulator needs {OLDEST} or newer", HINT)
    return Java(Path(found), version)


def _major_version(java: Path) -> int:
    try:
        result = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as e:
        raise JavaError(f"{java} does not run: {e}", HINT) from e
    match = re.search(r'version "(\d+)(?:\.(\d+))?', result.stderr + result.stdout)
    if not match:
        raise JavaError(f"{java} -version says nothing that looks like a version", HINT)
    major, minor = int(match[1]), int(match[2] or 0)
    return minor if major == 1 else major  # "1.8" is Java 8

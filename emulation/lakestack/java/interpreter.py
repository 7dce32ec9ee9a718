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

OLDEST = 17
"""DynamoDB Local 3 needs it, and AWS Glue 5.1 runs on it."""
NEWEST = 21
"""Hadoop's login calls `Subject.getSubject`, which later versions refuse ("getSubject is not
supported"; JDK 24 Release Notes, JEP 486); 22 and 23 were short-lived and nobody has tried them."""
RANGE = f"Java {OLDEST} to {NEWEST}"
HINT = (
    f"install Java {OLDEST} (Debian, Ubuntu: sudo apt-get install openjdk-{OLDEST}-jre-headless; "
    f"Fedora: sudo dnf install java-{NEWEST}-openjdk-headless; macOS: brew install "
    f"openjdk@{OLDEST}), or set JAVA_HOME to one"
)


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
        JavaError: there is none, it does not run, or it is older than 17 or newer than 21
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if not found:
        where = f"JAVA_HOME={home}" if home else "PATH"
        raise JavaError(f"no Java in {where}; the emulator needs {RANGE}", HINT)
    version = _major_version(Path(found))
    if not OLDEST <= version <= NEWEST:
        raise JavaError(f"{found} is Java {version}; the emulator needs {RANGE}", HINT)
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

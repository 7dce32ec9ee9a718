"""LocalStack's index of all AWS operations, made once instead of at each start.

LocalStack keeps it in its own folder, which every start of ours empties; making it takes seconds,
and the first request waits for it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from lakestack import commands, paths
from lakestack.errors import ArtifactError

_BUILD = "import sys; from localstack.aws import spec; spec.build_service_index_cache(sys.argv[1])"


def _name() -> str:
    """LocalStack's own name for the file; other versions have other names."""
    versions = (version("localstack-core"), version("botocore"))
    return f"service-catalog-{'-'.join(v.replace('.', '_') for v in versions)}.dill"


def _file() -> Path:
    return paths.cache() / "localstack" / _name()


def install(notice: Callable[[str], None]) -> None:
    """Make the index unless it is there.

    Raises:
        ArtifactError: LocalStack could not make it
    """
    if _file().is_file():
        return
    notice("indexing the AWS operations")
    _make()


def _make() -> None:
    paths.private(_file().parent.resolve())
    with tempfile.TemporaryDirectory(dir=_file().parent) as folder:
        made = Path(folder) / _name()
        run = subprocess.run(
            [sys.executable, "-c", _BUILD, str(made)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if run.returncode or not made.is_file():
            raise ArtifactError(
                f"LocalStack's index was not made: {run.stderr[-300:]}", commands.setup()
            )
        made.replace(_file())


def place(root: Path) -> None:
    """Put the index where a LocalStack with this FILESYSTEM_ROOT looks for it, if there is one.

    LocalStack unpickles it, which runs what stands in it: one that others could write is left out.
    """
    if _is_ours(_file()):
        cache = root / "var" / "lib" / "localstack" / "cache"
        paths.private(cache)
        shutil.copy(_file(), cache)


def _is_ours(file: Path) -> bool:
    """Whether nobody else can write it: it is this user's, or the system's (an image has it so)."""
    try:
        found = [each.stat() for each in (file, file.parent)]
    except OSError:
        return False
    return all(each.st_uid in (0, os.geteuid()) and not each.st_mode & 0o022 for each in found)

"""Brings what a bundle has beside packages to the cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from lakestack import paths
from lakestack.java import artifacts


def place(unpacked: Path, notice: Callable[[str], None]) -> None:
    """Put this machine's Java artefacts and the data of an unpacked bundle into the cache.

    Args:
        unpacked: folder that `unpack` has made
        notice: is told where the data are

    Raises:
        ArtifactError: a Java artefact is not what the lock says
        OSError: the cache cannot be written to
    """
    for name in artifacts.missing():
        artifacts.take(name, unpacked / "java" / name)
    data = unpacked / "data"
    for source in sorted(data.iterdir()) if data.is_dir() else ():
        target = paths.private(paths.cache() / "bundled") / source.name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
        notice(f"data, with its terms: {target}   (use it: make local MOVIELENS={target})")

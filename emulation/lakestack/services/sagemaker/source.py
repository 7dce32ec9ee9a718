"""The user's script mode source: tarball in S3 to a folder, and its requirements checked."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from lakestack.archives import ArchiveError
from lakestack.services.sagemaker.archives import extract
from lakestack.services.sagemaker.objects import DownloadError, fetch
from lakestack.services.sagemaker.volume import Volume

REQUIREMENTS = "requirements.txt"


class SourceError(Exception):
    """The source cannot be used; the text is what the job or endpoint reports."""


def fetch_source(s3: Any, uri: str, folder: Path, volume: Volume) -> None:
    """Download and extract ``sagemaker_submit_directory`` into `folder`.

    Args:
        uri: ``s3://bucket/.../sourcedir.tar.gz``

    Raises:
        SourceError: missing, unreadable, with entries that lead out of the folder, or larger than
            the volume
    """
    archive = folder.with_name("sourcedir.tar.gz")
    try:
        fetch(s3, uri, archive, volume.take)
        extract(archive, folder, volume)
    except (DownloadError, ArchiveError) as e:
        raise SourceError(f"source directory {uri}: {e}") from e
    finally:
        archive.unlink(missing_ok=True)


def check_program(folder: Path, program: str) -> Path:
    """Path of the entry point inside the source.

    Raises:
        SourceError: absent, or no Python file of this folder
    """
    path = (folder / program).resolve()
    if path.suffix != ".py" or not path.is_relative_to(folder.resolve()):
        raise SourceError(f"the entry point {program!r} is not a .py file in the source directory")
    if not path.is_file():
        found = ", ".join(sorted(p.name for p in folder.glob("*.py"))) or "no .py file"
        raise SourceError(f"the entry point {program!r} is not in the source; it has {found}")
    return path


def check_requirements(folder: Path) -> None:
    """Check that what requirements.txt names is installed; nothing is ever installed here.

    On AWS the container runs pip; the emulator reaches no package index, so its own environment
    must already fulfil them.

    Raises:
        SourceError: names every requirement that is not met
    """
    path = folder / REQUIREMENTS
    if not path.is_file():
        return
    missing = []
    for line in _lines(path.read_text(errors="replace")):
        problem = _unmet(line)
        if problem:
            missing.append(problem)
    if missing:
        raise SourceError(f"{REQUIREMENTS} cannot be fulfilled here: {'; '.join(missing)}")


def _lines(text: str) -> list[str]:
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def _unmet(line: str) -> str | None:
    if line.startswith("-"):
        return f"the option {line.split()[0]!r} is not supported"
    plain = re.split(r"\s--hash", line)[0]
    try:
        requirement = Requirement(plain)
    except InvalidRequirement:
        return f"{line!r} is not a requirement"
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    if requirement.url:
        return f"{requirement.name} is asked for by URL, which is not supported"
    return _not_installed(requirement)


def _not_installed(requirement: Requirement) -> str | None:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement} is not installed"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{requirement} is needed, {version} is installed"
    return None

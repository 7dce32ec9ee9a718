"""Makes a bundle."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from lakestack.errors import BundleError
from lakestack.java import artifacts
from lakestack.tool.bundle import packages, unpack

Notice = Callable[[str], None]

JAVA = ("dynamodb-local", "spark-s3a")
"""Sets of every platform; each has its native library beside them."""
TERMS = ("readme", "license", "licence", "terms")
"""How the name begins of a file that says what a data set may be used for."""


def make(
    bundle: Path, platforms: list[str], pythons: list[str], data: Path | None, notice: Notice
) -> None:
    """Write a bundle; one that is there is replaced when the new one is whole.

    Args:
        bundle: the file
        platforms: names of `packages.PLATFORMS`
        pythons: such as ``3.11``
        data: a folder or zip that holds its terms, None for none
        notice: is told what is going on

    Raises:
        ArtifactError: a Java artefact cannot be fetched
        BundleError: a name is unknown, the data have no terms, or a package cannot be fetched
    """
    if unknown := set(platforms) - set(packages.PLATFORMS):
        raise BundleError(
            f"no bundle can be made for {', '.join(sorted(unknown))}",
            f'valid: PLATFORMS="{" ".join(packages.PLATFORMS)}"',
        )
    if data is not None:
        check_terms(data)
    bundle = bundle.absolute()
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=bundle.parent) as name:
        work = Path(name)
        for platform in platforms:
            for python in pythons:
                notice(f"fetching the packages for {platform} with Python {python}")
                lock = unpack.CLONE / "requirements.lock"
                packages.download(lock, work / "packages", platform, python)
        _add_java(work / "java", platforms, notice)
        if data is not None:
            _add_data(data, work / "data")
        about = {"platforms": platforms, "pythons": pythons, "locks": unpack.locks()}
        (work / unpack.ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        partial = work / "bundle"
        _pack(work, sorted(file for file in work.rglob("*") if file.is_file()), partial)
        partial.replace(bundle)


def check_terms(data: Path) -> None:
    """Refuse data without a file that says its terms.

    Raises:
        BundleError: there is none, or no such data
    """
    if data.is_dir():
        names = [file.name for file in data.iterdir()]
    elif zipfile.is_zipfile(data):
        with zipfile.ZipFile(data) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist()]
    else:
        raise BundleError(f"the data {data} is neither a folder nor a zip file", "make bundle")
    if not any(name.lower().startswith(TERMS) for name in names):
        raise BundleError(
            f"the data {data} has no README or LICENSE that says its terms, which go with it",
            "take the folder or zip as GroupLens distributes it, or leave MOVIELENS out",
        )


def _add_java(folder: Path, platforms: Iterable[str], notice: Notice) -> None:
    natives = [f"sqlite4java-{platform}" for platform in platforms]
    known = artifacts.names()
    for name in [*JAVA, *(native for native in natives if native in known)]:
        artifacts.fetched(name, notice)
        for file in artifacts.files(name):
            (folder / name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / name / file.name)


def _add_data(data: Path, folder: Path) -> None:
    if data.is_dir():
        shutil.copytree(data, folder / data.name)
    else:
        folder.mkdir()
        shutil.copyfile(data, folder / data.name)


def _pack(root: Path, files: list[Path], target: Path) -> None:
    """Write an archive whose first file is the list of digests."""
    names = {file.relative_to(root).as_posix(): file for file in files}
    lines = [f"{_digest(file)}  {name}\n" for name, file in names.items()]
    with tarfile.open(target, "w") as archive:
        sums = "".join(lines).encode()
        member = tarfile.TarInfo(unpack.SUMS)
        member.size = len(sums)
        archive.addfile(member, io.BytesIO(sums))
        for name, file in names.items():
            member = tarfile.TarInfo(name)
            member.size = file.stat().st_size
            with file.open("rb") as content:
                archive.addfile(member, content)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

"""Check a bundle and unpack it.

Usage: ``python3 unpack.py BUNDLE FOLDER``. The Makefile runs this file before anything is
installed, so it needs the standard library only; it runs with the interpreter that the environment
is made of, and looks whether the bundle has its platform and version.
"""

import hashlib
import json
import platform
import shutil
import sys
import tarfile
from pathlib import Path

CLONE = Path(__file__).resolve().parents[4]
LOCKS = ("requirements.lock", "emulation/lakestack/java/java.lock")
"""Files of the clone that say what a bundle has to have."""
SUMS, ABOUT = "SHA256SUMS", "bundle.json"
CHUNK = 1 << 20


class UnpackError(Exception):
    """A bundle cannot be used; the text says why, and what to do."""


def platform_name() -> str:
    """This machine, as bundles name it: ``linux-x86_64``, ``macos-arm64``."""
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{system}-{machine}"


def python_name() -> str:
    """Version of this interpreter, as bundles name it: ``3.11``."""
    return ".".join(map(str, sys.version_info[:2]))


def locks(clone: Path = CLONE) -> "dict[str, str]":
    """SHA-256 of the locks of a clone."""
    return {name: hashlib.sha256((clone / name).read_bytes()).hexdigest() for name in LOCKS}


def unpack(bundle: Path, folder: Path) -> "dict[str, object]":
    """Check each file of a bundle and write it below a folder, which is made again.

    Args:
        bundle: the file
        folder: is removed first

    Returns:
        what bundle.json says

    Raises:
        UnpackError: the file is no bundle, is damaged, or is for another machine or clone
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with tarfile.open(bundle, "r:") as archive:
            about = _unpacked(archive, bundle, folder)
        _check_use(about, bundle)
    except FileNotFoundError:
        raise UnpackError(f"there is no bundle {bundle}; one is made by: make bundle") from None
    except (tarfile.TarError, OSError, ValueError, KeyError) as e:
        raise UnpackError(f"{bundle} cannot be read ({e}); copy it again") from None
    return about


def _unpacked(archive: tarfile.TarFile, bundle: Path, folder: Path) -> "dict[str, object]":
    sums = dict(_sums(_content(archive, SUMS)))
    for member in archive:
        if member.name == SUMS:
            continue
        if not member.isfile() or member.name not in sums or not _is_below(member.name):
            raise UnpackError(f"{bundle} is no bundle: {member.name} does not belong into one")
        source, target = archive.extractfile(member), folder / member.name
        if source is None:
            raise UnpackError(f"{bundle}: {member.name} has no content")
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with target.open("wb") as file:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != sums.pop(member.name):
            raise UnpackError(f"{bundle}: {member.name} is damaged (SHA-256); copy it again")
    if sums:
        raise UnpackError(f"{bundle}: {min(sums)} is missing; copy it again")
    return dict(json.loads((folder / ABOUT).read_text(encoding="utf-8")))


def _content(archive: tarfile.TarFile, name: str) -> str:
    file = archive.extractfile(name)
    return file.read().decode() if file else ""


def _sums(text: str) -> "list[tuple[str, str]]":
    pairs = [line.partition("  ") for line in text.splitlines()]
    return [(name, digest) for digest, _, name in pairs]


def _is_below(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _check_use(about: "dict[str, object]", bundle: Path) -> None:
    for what, here, key in (
        ("platform", platform_name(), "platforms"),
        ("Python", python_name(), "pythons"),
    ):
        there = [str(name) for name in about[key]]  # type: ignore[attr-defined]
        if here not in there:
            raise UnpackError(
                f"{bundle} is for the {what} {', '.join(there)}, and this is {here}; "
                f"make one for it: make bundle PLATFORMS={platform_name()} PYTHONS={python_name()}"
            )
    if about["locks"] != locks():
        raise UnpackError(
            f"{bundle} was made from another version of this project; "
            "take the clone that it came with, or make it again: make bundle"
        )


def main(arguments: "list[str]") -> int:
    """Unpack; returns the exit code."""
    try:
        unpack(Path(arguments[0]), Path(arguments[1]))
    except UnpackError as e:
        shutil.rmtree(arguments[1], ignore_errors=True)
        sys.stderr.write(f"{e}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

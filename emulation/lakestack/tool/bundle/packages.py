"""Downloads the packages of a lock for other platforms and versions of Python than this one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from lakestack.errors import BundleError

GLIBC = range(5, 29)
"""Minor versions of glibc 2 whose wheels are taken: RHEL 8, Debian 12, Ubuntu 22.04 have them."""
PLATFORMS = {
    "linux-x86_64": tuple(
        [f"manylinux_2_{minor}_x86_64" for minor in reversed(GLIBC)]
        + [f"manylinux{year}_x86_64" for year in ("2014", "2010", "1")]
    ),
    "linux-arm64": tuple(
        [f"manylinux_2_{minor}_aarch64" for minor in reversed(GLIBC) if minor >= 17]
        + ["manylinux2014_aarch64"]
    ),
    "macos-arm64": ("macosx_14_0_arm64",),
    "macos-x86_64": ("macosx_14_0_x86_64",),
}
"""Tags of wheels by platform (PyPA, "Platform compatibility tags"); pip adds older macOS itself."""


def download(lock: Path, folder: Path, platform: str, python: str) -> None:
    """Fetch each package of a lock, checked by the lock's hashes.

    Args:
        lock: with hashes
        folder: gets the files; those of other platforms may lie there
        platform: a name of `PLATFORMS`
        python: such as ``3.11``

    Raises:
        BundleError: something cannot be fetched, or has to be compiled on the platform
    """
    tag = "cp" + python.replace(".", "")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _run([sys.executable, "-m", "venv", str(work / "venv")])
        command = [str(work / "venv/bin/python"), "-m", "pip", "download", "--quiet", "--quiet"]
        command += ["--disable-pip-version-check", "--no-deps", "--require-hashes"]
        command += ["--requirement", str(lock), "--dest", str(work / "files")]
        command += ["--python-version", python, "--implementation", "cp"]
        command += [word for abi in (tag, "abi3", "none") for word in ("--abi", abi)]
        command += [word for each in PLATFORMS[platform] for word in ("--platform", each)]
        _run(command)
        files = sorted((work / "files").iterdir())
        if compiled := [file.name for file in files if file.suffix != ".whl" and not _pure(file)]:
            raise BundleError(
                f"{', '.join(compiled)} would have to be compiled on {platform} with Python "
                f"{python}: the package index has no wheel for it",
                "make setup on such a machine, which needs its network and a C++ compiler",
            )
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            file.replace(folder / file.name)


def _pure(source: Path) -> bool:
    """Whether what is built from a package's source runs everywhere, as it was built here."""
    name = source.name.rpartition("-")[0]
    about = metadata.distribution(name).read_text("WHEEL") or ""
    return all(
        line.endswith("-none-any") for line in about.splitlines() if line.startswith("Tag: ")
    )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError(
            f"the packages could not be fetched: {done.stderr.strip()[-600:]}",
            "check the network connection, then: make bundle",
        )

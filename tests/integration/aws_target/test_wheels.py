"""The package index has the wheels that `pipeline.account.images` says it has.

Not from what lies in a cache: the image's Python and platform are others than this machine's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.account.images import TAGS, WHEELS, newest_with_wheels, python_of
from pipeline.sizes import Sizes
from tests.support import PROJECT

PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
"""Which Ubuntu 22.04, with glibc 2.35, takes (PEP 600)."""
PYTHONS = sorted({python for pythons in WHEELS.values() for python in pythons})


def resolved(python: str, requirements: Path, folder: Path) -> dict[str, str]:
    """File names of the wheels of a Python on the image's platform, by package.

    Raises:
        AssertionError: something has no wheel, or the index does not answer
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--report", "-"]
    command += ["--ignore-installed", "--only-binary", ":all:", "--target", str(folder / "x")]
    command += ["--python-version", python, "--implementation", "cp"]
    command += [word for platform in PLATFORMS for word in ("--platform", platform)]
    command += ["--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert done.returncode == 0, done.stderr
    return {
        found["metadata"]["name"]: found["download_info"]["url"].rpartition("/")[2]
        for found in json.loads(done.stdout)["install"]
    }


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
def test_all_that_the_model_requires_has_wheels(python: str, tmp_path: Path) -> None:
    """With all that this requires in turn; the default image's Python is one of these."""
    found = resolved(python, PROJECT / "models" / "requirements.txt", tmp_path)
    claimed = {package for package, pythons in WHEELS.items() if python in pythons}
    assert claimed <= found.keys()
    assert all(name.endswith(".whl") for name in found.values()), found


def test_the_default_images_python_is_tried() -> None:
    assert python_of(Sizes().framework_tag) in PYTHONS
    assert {python_of(tag) for tag in TAGS} <= set(PYTHONS)
    assert Sizes().framework_tag == newest_with_wheels()


@pytest.mark.slow
def test_what_has_no_wheel_is_found(tmp_path: Path) -> None:
    """There is source of this one, and no wheel for a Python that came after it."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("implicit==0.4.4\n")
    with pytest.raises(AssertionError, match="No matching distribution found for implicit"):
        resolved("3.12", requirements, tmp_path)

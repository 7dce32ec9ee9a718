"""The Docker tier fails, and says why, where it cannot run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import tier_of
from tests.support import PROJECT

SCRIPT = PROJECT / ".ci" / "docker"
PROGRAMS = ("bash", "cat", "dirname", "mktemp", "rm", "sed", "tail")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with what any machine has, and a make that has nothing to do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    for name, text in {"make": "exit 0", "id": "echo 1000"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def run(programs: Path) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    assert bash
    return subprocess.run(
        [bash, str(SCRIPT)],
        env={"PATH": str(programs), "TMPDIR": str(programs.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_an_engine_and_without_the_right_to_install_one(programs: Path) -> None:
    done = run(programs)
    assert done.returncode == 1
    assert done.stderr == "Docker tier: no dockerd here; install docker.io iptables\n"
    assert os.listdir(programs.parent) == ["bin"]  # noqa: PTH208 - nothing is left


def test_an_engine_that_ends_at_once(programs: Path) -> None:
    (programs / "dockerd").write_text("#!/bin/sh\necho no right to mount\nexit 1\n")
    (programs / "dockerd").chmod(0o755)
    sleep = shutil.which("sleep")
    assert sleep
    (programs / "sleep").symlink_to(sleep)
    done = run(programs)
    assert done.returncode == 1
    assert "Docker tier: the engine has ended: no right to mount\n" in done.stderr


def test_it_is_part_of_what_decides() -> None:
    assert ".ci/docker" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    assert SCRIPT.stat().st_mode & 0o100


def test_a_test_is_counted_in_its_innermost_tier() -> None:
    assert tier_of("tests/integration/container/test_image.py::test_x") == "docker"
    assert tier_of("tests/integration/host/test_x.py::test_x") == "integration"
    assert tier_of("tests/unit/test_x.py::test_x") == "unit"
    assert tier_of("elsewhere.py::test_x") == ""

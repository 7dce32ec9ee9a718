"""A copy of the clone, an empty HOME and no network but loopback: a bundle sets it up."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.pipeline.movielens_data import write_folder
from tests.support import PROJECT, free_port

pytestmark = [pytest.mark.large, pytest.mark.spark]

SECONDS = 1200
AT_ONCE = 300
"""Seconds within which a set-up that cannot succeed ends: a ceiling, since most of it is the making
of an empty environment, which took 18 s on a busy machine and 74 s on one that was overloaded."""


def unshare() -> list[str]:
    """The command before one that shall have loopback only; skips where there is none."""
    program = shutil.which("unshare")
    options = ["--net"] if os.geteuid() == 0 else ["--net", "--map-root-user"]
    up = "ip link set lo up"
    if not program or subprocess.run([program, *options, "sh", "-c", up], check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    return [program, *options, "sh", "-c"]


@dataclass
class Newcomer:
    """A copy of the clone as git has it, and an account that has nothing yet."""

    folder: Path

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    def copy(self) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        for name in filter(None, listed.split("\0")):
            source, target = PROJECT / name, self.clone / name
            if source.is_file():  # not one that was deleted and is not committed
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        (self.folder / "home").mkdir()

    def runs(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell's command in the clone, in a network of its own."""
        kept = ("PATH", "JAVA_HOME", "LANG")
        return subprocess.run(
            [*unshare(), f"ip link set lo up; {command}"],
            cwd=self.clone,
            env={
                **{name: os.environ[name] for name in kept if name in os.environ},
                "HOME": str(self.folder / "home"),
                "PYTHON": str(Path(sys.base_prefix) / "bin" / "python3"),
                "LAKE_PORT": str(free_port()),
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    made = Newcomer(tmp_path)
    unshare()
    made.copy()
    return made


def test_without_a_bundle_the_end_comes_at_once_and_names_it(newcomer: Newcomer) -> None:
    began = time.monotonic()
    done = newcomer.runs("make setup")
    assert time.monotonic() - began < AT_ONCE
    assert done.returncode
    assert "make setup BUNDLE=file" in done.stderr
    assert done.stderr.count("Retrying") <= 1
    assert "Traceback" not in done.stderr


def test_with_a_bundle_the_lake_runs(newcomer: Newcomer) -> None:
    bundle, data = newcomer.folder / "lake bundle.tar", newcomer.folder / "small"
    write_folder(data)
    (data / "README.txt").write_text("Made by a test; anybody may use it.\n", encoding="utf-8")
    made = subprocess.run(
        ["make", "bundle", f"TO={bundle}", f"MOVIELENS={data}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "make setup BUNDLE=lake bundle.tar" in made.stdout.replace("'", "")

    given = shlex.quote(f"BUNDLE={bundle}")
    setup = newcomer.runs(f"make setup {given}")
    assert setup.returncode == 0, setup.stdout + setup.stderr
    (place,) = newcomer.folder.glob("home/.cache/*/bundled/small")
    assert f"make local MOVIELENS={place}" in setup.stdout
    assert (place / "README.txt").is_file()
    assert not (newcomer.clone / ".lake" / "bundle").exists()

    # In one network: the emulator is reached by what follows.
    command = f"make local MOVIELENS={shlex.quote(str(place))}"
    local = newcomer.runs(f"{command}; code=$?; make down; exit $code")
    assert local.returncode == 0, local.stdout + local.stderr
    assert "What next:" in local.stdout

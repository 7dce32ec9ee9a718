"""The repository of a stranger passes with the fixtures, alone and under pytest-xdist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lakestack import paths
from lakestack.java import artifacts
from lakestack.tool import environment
from tests.integration.distribution.environments import Environment, build, copied

pytestmark = [pytest.mark.spark, pytest.mark.large]
REPOSITORY = Path(__file__).with_name("repository")
PASSED = re.compile(r"^(\d+) passed in", re.MULTILINE)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the emulator's environment is, as the lock would have made it."""
    if artifacts.missing():
        pytest.skip("Java artefacts: make setup")
    folder = tmp_path_factory.mktemp("cache")
    for name in ("java", "localstack"):
        (folder / name).symlink_to(paths.cache() / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_CACHE", str(folder))
        base = environment.folder()
    base.parent.mkdir()
    Environment(base, "lakestack[emulator,glue,sagemaker]")
    (base / environment.READY).touch()
    return folder


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel, boto3 and pytest, and nothing of LocalStack."""
    folder = tmp_path_factory.mktemp("stranger")
    build(copied(tmp_path_factory.mktemp("project")), folder, "--wheel")
    (wheel,) = folder.glob("*.whl")
    made = Environment(folder / "v", "lakestack", "pytest", "pytest-xdist").install(wheel)
    code = (
        "from importlib.util import find_spec as f; print([f(n) for n in ('localstack', 'psutil')])"
    )
    assert made.python("-c", code) == "[None, None]\n"
    return made


def suite(
    stranger: Environment, cache: Path, folder: Path, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the repository's tests; ``STRANGER_OPTIONS`` adds options, such as another mode."""
    work = Path(shutil.copytree(REPOSITORY, folder / "repository"))
    more = os.environ.get("STRANGER_OPTIONS", "").split()
    return subprocess.run(
        [str(stranger.bin / "python"), "-m", "pytest", "-q", *options, *more],
        env=stranger.variables(LAKE_CACHE=str(cache), **variables),
        cwd=work,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_the_repository_passes(
    stranger: Environment, cache: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    done = suite(stranger, cache, tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSED.findall(done.stdout) == ["5"], done.stdout


def test_without_java_it_says_so(stranger: Environment, cache: Path, tmp_path: Path) -> None:
    done = suite(stranger, cache, tmp_path, "-k", "ratings", JAVA_HOME="/nowhere")
    assert done.returncode == 1
    assert "no Java in JAVA_HOME=/nowhere; the emulator needs Java 17 to 21" in done.stdout
    assert "→ install Java 17 (Debian, Ubuntu: " in done.stdout
    assert "Traceback" not in done.stdout


def test_a_container_without_testcontainers_is_refused_with_the_command(
    stranger: Environment, cache: Path, tmp_path: Path
) -> None:
    done = suite(stranger, cache, tmp_path, "-k", "ratings", "--lake-mode", "container")
    assert done.returncode == 1
    assert "→ pip install 'lakestack[container]'" in done.stdout


def test_the_console_script_runs_in_the_emulators_environment(
    stranger: Environment, cache: Path
) -> None:
    done = subprocess.run(
        [str(stranger.bin / "lakestack"), "status", "--port", "4565"],
        env=stranger.variables(LAKE_CACHE=str(cache)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == (
        "lakestack: no emulator runs on port 4565\n  → lakestack start --port 4565\n"
    )

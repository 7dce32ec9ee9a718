"""Fixtures of all tests: a clean environment, and one emulator for the whole run of a worker."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import sampling, support


@pytest.fixture(scope="session", autouse=True)
def _no_user_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the user's AWS settings, home or LAKE_* variables."""
    kept = {n: os.environ.get(n) for n in ("LAKE_CACHE", "LAKE_TEST_ENDPOINT")}
    patch = pytest.MonkeyPatch()
    for name in list(os.environ):
        settings = ("AWS_", "LAKE_", "LOCALSTACK_", "SPARK_", "PYTEST_XDIST_")
        if name.startswith(settings) or name.lower().endswith("_proxy"):
            patch.delenv(name)
    patch.setenv("AWS_CONFIG_FILE", os.devnull)
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("LAKE_OFFLINE", "1")
    # Messages name `lake` by its path where the shell does not find it (`pipeline.text.pasteable`).
    patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    patch.setenv("LAKE_HOME", str(tmp_path_factory.mktemp("lake-home")))
    for name, value in kept.items():
        if value is not None:
            patch.setenv(name, value)
    # An account in process answers late on a busy machine, which is no reason to look for AWS.
    patch.setattr("pipeline.access._PROMPT", 60.0)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """URL of the emulator that all tests of this worker share.

    `LAKE_TEST_ENDPOINT` names one that already runs, which helps while a test is being written.
    """
    if url := os.environ.get("LAKE_TEST_ENDPOINT"):
        yield url
        return
    with support.emulator() as running:
        yield running.url


@pytest.fixture(scope="session")
def aws(emulator: str) -> Callable[[str], Any]:
    """Factory of boto3 clients at the emulator: ``aws("s3")``."""
    return support.clients(emulator)


@pytest.fixture
def name() -> str:
    """A name no other test uses; valid for buckets, tables, streams and jobs."""
    return support.unique("test")


@pytest.fixture
def bucket(aws: Callable[[str], Any], name: str) -> str:
    """An empty bucket."""
    aws("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def movielens() -> Path:
    """Folder of the real MovieLens files; the test is skipped where there are none."""
    found = support.movielens_folder()
    if found is None:
        pytest.skip("no MovieLens data: set MOVIELENS=<folder>")
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--sample",
        type=sampling.share,
        default=1.0,
        metavar="1/3",
        help="this share of the files of tests that are marked large, drawn by the commit",
    )


LEFT_OUT = pytest.StashKey[set[Path]]()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what the sample has not drawn."""
    return True if collection_path in config.stash[LEFT_OUT] else None


def pytest_configure(config: pytest.Config) -> None:
    """Let signals reach the tests and their programs, and examples take their time."""
    config.stash[LEFT_OUT] = sampling.left_out(support.PROJECT, config.getoption("sample"))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    hypothesis.settings.register_profile(
        "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("busy")


TIERS = {
    "unit": ("tests/unit/", ""),
    "contract": ("tests/contract/", ""),
    "integration": ("tests/integration/", ""),
    "docker": ("tests/integration/container/", "make test-docker"),
    "notebooks": ("tests/integration/notebooks/", "make test-notebooks"),
}
"""Folders of tests, the innermost last, and what runs a tier that is not run by all."""


SLOWEST_FILES, SLOW_FILE_SECONDS = 25, 20


def tier_of(place: str) -> str:
    """The tier of a test by its place."""
    return next((n for n, (folder, _) in reversed(TIERS.items()) if place.startswith(folder)), "")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which tiers have run, so that green means no more than it does, and what is slow."""
    done = [r for k in ("passed", "failed", "error") for r in terminalreporter.stats.get(k, [])]
    counts = Counter(tier_of(report.nodeid) for report in done)
    told = []
    for name, (_, command) in TIERS.items():
        how = f" ({command})" if command else ""
        told.append(f"{name} {counts[name]}" if counts[name] else f"{name} not run{how}")
    terminalreporter.write_line(f"tiers: {', '.join(told)}")
    if left_out := sorted(terminalreporter.config.stash[LEFT_OUT]):
        names = ", ".join(str(path.relative_to(support.PROJECT)) for path in left_out)
        terminalreporter.write_line(f"large files that this sample leaves out (make test): {names}")
    seconds: Counter[str] = Counter()
    for report in (*done, *terminalreporter.stats.get("", [])):  # which are set-ups and teardowns
        seconds[report.nodeid.partition("::")[0]] += getattr(report, "duration", 0)
    for file, took in seconds.most_common(SLOWEST_FILES):
        if took >= SLOW_FILE_SECONDS:
            terminalreporter.write_line(f"{took:>5.0f} s {file}")


@pytest.hookimpl(trylast=True)  # after pytest-randomly, whose order holds within a tier
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Label the tests by what they cost; begin with the slow ones, so that workers end together."""
    items.sort(key=lambda item: tier_of(item.nodeid) != "integration")
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "emulator" in fixtures:
            item.add_marker("emulator")
        if "movielens" in fixtures:
            item.add_marker("movielens")

"""Built once, installed once: into a base environment, and into one with what Glue needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakestack.java import artifacts
from tests.integration.distribution.environments import Environment, build, copied
from tests.integration.distribution.plain_runs import reported


@pytest.fixture(scope="package", autouse=True)
def _artifacts() -> None:
    if artifacts.missing():
        pytest.skip("Java artefacts: make setup")


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    build(copied(tmp_path_factory.mktemp("project")), folder, "--wheel", "--sdist")
    return folder


@pytest.fixture(scope="package")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="package")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """With LocalStack and the other packages that the emulator declares, without itself."""
    return Environment(tmp_path_factory.mktemp("base") / "v", "lakestack[emulator]")


@pytest.fixture(scope="package")
def without_emulator(
    _empty: Environment, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a LocalStack in that environment says of itself before the emulator is installed."""
    return reported(_empty, tmp_path_factory.mktemp("without"))


@pytest.fixture(scope="package")
def base(_empty: Environment, without_emulator: dict[str, Any], wheel: Path) -> Environment:
    """With the emulator alone."""
    assert without_emulator
    return _empty.install(wheel)


@pytest.fixture(scope="package")
def whole(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """With the emulator and what Glue needs."""
    return Environment(tmp_path_factory.mktemp("whole") / "v", "lakestack[glue]").install(wheel)

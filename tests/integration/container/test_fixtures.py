"""`LakeContainer`, alone and in the stranger's repository, also under pytest-xdist."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestack.errors import ContainerError, PortInUseError
from lakestack.testing import LakeContainer
from tests.integration.container.conftest import TIER, engine_variables
from tests.integration.distribution.environments import Environment, build, copied
from tests.integration.stranger.test_fixtures import PASSED, suite
from tests.support import free_port


@pytest.fixture(autouse=True)
def _without_reaper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel, its extra ``container`` and pytest; nothing of LocalStack."""
    assert TIER
    folder = tmp_path_factory.mktemp("stranger")
    build(copied(tmp_path_factory.mktemp("project")), folder, "--wheel")
    (wheel,) = folder.glob("*.whl")
    wanted = ("lakestack[container]", "pytest", "pytest-xdist")
    return Environment(folder / "v", *wanted).install(wheel)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_the_strangers_repository_passes(
    stranger: Environment, tmp_path: Path, options: tuple[str, ...]
) -> None:
    engine = {n: v for n, v in engine_variables().items() if "DOCKER" in n or "TEST" in n}
    done = suite(
        stranger,
        tmp_path / "no-cache",
        tmp_path,
        *options,
        *("--lake-mode", "container"),
        TESTCONTAINERS_RYUK_DISABLED="true",
        **engine,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSED.findall(done.stdout) == ["5"], done.stdout


def test_two_fixtures_on_one_port_are_told_apart() -> None:
    port = free_port()
    with LakeContainer(port=port) as first:
        assert first.url == f"http://127.0.0.1:{port}"
        queue = first.client("sqs").create_queue(QueueName="mine")["QueueUrl"]
        assert f":{port}/" in queue  # the port that this machine sees
        first.reset()
        assert "QueueUrls" not in first.client("sqs").list_queues()
        with pytest.raises(PortInUseError, match=f"port {port} is taken"), LakeContainer(port=port):
            pass


def test_an_image_that_is_nowhere() -> None:
    with pytest.raises(ContainerError) as raised, LakeContainer("lakestack:none"):
        pass
    assert "there is no image lakestack:none" in raised.value.message
    assert "docker build -f emulation/Dockerfile" in str(raised.value.hint)

"""`LakeContainer` with an engine that is none: what it asks for, and what it says when refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakestack.errors import ContainerError, LakeError, PortInUseError
from lakestack.testing import DataLake, LakeContainer
from tests.support import free_port
from tests.unit.testing.fake_engine import FakeEngine


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    fake = FakeEngine()
    monkeypatch.setenv("DOCKER_HOST", fake.url)
    # testcontainers reads its settings when it is imported.
    monkeypatch.setattr("testcontainers.core.config.testcontainers_config.ryuk_disabled", True)
    yield fake
    fake.stop()


def test_its_port_is_of_this_machine_alone_and_the_same_inside(engine: FakeEngine) -> None:
    with LakeContainer() as lake:
        assert isinstance(lake, DataLake)
        port = engine.published()
        assert lake.url == f"http://127.0.0.1:{port}"
        assert lake.env()["AWS_ENDPOINT_URL"] == lake.url
        bindings = engine.created[0]["HostConfig"]["PortBindings"]
        assert bindings == {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
        assert engine.variables()["LAKE_PORT"] == str(port)
        assert "LAKE_HOSTNAMES" not in engine.variables()
    assert engine.removed == 1


def test_a_port_and_settings_that_are_given(engine: FakeEngine) -> None:
    port = free_port()
    with LakeContainer(port=port).with_env("LAKE_SPARK_MEMORY", "1g"):
        assert engine.published() == port
        assert engine.variables()["LAKE_SPARK_MEMORY"] == "1g"


def test_an_engine_elsewhere_is_named_to_the_emulator(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "testcontainers.core.docker_client.DockerClient.host", lambda _: "engine.example"
    )
    lake = LakeContainer()
    assert dict(lake.ports) == {"4566/tcp": None}
    variables = dict(vars(lake)["env"])
    assert variables == {"LAKE_HOSTNAMES": "engine.example", "LAKE_PORT": "4566"}


TAKEN = "driver failed: Bind for 127.0.0.1:1 failed: port is already allocated"


def test_another_port_is_taken_when_the_chosen_one_is_gone(engine: FakeEngine) -> None:
    engine.refuses = [TAKEN]
    with LakeContainer() as lake:
        assert lake.url.endswith(f":{engine.published()}")
    assert len(engine.created) == 2
    assert len({str(each["HostConfig"]["PortBindings"]) for each in engine.created}) == 2
    assert engine.removed == 2


def test_a_given_port_that_is_taken(engine: FakeEngine) -> None:
    engine.refuses = [TAKEN]
    with pytest.raises(PortInUseError) as raised, LakeContainer(port=4999):
        pass
    assert raised.value.message.startswith("port 4999 is taken: ")
    assert raised.value.hint == "leave the port out: each fixture then takes a free one"
    assert engine.removed == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "pull access denied, repository does not exist"),
        (500, "dial tcp: lookup registry.example on 127.0.0.1:53: no such host"),
    ],
)
def test_an_image_that_is_not_there(engine: FakeEngine, status: int, said: str) -> None:
    engine.pull = (status, {"message": said})
    with pytest.raises(ContainerError) as raised, LakeContainer("lakestack:none"):
        pass
    assert raised.value.message.startswith("there is no image lakestack:none")
    assert "docker build -f emulation/Dockerfile" in str(raised.value.hint)
    assert engine.created == []


def test_a_container_that_ends_at_once_shows_its_log(engine: FakeEngine) -> None:
    engine.dies = True
    with pytest.raises(ContainerError) as raised, LakeContainer():
        pass
    assert "is exited and does not answer" in raised.value.message
    assert "no place for the emulator's state" in raised.value.message
    assert engine.removed == 1


def test_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(ContainerError) as raised, LakeContainer():
        pass
    assert raised.value.message.startswith("no container engine answers: ")
    assert "--lake-mode host" in str(raised.value.hint)


def test_one_that_is_not_started_has_no_address(engine: FakeEngine) -> None:
    with pytest.raises(LakeError, match="is not started"):
        _ = LakeContainer().url

"""These tests need an engine and the image, which .ci/docker brings.

Elsewhere they are skipped, and there they fail when either is missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

import pytest

from tests.support import PROJECT, free_port, wait_until

TIER = bool(os.environ.get("DOCKER_TIER"))
IMAGE = f"lakestack:{metadata.version('lakestack')}"
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "JAVA_HOME",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_BUILDKIT",
    "TESTCONTAINERS_HOST_OVERRIDE",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Label them, and leave them out where nobody has asked for the tier."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.docker)
            if not TIER:
                item.add_marker(pytest.mark.skip(reason="the Docker tier: make test-docker"))


def engine_variables() -> dict[str, str]:
    """What a command needs to find the engine, and nothing of the lake's settings."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


def run(
    *command: str,
    code: int | None = 0,
    timeout: float = 120,
    at: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in the clone; both streams come in the order in which they were written.

    Args:
        code: the exit code that is expected; None: any
        at: variables beside the engine's own
    """
    done = subprocess.run(
        command,
        env={**engine_variables(), "LAKE_OFFLINE": "1", **(at or {})},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    assert code is None or done.returncode == code, f"{command}\n{done.stdout}"
    return done


@pytest.fixture(scope="session", autouse=True)
def image() -> str:
    """The image of this version, which must be there."""
    if TIER:
        run("docker", "image", "inspect", IMAGE)
    return IMAGE


@pytest.fixture
def port() -> int:
    return free_port()


Started = Callable[..., str]


@pytest.fixture
def started(image: str) -> Iterator[Started]:
    """Starts containers of the image, ``started("--memory", "1g")``; they are removed again."""
    ids: list[str] = []

    def start(*options: str) -> str:
        ids.append(run("docker", "run", "--detach", *options, image).stdout.strip())
        return ids[-1]

    yield start
    for each in ids:
        with contextlib.suppress(AssertionError):
            run("docker", "rm", "--force", "--volumes", each)


def state(container: str) -> dict[str, object]:
    """What the engine says of a container's state."""
    found = json.loads(run("docker", "inspect", container).stdout)[0]["State"]
    assert isinstance(found, dict)
    return found


def healthy(container: str) -> None:
    """Wait until a container is."""

    def is_healthy() -> bool:
        found = state(container)
        assert found["Running"], run("docker", "logs", container).stdout
        health = found["Health"]
        return isinstance(health, dict) and health["Status"] == "healthy"

    wait_until(is_healthy, 90, what=f"health of {container}")


def ended(container: str) -> tuple[int, str]:
    """Wait until a container has ended; its exit code and log."""
    code = run("docker", "wait", container).stdout.strip()
    return int(code), run("docker", "logs", container).stdout

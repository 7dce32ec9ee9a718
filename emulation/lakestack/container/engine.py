"""The container engine, asked through its command line; what it refuses, and what to do then."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from lakestack.errors import ContainerError

SECONDS = 60.0
SAID_LINES = 8

WITHOUT = "or use none: leave DOCKER=1 (LAKE_DOCKER) out"
NO_COMMAND = f"install Docker Engine or Docker Desktop, {WITHOUT}"
NO_COMPOSE = f"install the Compose plugin, version 2 (docker-compose-plugin), {WITHOUT}"
NOT_RUNNING = (
    "start it: sudo systemctl start docker, or Docker Desktop; docker context ls and DOCKER_HOST "
    f"say which one is asked; {WITHOUT}"
)
NOT_ALLOWED = f"sudo usermod -aG docker {os.environ.get('USER') or '$USER'}, then log in again"
DISK_FULL = "see what takes it: docker system df; free what is unused: docker system prune"

_REFUSALS = (
    (r"is not a docker command|unknown command: docker compose|unknown shorthand flag", NO_COMPOSE),
    (r"permission denied.*docker(?:\.sock| daemon socket)", NOT_ALLOWED),
    (r"cannot connect to the docker daemon|error during connect|is the docker daemon", NOT_RUNNING),
    (r"no space left on device|disk quota exceeded", DISK_FULL),
    (
        r"read-only file system",
        "the engine's disk or the volume is read-only: docker info (Docker Root Dir), docker "
        "volume inspect",
    ),
    (
        r"exec format error|does not match the (?:specified|detected host) platform",
        "the image is for another kind of processor: build it here, docker compose build",
    ),
    (
        r"cannot allocate memory|minimum memory limit",
        "give the engine more memory (Docker Desktop: Settings, Resources), 4 GB for the lake",
    ),
    (
        r"no such image|pull access denied|manifest unknown|unable to find image",
        "build it: docker compose build",
    ),
)
"""What an engine says in which case (its own words, by docker 20.10 to 28), and the next step."""


def docker(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    timeout: float = SECONDS,
    shown: bool = False,
) -> str:
    """Run a docker command to its end; return what it printed.

    Args:
        environment: variables beside those of this process
        timeout: seconds
        shown: what it says aside goes to the terminal as it comes

    Raises:
        ContainerError: there is no such command, or it fails; names what to do
    """
    command = shutil.which("docker")
    if command is None:
        raise ContainerError("there is no docker command on this machine's PATH", NO_COMMAND)
    try:
        done = subprocess.run(
            [command, *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as e:
        raise ContainerError(
            f"docker {arguments[0]} did not end within {timeout:g} s", NOT_RUNNING
        ) from e
    except OSError as e:
        raise ContainerError(f"{command} does not run: {e.strerror}", NO_COMMAND) from e
    if done.returncode:
        raise refusal(arguments, (done.stderr or "") + (done.stdout or ""))
    return done.stdout or ""


def refusal(arguments: tuple[str, ...], said: str) -> ContainerError:
    """The error for a command that failed, by what it said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = "; ".join(lines[-SAID_LINES:]) or "it said nothing"
    hint = next((fix for words, fix in _REFUSALS if re.search(words, said, re.IGNORECASE)), None)
    named = " ".join(word for word in arguments[:2] if not word.startswith("-"))
    return ContainerError(f"docker {named} failed: {text}", hint or "docker info; make doctor")


def objects(text: str) -> list[dict[str, Any]]:
    """What an ``inspect`` or ``info`` printed."""
    found = json.loads(text or "[]")
    return found if isinstance(found, list) else [found]


def information() -> dict[str, Any]:
    """What the engine says of itself: ``ServerVersion``, ``Architecture``, ``MemTotal`` (bytes).

    Raises:
        ContainerError: none answers
    """
    (found,) = objects(docker("info", "--format", "{{json .}}"))
    if wrong := found.get("ServerErrors"):  # some versions tell it so, with code 0
        raise refusal(("info",), "\n".join(wrong))
    return found


def compose_version() -> str:
    """The version of the Compose plugin.

    Raises:
        ContainerError: there is none, or one before version 2
    """
    version = docker("compose", "version", "--short").strip()
    if not version.lstrip("v").startswith("2") and version.split(".")[0].lstrip("v") in ("0", "1"):
        raise ContainerError(f"the Compose plugin is version {version}, needed: 2", NO_COMPOSE)
    return version


ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def architecture(name: str) -> str:
    """An architecture as images spell it."""
    return ARCHITECTURES.get(name, name)


def image(name: str) -> dict[str, Any] | None:
    """What the engine knows of an image; None when it is not there.

    Raises:
        ContainerError: the engine does not answer
    """
    if not docker("image", "ls", "--quiet", name).strip():
        return None
    return objects(docker("image", "inspect", name))[0]

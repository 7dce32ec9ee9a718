"""Start, find and stop the emulator's container of a port."""

from __future__ import annotations

import http.client
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from lakestack import commands, paths
from lakestack.container import engine
from lakestack.errors import ContainerError, FrozenError, PortInUseError, StartError
from lakestack.host import liveness
from lakestack.host.process import POLL_SECONDS, require_free
from lakestack.instance import Running
from lakestack.ports import DEFAULT_PORT

START_SECONDS = 120.0
BUILD_SECONDS = 3600.0
LABEL = "lakestack.port"
LOG_LINES = 15
DISTRIBUTION = "lakestack"


def image_name() -> str:
    """The image of this version, or LAKE_IMAGE."""
    return os.environ.get("LAKE_IMAGE") or f"{DISTRIBUTION}:{metadata.version(DISTRIBUTION)}"


def volume_name(port: int) -> str:
    """The volume of a port's container, as Compose names it."""
    return f"lakestack-{port}_state"


@dataclass(frozen=True)
class ContainerEmulator:
    """The emulator's container of one port, running or not.

    Args:
        port: on 127.0.0.1, and inside
        notice: is told what is going on while an image is built
    """

    port: int = DEFAULT_PORT
    notice: Callable[[str], None] = lambda _: None

    def inspected(self) -> dict[str, Any] | None:
        """What the engine says of the container, running or ended; None without one.

        Raises:
            ContainerError: no engine answers
        """
        listed = engine.docker("ps", "--all", "--quiet", f"--filter=label={LABEL}={self.port}")
        ids = listed.split()
        found = engine.objects(engine.docker("inspect", *ids)) if ids else []
        found.sort(key=lambda each: (not each["State"]["Running"], each["Id"]))
        return found[0] if found else None

    def find(self) -> Running | None:
        """The running container, or None."""
        found = self.inspected()
        return self._running(found) if found and found["State"]["Running"] else None

    def look(self) -> tuple[Running, dict[str, Any]] | None:
        """The running container and what the emulator says of its health, or None.

        Raises:
            FrozenError: it runs and does not answer
            ContainerError: no engine answers
        """
        found = self.inspected()
        if not found or not found["State"]["Running"]:
            return None
        running = self._running(found)
        if found["State"].get("Paused"):
            raise self._frozen(running, "it is paused", f"docker unpause {running.container}")
        try:
            return running, liveness.document(self.port)
        except (OSError, http.client.HTTPException) as e:
            why = _probed(found) or str(e)
            raise self._frozen(running, why, commands.end(self.port)) from e

    def _frozen(self, running: Running, why: str, command: str) -> FrozenError:
        return FrozenError(
            f"the emulator ({running.where}) runs but does not answer on port {self.port}: {why}",
            command,
            {"running": True, "answers": False, "port": self.port, "pid": running.pid},
        )

    def start(self, timeout: float = START_SECONDS) -> tuple[Running, bool]:
        """Return the container and whether this call started it; the image is built if need be.

        Raises:
            ContainerError: no engine, no Compose, no image or one for another processor
            PortInUseError: another program listens on the port
            StartError: it ended or stayed silent
            FrozenError: it runs already and does not answer
        """
        if found := self.look():
            return found[0], False
        information = engine.information()
        engine.compose_version()
        self._require_image(information)
        require_free(self.port)
        try:
            self._compose("up", "--detach", "--no-build", "emulator", timeout=timeout)
        except ContainerError as e:
            if re.search(r"already allocated|already in use|not available", e.message):
                raise PortInUseError(
                    f"port {self.port} is taken: {e.message}",
                    f"stop that program, or choose another port: {commands.at_port(self.port + 1)}",
                ) from e
            raise
        return self._await_ready(timeout), True

    def stop(self) -> bool:
        """Remove the container, with all that runs in it; its volume stays.

        Returns:
            whether there was one
        """
        if self.inspected() is None:
            return False
        self._compose("down")
        return True

    def build(self) -> None:
        """Build the image; what the builder says goes to the terminal.

        Raises:
            ContainerError: it failed
        """
        try:
            self._compose("build", "emulator", timeout=BUILD_SECONDS, shown=True)
        except ContainerError as e:
            raise ContainerError(
                f"the image {image_name()} was not built; what the builder said is above", e.hint
            ) from e

    def logs(self, lines: int, follow: bool) -> None:
        """Print the end of the container's log, which goes on as it grows until Ctrl-C."""
        found = self.inspected()
        if found is None:
            raise ContainerError(
                f"there is no container of port {self.port}", commands.start(self.port)
            )
        options = ["--follow"] if follow else []
        engine.docker("logs", "--tail", str(lines), *options, found["Id"], timeout=1e6, shown=True)

    def _require_image(self, information: dict[str, Any]) -> None:
        name = image_name()
        image = engine.image(name)
        if image is None:
            self.notice(f"building the image {name} (once; minutes)")
            self.build()
            image = engine.image(name)
        here = engine.architecture(information.get("Architecture", ""))
        if image and here and image["Architecture"] != here:
            raise ContainerError(wrong_architecture(name, image["Architecture"], here), REBUILD)

    def _compose(self, *arguments: str, timeout: float = 60.0, shown: bool = False) -> str:
        return engine.docker(
            "compose",
            f"--file={compose_file()}",
            *arguments,
            environment={"LAKE_PORT": str(self.port), "LAKE_IMAGE": image_name()},
            timeout=timeout,
            shown=shown,
        )

    def _await_ready(self, timeout: float) -> Running:
        deadline = time.monotonic() + timeout
        while not liveness.answers(self.port):
            found = self.inspected()
            if found is None or not found["State"]["Running"]:
                raise self._ended(found)
            if time.monotonic() > deadline:
                raise StartError(
                    f"no answer within {timeout:g} s: {_probed(found) or 'it is silent'}"
                    f"{self._tail(found)}",
                    f"docker logs {found['Id'][:12]}",
                )
            time.sleep(POLL_SECONDS)
        running = self.find()
        if running is None:
            raise self._ended(self.inspected())
        return running

    def _ended(self, found: dict[str, Any] | None) -> StartError:
        if found is None:
            return StartError("the container is gone", "docker events --since 5m")
        state = found["State"]
        if state.get("OOMKilled"):
            return StartError(
                "the container has used up its memory and was killed",
                "let it have more: mem_limit in docker-compose.yml, the engine's own memory in "
                "Docker Desktop's settings",
            )
        return StartError(
            f"the container ended with code {state.get('ExitCode')}"
            f"{': ' + state['Error'] if state.get('Error') else ''}{self._tail(found)}",
            f"docker logs {found['Id'][:12]}",
        )

    @staticmethod
    def _tail(found: dict[str, Any]) -> str:
        import subprocess  # both streams, in the order in which they were written

        said = subprocess.run(
            ["docker", "logs", "--tail", str(LOG_LINES), found["Id"]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        ).stdout.rstrip()
        return "; the end of its log:\n  " + said.replace("\n", "\n  ") if said else ""

    def _running(self, found: dict[str, Any]) -> Running:
        state = found["State"]
        return Running(int(state["Pid"]), _seconds(state["StartedAt"]), self.port, found["Id"][:12])


REBUILD = "build it for this one: docker compose build"


def wrong_architecture(name: str, image: str, here: str) -> str:
    """What is wrong with an image for another processor."""
    return f"the image {name} is for {image}, and the engine runs on {here}"


def compose_file() -> Path:
    """docker-compose.yml of the clone.

    Raises:
        ContainerError: this is no clone
    """
    clone = paths.checkout()
    if clone is None:
        raise ContainerError(
            "docker-compose.yml is in a clone of the project, and this is none",
            f"docker run --publish 127.0.0.1:4566:4566 {image_name()}",
        )
    return clone / "docker-compose.yml"


def _probed(found: dict[str, Any]) -> str:
    """What the last failed health check said."""
    log = (found["State"].get("Health") or {}).get("Log") or []
    return next((str(e["Output"]).strip() for e in reversed(log) if e.get("ExitCode")), "")


def _seconds(text: str) -> float:
    """An engine's time, which has nanoseconds, as seconds since 1970."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{rest[:9] or 0}")


def to_stderr(text: str) -> None:
    """Tell whoever looks at the terminal."""
    print(text, file=sys.stderr, flush=True)

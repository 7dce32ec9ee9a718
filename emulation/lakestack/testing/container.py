"""A lake in a container, by testcontainers."""

from __future__ import annotations

import contextlib
import time
from importlib import metadata
from typing import Any

from lakestack.errors import ContainerError, LakeError, PortInUseError
from lakestack.ports import free_port
from lakestack.testing import http
from lakestack.testing.operations import ACCOUNT, POLL_SECONDS, REGION, LakeOperations

try:
    from docker.errors import APIError, DockerException, ImageNotFound
    from testcontainers.core.container import DockerContainer
except ModuleNotFoundError as e:
    raise ContainerError(
        f"a container needs {e.name}, which is not installed", "pip install 'lakestack[container]'"
    ) from e

PORT = 4566
HEALTH = "/_localstack/health"
READY_SECONDS = 120.0
TRIES = 3
LOG_CHARACTERS = 2000
LOCAL = ("localhost", "127.0.0.1", "::1")


class _Variables(dict[str, str]):
    """The container's variables, which testcontainers keeps where a lake has a method."""

    def __init__(self, lake: LakeOperations) -> None:
        super().__init__()
        self._lake = lake

    def __call__(self) -> dict[str, str]:
        return LakeOperations.env(self._lake)


class LakeContainer(LakeOperations, DockerContainer):
    """The emulator in a container of its own, empty, which ends with the block.

    It is a testcontainers `DockerContainer`: ``with_env``, ``with_network`` and the others work.
    What runs in it reaches this machine as ``host.docker.internal``.

    Args:
        image: None: ``lakestack:<version>``
        port: on this machine, and inside, so that addresses in answers are true; None: one that is
            free. An engine elsewhere chooses one
        region: of the clients
        account: of the clients
        options: of `DockerContainer`

    Raises:
        ContainerError: no engine answers
    """

    def __init__(
        self,
        image: str | None = None,
        *,
        port: int | None = None,
        region: str = REGION,
        account: str = ACCOUNT,
        **options: Any,
    ) -> None:
        self.region, self.account = region, account
        try:
            super().__init__(image or default_image(), **options)
        except DockerException as e:
            raise _no_engine(e) from e
        variables = _Variables(self)
        variables.update(vars(self)["env"])
        self.env = variables  # type: ignore[method-assign]
        self._given_port, self._inside = port, PORT
        self._engine = self.get_docker_client().host()
        self._publish()
        self._kwargs.setdefault("extra_hosts", {"host.docker.internal": "host-gateway"})

    @property
    def url(self) -> str:
        """Where it is.

        Raises:
            LakeError: it is not started
        """
        if self._container is None:
            raise LakeError("the lake is not started", "use it as `with LakeContainer() as lake:`")
        if self._engine in LOCAL:
            return f"http://127.0.0.1:{self._inside}"
        return f"http://{self.get_container_host_ip()}:{self._get_exposed_port(PORT)}"

    def start(self) -> LakeContainer:
        """Start it and wait until it answers.

        Raises:
            ContainerError: there is no such image, or it does not get ready
            PortInUseError: another program has the port
        """
        for left in reversed(range(TRIES)):
            try:
                return self._start()
            except PortInUseError:
                if self._given_port is not None or left == 0:
                    raise
                self._publish()  # between its choice and its use another program took the port
        raise AssertionError("unreachable")

    def _publish(self) -> None:
        """Choose the port, and tell the emulator of it and of names that are not loopback's."""
        self.ports.clear()
        if self._engine in LOCAL:
            self._inside = free_port() if self._given_port is None else self._given_port
            here = ("127.0.0.1", self._inside)
            self.ports[f"{self._inside}/tcp"] = here  # type: ignore[assignment]
        else:  # it is not reached by its loopback address
            self.ports[f"{PORT}/tcp"] = self._given_port  # type: ignore[assignment]
            self.env["LAKE_HOSTNAMES"] = self._engine  # type: ignore[index]
        self.env["LAKE_PORT"] = str(self._inside)  # type: ignore[index]

    def _start(self) -> LakeContainer:
        try:
            super().start()
            self._await_ready()
        except ImageNotFound as e:
            self._discard()
            raise self._no_image(e) from e
        except APIError as e:
            self._discard()
            raise self._refused(e) from e
        except DockerException as e:
            self._discard()
            raise _no_engine(e) from e
        except BaseException:
            self._discard()
            raise
        return self

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(LakeError):
                http.call(f"{self.url}{HEALTH}", "GET")
                return
            self.reload()
            if self.status not in ("created", "running") or time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        log = b"".join(self.get_logs()).decode(errors="replace")[-LOG_CHARACTERS:]
        raise ContainerError(
            f"the container of {self.image} is {self.status} and does not answer; the end of its "
            f"log:\n{log}",
            "docker info (memory of the engine), or another image: --lake-image",
        )

    def _discard(self) -> None:
        with contextlib.suppress(DockerException):
            self.stop()
        self._container = None

    def _no_image(self, error: Exception) -> ContainerError:
        return ContainerError(
            f"there is no image {self.image}, neither here nor where the engine looks: {error}",
            "build it in a clone: docker build -f emulation/Dockerfile -t "
            f"{default_image()} .  or name yours: --lake-image NAME, LakeContainer('NAME'); where "
            "the image of Ryuk is what is missing: TESTCONTAINERS_RYUK_DISABLED=true",
        )

    def _has_image(self) -> bool:
        with contextlib.suppress(DockerException):
            self.get_docker_client().client.images.get(self.image)
            return True
        return False

    def _refused(self, error: APIError) -> Exception:
        text = str(error.explanation or error)
        if "already allocated" in text or "already in use" in text:
            return PortInUseError(
                f"port {self._given_port} is taken: {text}",
                "leave the port out: each fixture then takes a free one",
            )
        if not self._has_image():  # and it cannot be pulled: whatever the engine says of that
            return self._no_image(error)
        return ContainerError(
            f"the engine refuses the container of {self.image}: {text}", "docker info"
        )

    def __enter__(self) -> LakeContainer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def default_image() -> str:
    """The image of this version."""
    return f"lakestack:{metadata.version('lakestack')}"


def _no_engine(error: Exception) -> ContainerError:
    return ContainerError(
        f"no container engine answers: {error}",
        "start it (sudo systemctl start docker, or Docker Desktop; DOCKER_HOST names another), or "
        "use no container: --lake-mode host, Lake()",
    )

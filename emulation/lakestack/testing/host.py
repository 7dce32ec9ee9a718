"""A lake on this machine: an emulator of the test suite's own, without Docker."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from lakestack import paths, ports
from lakestack.errors import LakeError, PortInUseError
from lakestack.testing.operations import ACCOUNT, REGION, LakeOperations

if TYPE_CHECKING:
    from lakestack.tool.client import Held


def to_stderr(text: str) -> None:
    """Tell whoever looks at the terminal."""
    print(f"lakestack: {text}", file=sys.stderr, flush=True)


class Lake(LakeOperations):
    """An emulator on this machine, which ends with the block or with the process.

    The first one on a machine installs what the emulator needs, and tells of it.

    Args:
        port: on 127.0.0.1; None: one that is free
        state: folder of a state to begin with, which is kept there; None: it begins empty
        region: of the clients
        account: of the clients
        notice: is told what is going on while something is installed
    """

    def __init__(
        self,
        port: int | None = None,
        *,
        state: str | os.PathLike[str] | None = None,
        region: str = REGION,
        account: str = ACCOUNT,
        notice: Callable[[str], None] = to_stderr,
    ) -> None:
        self.region, self.account = region, account
        self._port = None if port is None else ports.parse(port)
        self._state = paths.absolute(state)
        self._notice = notice
        self._held: Held | None = None

    @property
    def url(self) -> str:
        """Where it is.

        Raises:
            LakeError: it is not started
        """
        if self._held is None:
            raise LakeError("the lake is not started", "use it as `with Lake() as lake:`")
        return self._held.running.url

    def start(self) -> Lake:
        """Start it, unless it is started.

        Raises:
            PortInUseError: another program, or another fixture, has the port
            InstallError: the emulator's environment cannot be made
            SnapshotError: the state is refused, and kept aside; or another lake keeps it
            EmulationError: as `lakestack.start`
        """
        from lakestack.tool.client import Held

        if self._held is None:
            try:
                self._held = Held(self._port, self._notice, state=self._state)
            except PortInUseError as e:
                raise PortInUseError(
                    f"{e.message}: two fixtures, or a fixture and another program, on one port",
                    "leave the port out (Lake(), pytest without --lake-port): each then takes a "
                    "free one; to use an emulator that runs: RunningLake, --lake-mode running",
                ) from e
        return self

    def stop(self) -> None:
        """End it and all that it started; nothing when it is not started."""
        held, self._held = self._held, None
        if held:
            held.stop()

    def __enter__(self) -> Lake:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

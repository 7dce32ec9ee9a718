"""Errors of the emulator.

EmulationError
├── ArchiveError         a zip or tar file is damaged, refused, or (TooLargeError) too large;
│                        in `lakestack.archives`
├── ArtifactError        a Java artefact is missing, or its checksum is wrong
├── JavaError            no usable Java
├── PatchError           what we change in another package is not what it was
├── PortError            a number that is no port
├── PortInUseError       something else listens on the gateway's port
├── SettingError         an environment variable's value is not valid
├── StateError           what a service holds is asked for or put back wrongly, or (SnapshotError)
│                        is more than data
├── StartError           the emulator did not become ready
├── NotRunningError      an operation needs a running emulator
├── FrozenError          the emulator's process lives but does not answer
└── UnhealthyError       the emulator answers, and something in it has to be mended

Services inside the emulator answer with AWS's own error codes instead (`lakestack.services.base`).
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ArtifactError",
    "EmulationError",
    "FrozenError",
    "JavaError",
    "NotRunningError",
    "PatchError",
    "PortError",
    "PortInUseError",
    "SettingError",
    "SnapshotError",
    "StartError",
    "StateError",
    "UnhealthyError",
]


class EmulationError(Exception):
    """Base of all errors that a user of the emulator can meet.

    Args:
        message: what was received and what is valid, one sentence
        hint: the next command to type, or None
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ArtifactError(EmulationError):
    """A Java artefact cannot be had, or is not the one this project was tested with."""


class JavaError(EmulationError):
    """Java is absent or older than 17."""


class PatchError(EmulationError):
    """What we replace in another package is gone or has changed, or is declared nowhere."""


class PortError(EmulationError):
    """What was given as a port is none."""


class PortInUseError(EmulationError):
    """The gateway's port belongs to another program."""


class SettingError(EmulationError):
    """An environment variable has a value that it does not take."""


class StateError(EmulationError):
    """There is no such store, or a document is not one of its snapshots."""


class SnapshotError(StateError):
    """A service holds something that cannot be saved as data, such as a running job."""


class StartError(EmulationError):
    """LocalStack ended or stayed silent instead of becoming ready."""


class _DocumentError(EmulationError):
    """An error with what ``--json`` prints beside it.

    Args:
        document: that
    """

    def __init__(self, message: str, hint: str, document: dict[str, Any] | None = None) -> None:
        super().__init__(message, hint)
        self.document = document


class NotRunningError(_DocumentError):
    """There is no emulator at this home and port."""


class FrozenError(_DocumentError):
    """The emulator is there and says nothing: stopped by a signal, or deadlocked."""


class UnhealthyError(_DocumentError):
    """An engine of the emulator is silent or down, or what it held is lost."""

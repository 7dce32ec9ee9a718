"""Errors of the emulator.

EmulationError
├── ArchiveError         a zip or tar file is damaged, refused, or (TooLargeError) too large;
│                        in `lakestack.archives`
├── AgentError           the emulator's own environment answers with something else than it should
├── ArtifactError        a Java artefact is missing, or its checksum is wrong
├── BundleError          a bundle for machines without a network cannot be made
├── CheckError           something that a Glue job uses is refused here
├── ClusterError         the Spark cluster of Glue jobs is not there, or not as it has to be
├── ContainerError       no container engine, no such image, or a container that does not get ready
├── InstallError         the emulator's own environment cannot be made
├── JavaError            no usable Java
├── JobFailedError       a Glue job that a fixture has run did not succeed
├── LakeError            a fixture is used wrongly, or what it asks for is refused
├── PatchError           what we change in another package is not what it was
├── PortError            a number that is no port
├── PortInUseError       something else listens on the gateway's port
├── SettingError         an environment variable's value is not valid
├── StateError           what a service holds is asked for or put back wrongly, or (SnapshotError)
│                        is more than data
├── StartError           the emulator did not become ready
├── NotRunningError      an operation needs a running emulator
├── FrozenError          the emulator's process lives but does not answer
└── UnhealthyError       the emulator answers, and something in it has to be fixed

Services inside the emulator answer with AWS's own error codes instead (`lakestack.services.base`).
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AgentError",
    "ArtifactError",
    "BundleError",
    "CheckError",
    "ClusterError",
    "ContainerError",
    "EmulationError",
    "FrozenError",
    "InstallError",
    "JavaError",
    "JobFailedError",
    "LakeError",
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


class AgentError(EmulationError):
    """The process in the emulator's own environment ended, or said something unexpected."""


class ArtifactError(EmulationError):
    """A Java artefact cannot be had, or is not the one this project was tested with."""


class BundleError(EmulationError):
    """What a bundle should have cannot be had, or may not be passed on as it is."""


class ClusterError(EmulationError):
    """Spark's master does not answer, has no worker, or does not know us."""


class ContainerError(EmulationError):
    """A container with the emulator cannot be had: engine, image, port or its start."""


class InstallError(EmulationError):
    """The emulator's own environment cannot be made: no interpreter, no index, no space."""


class JavaError(EmulationError):
    """Java is absent or older than 17."""


class JobFailedError(EmulationError):
    """A Glue job of `lakestack.testing` ended without success; its log is in the message."""


class LakeError(EmulationError):
    """A fixture of `lakestack.testing` got something that it does not take."""


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


class CheckError(_DocumentError):
    """Something that a Glue job uses is refused here."""


class UnhealthyError(_DocumentError):
    """An engine of the emulator is silent or down, or what it held is lost."""

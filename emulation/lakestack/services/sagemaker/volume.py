"""The storage volume of a training job or endpoint instance, which an archive can fill.

Amazon SageMaker API Reference, "ResourceConfig": VolumeSizeInGB holds what is downloaded and
what is unpacked. Here it is a count of bytes; what the script itself writes is not counted.
"""

from __future__ import annotations

from lakestack.services.sagemaker.objects import DownloadError

GIGABYTE = 1 << 30
DEFAULT_GIGABYTES = 30
"""Of a volume whose size is not given: our guess."""


class VolumeFullError(DownloadError):
    """What was to be stored is larger than what is left of the volume."""


class Volume:
    """Bytes that are left. Not thread-safe: one thread prepares a job.

    Args:
        gigabytes: VolumeSizeInGB
    """

    def __init__(self, gigabytes: int | None) -> None:
        self.gigabytes = gigabytes or DEFAULT_GIGABYTES
        self.left = self.gigabytes * GIGABYTE

    def take(self, size: int, what: str) -> None:
        """Store `size` bytes.

        Raises:
            VolumeFullError: there is no space for them
        """
        if size > self.left:
            raise self.full(what)
        self.left -= size

    def full(self, what: str) -> VolumeFullError:
        """The error that says so."""
        return VolumeFullError(
            f"No space left on device: {what} does not fit on the volume of "
            f"{self.gigabytes} GB (VolumeSizeInGB)"
        )

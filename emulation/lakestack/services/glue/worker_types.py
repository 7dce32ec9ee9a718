"""What workers of AWS Glue have.

AWS Glue Developer Guide, "Defining job properties for Spark jobs".
"""

from __future__ import annotations

from typing import NamedTuple

GIB = 1024  # MiB


class WorkerType(NamedTuple):
    """One type.

    Attributes:
        dpus: what a worker counts for in MaxCapacity; of R and Z types memory-optimized ones
        memory: MiB
    """

    dpus: float
    vcpus: int
    memory: int


WORKER_TYPES = {
    "Standard": WorkerType(1.0, 4, 16 * GIB),
    "G.025X": WorkerType(0.25, 2, 4 * GIB),
    "G.1X": WorkerType(1.0, 4, 16 * GIB),
    "G.2X": WorkerType(2.0, 8, 32 * GIB),
    "G.4X": WorkerType(4.0, 16, 64 * GIB),
    "G.8X": WorkerType(8.0, 32, 128 * GIB),
    "G.12X": WorkerType(12.0, 48, 192 * GIB),
    "G.16X": WorkerType(16.0, 64, 256 * GIB),
    "R.1X": WorkerType(1.0, 4, 32 * GIB),
    "R.2X": WorkerType(2.0, 8, 64 * GIB),
    "R.4X": WorkerType(4.0, 16, 128 * GIB),
    "R.8X": WorkerType(8.0, 32, 256 * GIB),
    "Z.2X": WorkerType(2.0, 8, 64 * GIB),
}

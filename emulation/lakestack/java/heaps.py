"""How much memory the emulator's Java processes may take, and the settings for it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from lakestack.errors import StartError

_SIZE = re.compile(r"([1-9]\d{0,5})([mg])", re.ASCII | re.IGNORECASE)


def mebibytes(text: str) -> int | None:
    """A size as Java's -Xmx takes it, such as ``1536m`` or ``2g``; None where it is none."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * (1024 if match[2].lower() == "g" else 1) if match else None


@dataclass(frozen=True)
class Heap:
    """The heap of one Java process.

    Args:
        variable: the environment variable that sets it
        default: as Java's -Xmx takes it
        process: which one it belongs to, for messages
        least: mebibytes that it needs to start at all
    """

    variable: str
    default: str
    process: str
    least: int

    def size(self) -> str:
        """What -Xmx gets, for example ``1536m``.

        Raises:
            StartError: the variable holds something else
        """
        text = os.environ.get(self.variable) or self.default
        if (mebibytes(text) or 0) < self.least:
            raise StartError(
                f"{self.variable} is {text!r}; valid: a size from {self.least}m on, as 1536m or 2g",
                f"unset {self.variable}, or give it a size: {self.variable}={self.default}",
            )
        return text.lower()

    def hint(self) -> str:
        """Say who needs how much, and what lowers it."""
        return f"{self.process} may take {self.size()} of heap; {self.variable} lowers it"


DYNAMODB = Heap("LAKE_DYNAMODB_HEAP", "1g", "DynamoDB Local", least=256)
# Spark refuses a driver whose JVM reports less than 471,859,200 bytes (INVALID_DRIVER_MEMORY), and
# a JVM reports some per cent less than its -Xmx.
SPARK = Heap("LAKE_SPARK_MEMORY", "1536m", "the Spark driver of each Glue job run", least=512)

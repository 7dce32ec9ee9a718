"""`GlueContext.getSource`: a source whose format is set before it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .dynamicframe import DynamicFrame
from .errors import NamesWhatIsMissing


class DataSource(NamesWhatIsMissing):
    """Where `getFrame` reads.

    Args:
        read: makes the frame, of a format and its options
    """

    aws_name = "DataSource"

    def __init__(self, read: Callable[[str | None, Mapping[str, Any]], DynamicFrame]) -> None:
        self._read = read
        self._format: str | None = None
        self._options: dict[str, Any] = {}

    def setFormat(self, format: str, **options: Any) -> None:  # noqa: A002, N802 - AWS's names
        """Set the format and its options."""
        self._format, self._options = format, options

    def getFrame(self, **options: Any) -> DynamicFrame:  # noqa: N802
        """Read the records; options are those of the format."""
        return self._read(self._format, {**self._options, **options})

"""Where a command takes its data from, read once however often it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.data.dataset import Dataset, Kind
from pipeline.data.loading import Notice, Progress, load_dataset, remembered, silent

__all__ = ["Source"]


@dataclass
class Source:
    """A data source.

    Attributes:
        given: folder or zip of MovieLens files, None for the best to be had without
        cache: folder of cleaned files
    """

    given: str | None
    cache: Path
    _loaded: Dataset | None = field(default=None, init=False, repr=False)

    def go_on(self, fingerprint: str, origin: str, kind: Kind) -> None:
        """Take what a lake was filled with, when nothing is given and the cache still has it."""
        if self.given is None and self._loaded is None:
            self._loaded = remembered(self.cache, fingerprint, origin, kind)

    def load(self, notice: Notice, progress: Progress | None = None) -> Dataset:
        """The data.

        Args:
            notice: told, the first time, of what is read and rejected
            progress: told, the first time, how far the reading is

        Raises:
            DataError: as `load_dataset`
        """
        if self._loaded is None:
            self._loaded = load_dataset(self.given, self.cache, notice, progress=progress or silent)
        return self._loaded

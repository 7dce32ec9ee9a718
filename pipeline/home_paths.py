"""Paths as people write them, with a home folder's short name."""

from __future__ import annotations

from pathlib import Path

__all__ = ["in_home"]


def in_home(given: str | Path) -> Path:
    """A path with `~` or `~name` replaced; of somebody unknown here it stays as it was given."""
    path = Path(given)
    try:
        return path.expanduser()
    except RuntimeError:
        return path

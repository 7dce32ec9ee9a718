"""Where downloads and cleaned data are kept."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """``LAKE_CACHE``, or the user's cache folder; in it ``data``."""
    given = os.environ.get("LAKE_CACHE")
    return Path(given or platformdirs.user_cache_path("emulated-data-lake")) / "data"

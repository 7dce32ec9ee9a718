"""Where the emulator keeps its files: state below LAKE_HOME, downloads below LAKE_CACHE."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PROJECT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Folder of running state (`$LAKE_HOME`, else `.lake` in the project)."""
    return Path(os.environ.get("LAKE_HOME") or PROJECT / ".lake").absolute()


def cache() -> Path:
    """Folder of checked downloads that outlive a clone (`$LAKE_CACHE`, else the user's cache)."""
    chosen = os.environ.get("LAKE_CACHE")
    return Path(chosen or platformdirs.user_cache_path("emulated-data-lake")).absolute()

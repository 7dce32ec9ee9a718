"""Versions of what a model was made with."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from recommender import __version__

LIBRARIES = ("implicit", "numpy", "scipy", "pandas", "threadpoolctl")


def library_versions() -> dict[str, str]:
    """Name → version of Python, this package and the libraries of requirements.txt.

    One that is not installed is left out: serving needs no `implicit`.
    """
    found = {"python": platform.python_version(), "recommender": __version__}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found

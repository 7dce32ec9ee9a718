r"""Framework images and the Pythons for which the model's requirements have wheels.

The image of a training job or an endpoint installs models/requirements.txt when it starts; what has
no wheel for its Python is built from source, which takes minutes or fails. The wheels were looked
up on `AS_OF` with::

    uv pip compile models/requirements.txt --python-version <version> \
        --python-platform x86_64-manylinux_2_28 --only-binary :all:
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["AS_OF", "TAGS", "WHEELS", "newest_with_wheels", "python_of", "without_wheel"]

AS_OF: Final = "2026-11-27"

TAGS: Final = (
    "2.6.0-cpu-py312-ubuntu22.04-sagemaker",
    "2.5.1-cpu-py311-ubuntu22.04-sagemaker",
)
"""CPU images that both ``pytorch-training`` and ``pytorch-inference`` have, newest first (AWS Deep
Learning Containers, "Available images"; training alone has newer ones)."""

_ALL: Final = ("3.11", "3.12", "3.13")
WHEELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "implicit": _ALL,
        "numpy": _ALL,
        "scipy": _ALL,
        "pandas": _ALL,
        "threadpoolctl": _ALL,
    }
)
"""By package of models/requirements.txt: the Pythons for which a fitting version has a wheel."""


def python_of(tag: str) -> str | None:
    """The Python of an image: ``3.12``; None when its tag does not say."""
    found = re.search(r"-py(\d)(\d+)(?:-|$)", tag)
    return f"{found[1]}.{found[2]}" if found else None


def without_wheel(tag: str) -> list[str]:
    """The model's requirements that have no wheel for an image's Python."""
    python = python_of(tag)
    return [package for package, pythons in WHEELS.items() if python not in pythons]


def newest_with_wheels() -> str:
    """The newest image in which nothing is built from source."""
    return next(tag for tag in TAGS if not without_wheel(tag))

"""Build backend of the clone's root: what is built and installed from there is the emulator.

So that ``pip install git+https://…/this-project`` gives `lakestack` and nothing else. The root has
no metadata of its own, so every tool asks these hooks (PEP 517, PEP 660), which are setuptools',
called where the emulator's pyproject.toml is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

from setuptools import build_meta

HERE = Path(__file__).resolve().parent


def _here(hook: Callable[..., Any]) -> Callable[..., Any]:
    def call(*folders: str | None, **options: Any) -> Any:
        absolute = [os.path.abspath(f) if isinstance(f, str) else f for f in folders]  # noqa: PTH100
        with chdir(HERE):
            return hook(*absolute, **options)

    return call


build_wheel = _here(build_meta.build_wheel)
build_sdist = _here(build_meta.build_sdist)
build_editable = _here(build_meta.build_editable)
get_requires_for_build_wheel = _here(build_meta.get_requires_for_build_wheel)
get_requires_for_build_sdist = _here(build_meta.get_requires_for_build_sdist)
get_requires_for_build_editable = _here(build_meta.get_requires_for_build_editable)
prepare_metadata_for_build_wheel = _here(build_meta.prepare_metadata_for_build_wheel)
prepare_metadata_for_build_editable = _here(build_meta.prepare_metadata_for_build_editable)

"""Modules of a package or layer that are made for another Python than the one that runs here.

Every function runs on the emulator's own Python, whatever its runtime is called. Its compiled
modules are found by a suffix with Python's version and the platform (PEP 3149); a layer's folder
``python/lib/python3.x/site-packages`` is on the path of that version alone (AWS Lambda Developer
Guide, "Packaging your layer content").
"""

from __future__ import annotations

import importlib.machinery
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_TAGGED = re.compile(r"\.(cpython-[^.]+)\.(?:so|pyd|dylib)\Z")
_FOLDER = re.compile(r"python3\.\d+\Z")
_IMPORT_FAILURES = ("Runtime.ImportModuleError", "ImportError", "ModuleNotFoundError")


def foreign_to(folder: Path) -> str | None:
    """What a package or layer was made for, if that is another Python; None if it is not.

    Args:
        folder: unpacked
    """
    own = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    tags: set[str] = set()
    for path in folder.rglob("*.cpython-*"):
        if (found := _TAGGED.search(path.name)) and found[0] not in own:
            module = path.name[: found.start()]
            if not any((path.parent / f"{module}{suffix}").exists() for suffix in own):
                tags.add(found[1])
    here = f"python3.{sys.version_info.minor}"
    for lib in (folder / "python" / "lib").glob("python3.*"):
        if _FOLDER.match(lib.name) and lib.name != here:
            tags.add(lib.name)
    return ", ".join(sorted(tags)) or None


def explained(error: Any, code: Path, layers: Iterable[tuple[str, Path]]) -> Any:
    """The error of a start, with the reason where an import fails for a foreign Python.

    Args:
        error: errorType and errorMessage, as the runtime reports them
        code: the function's unpacked package
        layers: their ARNs and folders
    """
    if not isinstance(error, dict) or error.get("errorType") not in _IMPORT_FAILURES:
        return error
    reasons = []
    for what, folder in (("the function's package", code), *layers):
        if made_for := foreign_to(folder):
            reasons.append(f"{what} is made for {made_for}")
    if not reasons:
        return error
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    hint = (
        f"{'; '.join(reasons)}; the emulator runs every function on Python {version} of "
        f"{sys.platform} {platform.machine()}: build it for that (pip install "
        f"--python-version {version} --only-binary=:all: --target python ...) and publish it again"
    )
    return {**error, "errorMessage": f"{error.get('errorMessage')} ({hint})"}

"""Which classes and functions a snapshot may name: a snapshot is data, and never says what to run.

A name is looked up, never called. Only what belongs to the emulator's own packages is found, and
only under the name that it has itself: what a module has merely imported is not.
"""

from __future__ import annotations

import importlib
import sys
import threading
from types import FunctionType
from typing import Any

from lakestack.errors import SnapshotError

OTHERS = frozenset({"requests.structures:CaseInsensitiveDict"})
"""Classes of other packages that only hold data."""

PACKAGES = ("moto.", "localstack.", "lakestack.services.")
"""Where the classes of what is saved come from."""


def name_of(value: type | FunctionType) -> str | None:
    """``module:qualified name`` by which `find` gives it back; None where that is not possible."""
    name = f"{value.__module__}:{value.__qualname__}"
    try:
        return name if _found(name) is value else None
    except SnapshotError:
        return None


def class_of(name: str) -> type:
    """The class of a name.

    Raises:
        SnapshotError: there is none, or it is not one of ours
    """
    found = _found(name)
    if not isinstance(found, type) or issubclass(found, threading.Thread):
        raise SnapshotError(f"{name!r} is no class that a snapshot may hold")
    return found


def factory_of(name: str) -> Any:
    """What makes the missing values of a dictionary: a class or function of ours.

    Raises:
        SnapshotError: there is none, or it is not one of ours
    """
    return _found(name)


def _found(name: str) -> Any:
    module_name, _, path = name.partition(":")
    ours = module_name.startswith(PACKAGES) or name in OTHERS
    if not ours or not path or "<" in path:
        raise SnapshotError(f"{name!r} is not a name that a snapshot may have")
    try:
        found: Any = sys.modules.get(module_name) or importlib.import_module(module_name)
        for part in path.split("."):
            found = vars(found)[part]
    except (ImportError, KeyError, TypeError, ValueError) as e:
        raise SnapshotError(f"there is no {name!r} in this version") from e
    if isinstance(found, staticmethod):
        found = found.__func__
    known = isinstance(found, type | FunctionType)
    if not known or found.__module__ != module_name or found.__qualname__ != path:
        raise SnapshotError(f"{name!r} is not a name that a snapshot may have")
    return found

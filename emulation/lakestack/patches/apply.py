"""Putting a replacement into the place of a declared target."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from lakestack.errors import PatchError
from lakestack.patches.declaration import Patch
from lakestack.patches.register import BY_NAME

_originals: dict[str, Any] = {}
"""What each patch found, by name: a patch that is made again wraps that, not itself."""

Make = Callable[[Any], Any]
_awaited: dict[str, list[tuple[Patch, Make]]] = {}
"""Patches of modules that are not yet imported."""


def original(name: str) -> Any:
    """What a patch replaces, or changes in place; the first target's, as it was found.

    Args:
        name: the patch's

    Raises:
        PatchError: no such patch is declared, or its target is gone
    """
    patch = _declared(name)
    if name not in _originals:
        owner, attribute = _owner(patch, patch.targets[0])
        _originals[name] = getattr(owner, attribute)
    return _originals[name]


def replace(name: str, replacement: Any) -> None:
    """Put a replacement into the place of all targets of a patch.

    Args:
        name: the patch's
        replacement: a function, class or value; a `staticmethod` where the target is one

    Raises:
        PatchError: no such patch is declared, or a target is gone
    """
    original(name)
    patch = _declared(name)
    for target in patch.targets:
        owner, attribute = _owner(patch, target)
        setattr(owner, attribute, replacement)


def replace_on_import(name: str, make: Make) -> None:
    """Replace a module's attribute when something imports the module: none is, for this alone.

    Args:
        name: the patch's; it has one target
        make: called with the original; returns the replacement

    Raises:
        PatchError: no such patch is declared, or its target is gone
    """
    patch = _declared(name)
    module = patch.targets[0].partition(":")[0]
    if module in sys.modules:
        replace(name, make(original(name)))
        return
    _awaited.setdefault(module, []).append((patch, make))
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules as Python does, and changes them once they are loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in _awaited:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for patch, make in _awaited.pop(module.__name__, ()):
            replace(patch.name, make(original(patch.name)))


def _declared(name: str) -> Patch:
    try:
        return BY_NAME[name]
    except KeyError:
        raise PatchError(
            f"no patch {name!r} is declared in lakestack.patches.register", None
        ) from None


def _owner(patch: Patch, target: str) -> tuple[Any, str]:
    """The module or class that has the attribute, and the attribute's name."""
    module, _, path = target.partition(":")
    *classes, attribute = path.split(".")
    try:
        owner: Any = importlib.import_module(module)
        for each in classes:
            owner = getattr(owner, each)
        getattr(owner, attribute)
    except (ImportError, AttributeError) as e:
        raise gone(patch, target) from e
    return owner, attribute


def gone(patch: Patch, target: str) -> PatchError:
    """The error of a target that is not there."""
    return PatchError(
        f"patch {patch.name} of {patch.by} has lost its target {target} ({patch.reason})",
        "python -m lakestack.patches",
    )

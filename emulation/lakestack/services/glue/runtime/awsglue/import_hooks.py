"""What is done to modules of others once a job imports them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

Hook = Callable[[Any], None]


class _AfterImport(MetaPathFinder):
    """Finds the modules that have a hook, and lets it run when their code has."""

    def __init__(self, hooks: Mapping[str, Hook]) -> None:
        self._hooks = hooks

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        hook = self._hooks.get(name)
        spec = PathFinder.find_spec(name, path, target) if hook else None
        if hook is None or spec is None or spec.loader is None:
            return None
        plain = spec.loader.exec_module

        def execute(module: ModuleType) -> None:
            plain(module)
            if module.__name__ == name:  # an archive has one loader for all of its modules
                hook(module)

        setattr(spec.loader, "exec_module", execute)  # noqa: B010 - of this loader alone
        return spec


def install() -> None:
    """Let NumPy have the names, pandas the paths, and Java the classes they have on AWS Glue."""
    from . import jvm_classes, numpy_names, pandas_s3

    hooks = {
        "numpy": numpy_names.restore,
        "pandas.io.common": pandas_s3.open_s3,
        "py4j.java_gateway": jvm_classes.install,
    }
    after(hooks)


def after(hooks: Mapping[str, Hook]) -> None:
    """Let functions have modules, by their names, once their code has run."""
    sys.meta_path.insert(0, _AfterImport(hooks))

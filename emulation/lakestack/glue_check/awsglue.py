"""The modules of our awsglue and the names in them, read and not imported."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from lakestack.services.glue import runtime

__all__ = ["PACKAGE", "names_of"]

PACKAGE = "awsglue"


@cache
def names_of(module: str) -> frozenset[str] | None:
    """The names that a script can import from a module; None where there is no such module.

    Args:
        module: such as ``awsglue.utils``
    """
    path = Path(runtime.__file__).parent.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        return None
    found: set[str] = set()
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update((each.asname or each.name).partition(".")[0] for each in node.names)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            found.update(_late(node))
    if path.is_dir():
        found.update(each.stem for each in path.iterdir())
    return frozenset(found)


def _late(function: ast.FunctionDef) -> set[str]:
    """The names that a module's own ``__getattr__`` gives: ``if name == "a"``."""
    return {
        each.value
        for node in ast.walk(function)
        if isinstance(node, ast.Compare)
        for each in node.comparators
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }

"""Rules of the whole package that no single module can keep."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import pipeline
from pipeline import errors

FILES = sorted(Path(pipeline.__file__).parent.rglob("*.py"))
MODULES = sorted(m.name for m in pkgutil.walk_packages(pipeline.__path__, "pipeline."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_knows_no_emulator(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not [n for n in names if n.split(".")[0] in ("lakestack", "localstack", "moto")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_room_but_the_target_compares_target_names(path: Path) -> None:
    if path.name == "target.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
            assert not {"local", "aws"}.intersection(c for c in constants if isinstance(c, str))


@pytest.mark.parametrize("module", MODULES)
def test_all_names_exist(module: str) -> None:
    loaded = importlib.import_module(module)
    for name in getattr(loaded, "__all__", []):
        assert hasattr(loaded, name), f"{module}.{name}"


def test_every_error_is_in_the_drawing() -> None:
    classes = [n for n in errors.__all__ if isinstance(getattr(errors, n), type)]
    assert classes
    for name in classes:
        assert name in (errors.__doc__ or "")
        assert issubclass(getattr(errors, name), errors.LakeError)

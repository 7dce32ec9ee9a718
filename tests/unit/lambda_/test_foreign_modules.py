"""Packages and layers that are made for another Python."""

from __future__ import annotations

import importlib.machinery
import sys
from pathlib import Path

from lakestack.services.lambda_.foreign_modules import explained, foreign_to

OWN = importlib.machinery.EXTENSION_SUFFIXES[0]
OTHER = "cpython-39-x86_64-linux-gnu"
FAILED = {"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module"}


def made(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_a_module_of_another_version_is_found(tmp_path: Path) -> None:
    made(tmp_path, f"python/numpy/core.{OTHER}.so", f"python/a{OWN}", "python/b.py", "c.abi3.so")

    assert foreign_to(tmp_path) == OTHER


def test_one_that_is_there_for_this_python_too_is_none(tmp_path: Path) -> None:
    made(tmp_path, f"a.{OTHER}.so", f"a{OWN}", f"b.{OTHER}.so", "b.abi3.so")

    assert foreign_to(tmp_path) is None


def test_a_layer_s_folder_of_another_version_is_found(tmp_path: Path) -> None:
    site = "site-packages/pure.py"
    made(tmp_path, f"python/lib/python3.6/{site}")
    made(tmp_path, f"python/lib/python3.{sys.version_info.minor}/{site}")

    assert foreign_to(tmp_path) == "python3.6"


def test_only_an_import_that_fails_is_explained(tmp_path: Path) -> None:
    code, layer = made(tmp_path / "code", "index.py"), made(tmp_path / "l", f"python/a.{OTHER}.so")
    layers = [("arn:aws:lambda:us-east-1:000000000000:layer:numpy:1", layer)]

    message = explained(FAILED, code, layers)["errorMessage"]

    assert message.startswith("Unable to import module (")
    assert f"layer:numpy:1 is made for {OTHER}" in message
    assert "pip install" in message
    other = {"errorType": "ValueError", "errorMessage": "no"}
    assert explained(other, code, layers) == other
    assert explained(FAILED, code, []) == FAILED

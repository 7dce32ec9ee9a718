"""The labs' notebooks as files: no outputs, cells with names, and the page that names them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest

from pipeline.notebook import FOLDER
from tests.support import PROJECT

NOTEBOOKS = sorted(PROJECT.glob("docs/**/*.ipynb"))
CLEAR = "jupyter nbconvert --clear-output --inplace docs/labs/*.ipynb"


def cells(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]
    return found


def headings(name: str) -> list[str]:
    return [
        line.removeprefix("## ").rstrip()
        for cell in cells(name)
        if cell["cell_type"] == "markdown"
        for line in cell["source"]
        if line.startswith("## ")
    ]


def test_both_are_there() -> None:
    assert {path.name for path in NOTEBOOKS} == {"lab4.ipynb", "explore.ipynb"}


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_no_outputs_are_committed(name: str) -> None:
    for cell in cells(name):
        if cell["cell_type"] == "code":
            assert not cell["outputs"], f"{name}, cell {cell['id']} has outputs. Next: {CLEAR}"
            assert cell["execution_count"] is None, f"{name}, cell {cell['id']}. Next: {CLEAR}"


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_cells_have_names_and_code_that_parses(name: str) -> None:
    names = [cell["id"] for cell in cells(name)]
    assert len(set(names)) == len(names)
    for cell in cells(name):
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", cell["id"]), "give the cell a name"
        if cell["cell_type"] == "code":
            ast.parse("".join(cell["source"]))


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_the_kernel_is_that_of_the_environment(name: str) -> None:
    document = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    assert document["metadata"]["kernelspec"]["name"] == "python3"


def test_the_page_of_lab_4_names_its_sections_in_order() -> None:
    page = (FOLDER / "4.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| \*\*(\d+\. [^*]+)\*\* \|", page, re.MULTILINE)
    assert named == headings("lab4.ipynb")

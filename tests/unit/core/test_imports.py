"""Who imports whom: no cycles anywhere, the contracts of .importlinter, and the positive lists."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.support import PROJECT

MODELS = PROJECT / "models"
SPARK = ("pyspark", "pyarrow")
"""What the recommender imports only where Spark is to fit it."""
PACKAGES = ("lakestack", "pipeline", "spark_jobs", "recommender")
TOOLKITS = {"sagemaker_inference"}  # of the framework image itself
AWSGLUE = "lakestack.services.glue.runtime.awsglue"


@cache
def graph() -> grimp.ImportGraph:
    """All imports of our packages, those inside functions and for type checkers included."""
    assert importlib.util.find_spec("recommender"), "models/ is on sys.path"
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(MODELS))


def cycles(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one node (Kosaraju's algorithm)."""
    order = _postorder(edges, edges)
    reverse: dict[str, set[str]] = {}
    for node, targets in edges.items():
        for target in targets:
            reverse.setdefault(target, set()).add(node)
    found: list[list[str]] = []
    seen: set[str] = set()
    for node in reversed(order):
        if node not in seen:
            component = _postorder([node], reverse, seen)
            if len(component) > 1:
                found.append(sorted(component))
    return sorted(found)


def _postorder(
    starts: Iterable[str], edges: Mapping[str, Iterable[str]], seen: set[str] | None = None
) -> list[str]:
    seen, order = set() if seen is None else seen, []
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(edges.get(start, ())))]
        while stack:
            targets = stack[-1][1]
            step = next((t for t in targets if t not in seen), None)
            if step is None:
                order.append(stack.pop()[0])
            else:
                seen.add(step)
                stack.append((step, iter(edges.get(step, ()))))
    return order


def test_cycles_are_found() -> None:
    edges = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["e"], "e": [], "x": ["y"], "y": ["x"]}
    assert cycles(edges) == [["a", "b", "c"], ["x", "y"]]
    assert cycles({"a": ["b", "c"], "b": ["c"], "c": []}) == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    found = graph()
    assert len(found.modules) > 400, "the graph has all modules"
    assert cycles({m: found.find_modules_directly_imported_by(m) for m in found.modules}) == []


def test_no_package_imports_itself_by_way_of_others() -> None:
    found, problems = graph(), {}
    for parent in found.modules:
        children = found.find_children(parent) if not found.is_module_squashed(parent) else ()
        owner = {m: c for c in children for m in {c, *found.find_descendants(c)}}
        edges: dict[str, set[str]] = {child: set() for child in children}
        for module, child in owner.items():
            imported = found.find_modules_directly_imported_by(module)
            edges[child] |= {owner[i] for i in imported if i in owner} - {child}
        if circular := cycles(edges):
            problems[parent] = circular
    assert problems == {}


def test_the_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(MODELS)}
    run = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def external(files: Iterable[Path], own: set[str]) -> set[str]:
    """Return the top-level names that files import, without Python's and their own."""
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).partition(".")[0])
    return names - set(sys.stdlib_module_names) - own


def test_models_import_what_their_requirements_bring() -> None:
    lines = (MODELS / "requirements.txt").read_text().splitlines()
    required = {re.split(r"[=<>~!\[ ]", li)[0] for li in lines if li and not li.startswith("#")}
    own = {p.stem for p in MODELS.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    files = list(MODELS.rglob("*.py"))
    of_spark = [file for file in files if file.name.startswith("spark_")]
    imported = external((file for file in files if file not in of_spark), own)
    assert imported, "the models import numpy at least"
    assert imported <= required | TOOLKITS
    assert external(of_spark, own) <= required | set(SPARK)


def test_confinement_imports_nothing_but_the_standard_library() -> None:
    folder = PROJECT / "emulation" / "lakestack" / "confinement"
    assert external(folder.rglob("*.py"), set()) <= {"lakestack"}
    inside = "lakestack.confinement"
    found = graph()
    for module in {inside, *found.find_descendants(inside)}:
        ours = {
            i for i in found.find_modules_directly_imported_by(module) if i.startswith("lakestack")
        }
        assert all(i.startswith(inside) for i in ours), f"{module} imports {sorted(ours)}"


def test_awsglue_imports_nothing_of_the_emulator() -> None:
    found = graph()
    for module in {AWSGLUE, *found.find_descendants(AWSGLUE)}:
        imported = found.find_modules_directly_imported_by(module)
        outside = {i for i in imported if i.startswith("lakestack") and not i.startswith(AWSGLUE)}
        assert outside == set(), f"{module} imports {sorted(outside)}"

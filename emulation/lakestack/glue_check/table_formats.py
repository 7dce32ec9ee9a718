"""Open table formats (Iceberg, Delta, Hudi) that a script's texts name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.imports import Surroundings
from lakestack.services.glue.table_formats import MODULE, PARAMETER

__all__ = ["named_in", "table_formats"]

_NAMES = {
    "delta": r"io\.delta\.|using\s+delta\b",
    "hudi": r"org\.apache\.hudi|hoodie\.|using\s+hudi\b",
    "iceberg": r"org\.apache\.iceberg|using\s+iceberg\b",
}
_PATTERNS = {name: re.compile(text, re.IGNORECASE) for name, text in _NAMES.items()}


def table_formats(file: str, tree: ast.AST, around: Surroundings) -> Iterator[Finding]:
    """The formats, each where it is named first.

    Args:
        file: the script
        tree: its text
        around: what its job brings
    """
    first: dict[str, int] = {}
    for node in ast.walk(tree):
        if _writes_to(node) and around.formats:
            continue  # of whichever format it has
        for name in _named(node):
            line = getattr(node, "lineno", 0)
            first[name] = min(first.get(name, line), line)
    for name, line in first.items():
        verdict, note, instead = _verdict(name, around)
        yield Finding(file, line, "table format", name, verdict, note, instead)


def named_in(text: str) -> set[str]:
    """The formats of which a text names classes, such as the value of ``--conf``."""
    return {name for name, found in _PATTERNS.items() if found.search(text)}


def _verdict(name: str, around: Surroundings) -> tuple[Verdict, str, str]:
    if name in around.formats:
        return Verdict.RUNS, "", ""
    if around.jars:
        return Verdict.RUN_TIME, "perhaps by the jars that the job brings", ""
    wanted = f"{PARAMETER} {name}"
    if around.is_known:
        return Verdict.REFUSED, f"the job has no {wanted}", wanted
    return Verdict.RUNS, f"with {wanted}", ""


def _writes_to(node: ast.AST) -> bool:
    """Whether it is a call of ``DataFrame.writeTo``, which needs the catalog of a format."""
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr == "writeTo"


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from named_in(node.value)
    elif _writes_to(node):
        yield "iceberg"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("format", "using") and len(node.args) == 1:
            argument = node.args[0]
            value = argument.value if isinstance(argument, ast.Constant) else None
            if isinstance(value, str) and value.lower() in _PATTERNS:
                yield value.lower()
    elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == MODULE:
        yield MODULE
    elif isinstance(node, ast.Import):
        yield from (MODULE for each in node.names if each.name.partition(".")[0] == MODULE)

"""Open table formats (Iceberg, Delta, Hudi) that a script's texts name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.services.glue.runtime.awsglue.coverage import Effect, Entry
from lakestack.services.glue.special_parameters import PARAMETERS

__all__ = ["table_formats"]

_NAMES = {
    "delta": r"io\.delta\.|using\s+delta\b",
    "hudi": r"org\.apache\.hudi|hoodie\.|using\s+hudi\b",
    "iceberg": r"org\.apache\.iceberg|using\s+iceberg\b",
}
_PATTERNS = {name: re.compile(text, re.IGNORECASE) for name, text in _NAMES.items()}


def table_formats(file: str, tree: ast.AST, has_jars: bool) -> Iterator[Finding]:
    """The formats, each where it is named first.

    Args:
        file: the script
        tree: its text
        has_jars: whether the job brings jars
    """
    first: dict[str, int] = {}
    for node in ast.walk(tree):
        for name in _named(node):
            line = getattr(node, "lineno", 0)
            first[name] = min(first.get(name, line), line)
    entry = Entry(
        PARAMETERS["--datalake-formats"],
        "needs --datalake-formats",
        "the format's jar by --extra-jars",
    )
    for name, line in first.items():
        if entry.effect is Effect.REFUSED and has_jars:
            note = "perhaps by the jars that the job brings"
            yield Finding(file, line, "table format", name, Verdict.RUN_TIME, note)
        else:
            yield Finding.of(file, line, "table format", name, entry)


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (name for name, found in _PATTERNS.items() if found.search(node.value))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("format", "using") and len(node.args) == 1:
            argument = node.args[0]
            value = argument.value if isinstance(argument, ast.Constant) else None
            if isinstance(value, str) and value.lower() in _PATTERNS:
                yield value.lower()
    elif isinstance(node, ast.ImportFrom) and node.module == "delta.tables":
        yield "delta"

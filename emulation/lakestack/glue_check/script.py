"""One script: read, parsed, and all it uses."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestack.glue_check.calls import Calls
from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.imports import Imports, Surroundings
from lakestack.glue_check.recipes import recipe_steps
from lakestack.glue_check.table_formats import table_formats

__all__ = ["Script", "read"]

MAX_BYTES = 10 << 20
"""A script that is longer is not read: our guess."""
_MAGIC = re.compile(r"^\s*[%!]")
_OF_GLUE = re.compile(rb"\b(awsglue\w*|pyspark|gs_\w+)\b")
_PYTHON_2 = re.compile(
    r"(?m)^\s*(print\s+[^(=\s]|print\s*>>|exec\s+['\"]|raise\s+\w+\s*,|except\s+[\w.]+\s*,\s*\w+\s*:)"
)


@dataclass(frozen=True)
class Script:
    """A script's text, or why it has none that can be read.

    Attributes:
        file: its name, for the findings
        path: where it is
        tree: the text, parsed; None where it is no Python 3
        problem: why there is no tree
    """

    file: str
    path: Path
    tree: ast.Module | None
    problem: Finding | None = None

    @property
    def modules(self) -> set[str]:
        """The modules that it imports, by their first names."""
        found: set[str] = set()
        for node in ast.walk(self.tree) if self.tree else ():
            if isinstance(node, ast.Import):
                found.update(each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
        return found

    def findings(self, around: Surroundings) -> Iterator[Finding]:
        """All that it uses, in no order.

        Args:
            around: what it finds, and what its job brings
        """
        if self.tree is None:
            if self.problem:
                yield self.problem
            return
        calls = Calls(self.file, self.tree)
        yield from Imports(self.file, self.tree, around).findings()
        yield from calls.findings()
        yield from table_formats(self.file, self.tree, around)
        yield from recipe_steps(self.file, self.tree)
        if calls.operations:
            from lakestack.glue_check.operations import of_methods

            yield from of_methods(self.file, calls.operations)


def read(path: Path, file: str) -> Script:
    """Read a script or a notebook; never raises for what stands in it.

    Args:
        path: where it is
        file: its name, for the findings
    """
    try:
        data = path.read_bytes()
    except OSError as e:
        return _unread(path, file, f"cannot be read: {e.strerror}")
    if len(data) > MAX_BYTES:
        return _unread(path, file, f"has more than {MAX_BYTES >> 20} MB")
    if path.suffix == ".ipynb":
        try:
            data = _cells(json.loads(data))
        except (ValueError, RecursionError, AttributeError, TypeError):
            return _unread(path, file, "is no notebook")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes and comparisons in others' scripts
            return Script(file, path, ast.parse(data, filename=file))
    except SyntaxError as e:
        note = str(e.msg)
        text = data.decode("utf-8", "replace")
        if _PYTHON_2.search(text):
            note = f"Python 2 ({note}); Glue runs Python 3 since version 2.0, and so does this"
        return _unread(path, file, note, e.lineno or 0, "the script in Python 3")
    except (ValueError, RecursionError, MemoryError) as e:
        return _unread(path, file, f"cannot be parsed: {e}")


def is_of_glue(path: Path) -> bool:
    """Whether a file names Glue's or Spark's modules."""
    try:
        return path.stat().st_size <= MAX_BYTES and bool(_OF_GLUE.search(path.read_bytes()))
    except OSError:
        return False


def _cells(document: Any) -> bytes:
    """The code of a notebook, without the lines that only a notebook understands."""
    lines: list[str] = []
    for cell in document.get("cells", ()):
        if cell.get("cell_type") != "code":
            continue
        source = cell.get("source", ())
        text = source if isinstance(source, str) else "".join(source)
        if text.lstrip().startswith("%%"):
            continue
        lines += ["" if _MAGIC.match(line) else line for line in text.splitlines()]
    return "\n".join(lines).encode("utf-8", "replace")


def _unread(path: Path, file: str, note: str, line: int = 0, instead: str = "") -> Script:
    found = Finding(file, line, "syntax", "the script", Verdict.REFUSED, note, instead)
    return Script(file, path, None, found)

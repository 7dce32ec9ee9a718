"""The modules that a script imports: the standard library's, AWS's own, the job's, others."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from lakestack.glue_check import awsglue
from lakestack.glue_check.findings import Finding, Verdict
from lakestack.services.glue.runtime.awsglue.coverage import refused
from lakestack.services.glue.runtime.awsglue.coverage.frames import TRANSFORMS
from lakestack.services.glue.runtime.awsglue.coverage.modules import of_module
from lakestack.services.glue.runtime.awsgluestudio import COMMON
from lakestack.services.glue.runtime.awsgluestudio import TRANSFORMS as STUDIO
from lakestack.services.glue.shipped import modules as shipped
from lakestack.services.glue.table_formats import MODULE as DELTA

__all__ = ["Imports", "Surroundings"]


@dataclass(frozen=True)
class Surroundings:
    """What a script finds beside the standard library.

    Attributes:
        local: modules of its own repository
        brought: packages of ``--additional-python-modules``, by their normalized names
        archives: whether the job brings archives whose contents nobody looks into here
        jars: whether the job brings jars
        formats: the open table formats that the job asks for
        is_known: whether the job's definition was found
        command: ``Command.Name`` of the job; "": it is not known
    """

    local: Collection[str] = frozenset()
    brought: Collection[str] = frozenset()
    archives: bool = False
    jars: bool = False
    formats: Collection[str] = frozenset()
    is_known: bool = False
    command: str = ""


class Imports:
    """Finds the imports of one script.

    Args:
        file: its name, for the findings
        tree: its text, parsed
        around: what it finds beside the standard library
    """

    def __init__(self, file: str, tree: ast.AST, around: Surroundings) -> None:
        self._file, self._tree, self._around = file, tree, around
        self._tried = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.Try) and node.handlers
            for inner in ast.walk(node)
        }

    def findings(self) -> Iterator[Finding]:
        """All modules, each once for a line."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                for each in node.names:
                    yield from self._module(node, each.name)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield from self._module(node, node.module)
                if node.module == "awsglue.transforms":
                    for each in node.names:
                        if each.name in TRANSFORMS:
                            row = TRANSFORMS[each.name]
                            yield Finding.of(self._file, node.lineno, "transform", each.name, row)
                elif node.module.startswith(f"{awsglue.PACKAGE}."):
                    yield from self._absent(node)

    def _module(self, node: ast.stmt, name: str) -> Iterator[Finding]:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in self._around.local or top == "__future__":
            return
        if top == DELTA:
            return  # of a table format, which is looked for elsewhere
        entry = of_module(name)
        if entry is not None:
            if name.startswith(f"{awsglue.PACKAGE}.") and awsglue.names_of(name) is None:
                entry = refused(note="is not here")
            elif name.startswith("gs_") and name not in (COMMON, *STUDIO):
                entry = refused(
                    "the same transform in Spark SQL", "of AWS Glue Studio's transforms"
                )
            yield Finding.of(self._file, node.lineno, "module", name, entry)
            return
        verdict, note, instead = self._package(top)
        if verdict is Verdict.REFUSED and id(node) in self._tried:
            verdict, note, instead = Verdict.RUN_TIME, "the script can do without it", ""
        yield Finding(self._file, node.lineno, "package", top, verdict, note, instead)

    def _absent(self, node: ast.ImportFrom) -> Iterator[Finding]:
        """Names that a module of AWS's package has not got here."""
        there = awsglue.names_of(node.module or "")
        for each in node.names if there is not None else ():
            if each.name not in (there or ()) and each.name != "*":
                name = f"{node.module}.{each.name}"
                tried = id(node) in self._tried
                verdict = Verdict.RUN_TIME if tried else Verdict.REFUSED
                yield Finding(self._file, node.lineno, "module", name, verdict, "is not here")

    def _package(self, top: str) -> tuple[Verdict, str, str]:
        around, wanted = self._around, normalized(top)
        if wanted in around.brought:
            return Verdict.RUNS, "brought by --additional-python-modules", ""
        if is_here(top):
            return Verdict.RUNS, "", ""
        bring = "bring it by --additional-python-modules or --extra-py-files"
        if of_glue := self._shipped(top):
            return of_glue
        if around.brought or around.archives:
            return Verdict.RUN_TIME, "perhaps within what the job brings", ""
        if around.is_known:
            return Verdict.REFUSED, "neither this machine's Python nor the job has it", bring
        return Verdict.RUN_TIME, f"not in this machine's Python: {bring}", ""

    def _shipped(self, top: str) -> tuple[Verdict, str, str] | None:
        """What AWS Glue brings to jobs of this type; None: it does not."""
        command, later = self._around.command, "fetched when a job first imports it"
        if top in shipped.SPARK and command != "pythonshell":
            return Verdict.RUNS, f"AWS Glue brings it: {later}", ""
        if top in shipped.SHELL and command in ("pythonshell", ""):
            verdict = Verdict.RUNS if command else Verdict.RUN_TIME
            return verdict, f"AWS Glue brings it to Python shell jobs: {later}", ""
        return None


def normalized(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_here(top: str) -> bool:
    """Whether this Python has a module; it is not imported."""
    try:
        found: Any = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    return found is not None

"""Run a script whose ``/opt/ml`` is a private folder. Standard library only.

Usage: ``python launch.py ROOT SCRIPT [ARGUMENT ...]``. On AWS the folders are literally below
``/opt/ml``, which needs a container or root; so the strings of the script, and of the modules that
it imports from below ROOT, which name that folder name ROOT when they are compiled. The files stay
as they are, and tracebacks show them.
"""

from __future__ import annotations

import ast
import importlib.machinery
import os
import re
import sys
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

LITERAL = re.compile(r"(?<![\w./-])/opt/ml(?=/|$)")


def mapped(text: str, root: str) -> str:
    """The text with ``/opt/ml`` as the folder `root`; what only ends like that stays as it is."""
    return LITERAL.sub(lambda _: root, text)


class _Mapping(ast.NodeTransformer):
    def __init__(self, root: str) -> None:
        self._root = root

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            node.value = mapped(node.value, self._root)
        elif isinstance(node.value, bytes):
            text, root = node.value.decode("latin-1"), os.fsencode(self._root).decode("latin-1")
            node.value = mapped(text, root).encode("latin-1")
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        # What follows a value in an f-string is not the beginning of a path.
        for number, part in enumerate(node.values):
            if number == 0 or not isinstance(part, ast.Constant):
                self.visit(part)
        return node


def compiled(source: bytes, path: str, root: str) -> CodeType:
    """The code of a script, its strings mapped."""
    tree = _Mapping(root).visit(ast.parse(source, path))
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code


def install(root: str) -> None:
    """Let modules below `root` be compiled by `compiled` when they are imported."""

    class Loader(importlib.machinery.SourceFileLoader):
        def source_to_code(  # type: ignore[override]  # as SourceLoader has it
            self, data: Any, path: Any, *, _optimize: int = -1
        ) -> CodeType:
            return compiled(data, os.fsdecode(path), root)

    below = Path(root).resolve()
    make = importlib.machinery.FileFinder.path_hook((Loader, importlib.machinery.SOURCE_SUFFIXES))

    def hook(folder: str) -> Any:
        if not Path(folder).resolve().is_relative_to(below):
            raise ImportError(folder)
        return make(folder)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()


def show_without_this_file(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Print a traceback that begins with the script, as it would without this module."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    sys.__excepthook__(kind, error.with_traceback(trace), trace)


def main() -> None:
    """Run the script as ``__main__``."""
    sys.excepthook = show_without_this_file
    root, script, *arguments = sys.argv[1:]
    sys.argv = [script, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = str(Path(script).parent)
    install(root)
    code = compiled(Path(script).read_bytes(), script, root)
    module = ModuleType("__main__")
    module.__file__ = str(Path(script).absolute())
    sys.modules["__main__"] = module
    exec(code, module.__dict__)  # noqa: S102 - the user's program


if __name__ == "__main__":
    main()

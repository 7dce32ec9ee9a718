"""Values that can be read off a script without running it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["UNKNOWN", "Constants"]

UNKNOWN: Final = object()
"""A value that is decided at run time."""
_DEPTH = 20


class Constants:
    """The names of a script that are given one literal value, once.

    Args:
        tree: the script
    """

    def __init__(self, tree: ast.AST) -> None:
        self._nodes: dict[str, ast.expr] = {}
        several: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                targets, value = [node.target], node.value
            elif isinstance(node, ast.AugAssign | ast.For | ast.NamedExpr):
                several.update(_names(node.target))
                continue
            elif isinstance(node, ast.arg):
                several.add(node.arg)
                continue
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                several.update(_names(node.value))  # d["a"] = 1: no longer what it was made as
                continue
            else:
                continue
            for target in targets:
                if isinstance(target, ast.Name) and target.id not in self._nodes:
                    self._nodes[target.id] = value
                else:
                    several.update(_names(target))
        for name in several:
            self._nodes.pop(name, None)

    def value(self, node: ast.expr | None, depth: int = 0) -> Any:
        """A string, number, list or dictionary, in which parts may be `UNKNOWN`."""
        found: Any = UNKNOWN
        if node is None or depth > _DEPTH:
            return found
        if isinstance(node, ast.Constant):
            found = node.value
        elif isinstance(node, ast.Name):
            found = self.value(self._nodes.get(node.id), depth + 1)
        elif isinstance(node, ast.List | ast.Tuple):
            found = [self.value(each, depth + 1) for each in node.elts]
        elif isinstance(node, ast.Dict):
            found = self._dictionary(node, depth)
        elif isinstance(node, ast.Call):
            is_dict = isinstance(node.func, ast.Name) and node.func.id == "dict"
            if is_dict and not node.args:
                found = {k.arg: self.value(k.value, depth + 1) for k in node.keywords if k.arg}
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
            if isinstance(left, str) and isinstance(right, str):
                found = left + right
        return found

    def _dictionary(self, node: ast.Dict, depth: int) -> Mapping[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:  # **other
                inner = self.value(value, depth + 1)
                found.update(inner if isinstance(inner, dict) else {UNKNOWN: UNKNOWN})
                continue
            name = self.value(key, depth + 1)
            found[name if isinstance(name, str) else UNKNOWN] = self.value(value, depth + 1)
        return found


def _names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}

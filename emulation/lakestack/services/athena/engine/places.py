"""Places in a query, as messages name them."""

from __future__ import annotations

from sqlglot import exp


def of_name(node: exp.Expression) -> str:
    """``line 1:15`` of a name, or of a function."""
    found = list(node.find_all(exp.Identifier, exp.Anonymous, bfs=True))
    if found and isinstance(found[0].parent, exp.Column):  # ``t.x`` begins with ``t``
        found = [*found[0].parent.parts, *found]
    for each in found:
        meta = each.meta
        if "line" in meta:
            start = meta["col"] - (meta["end"] - meta["start"])
            return f"line {meta['line']}:{max(1, start)}"
    return "line 1:1"


def of_offset(text: str, at: int) -> str:
    """``line 1:15`` of a character.

    Args:
        at: its number, from 0
    """
    before = text[:at]
    return f"line {before.count(chr(10)) + 1}:{at - (before.rfind(chr(10)) + 1) + 1}"

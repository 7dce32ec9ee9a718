"""Text of others, made safe for a terminal.

Titles, names, log lines and AWS's answers may hold anything: ESC sequences set colours, titles and
the clipboard of a terminal, and bidirectional controls turn a line around (CWE-150, "Improper
Neutralization of Escape, Meta, or Control Sequences"). All that `lake` prints passes here.
"""

from __future__ import annotations

import unicodedata

__all__ = ["printable"]

_JOINERS = "\u200c\u200d"  # Persian, Hindi and emoji are written with them


def printable(text: str, *, lines: bool = False) -> str:
    r"""The text with each character that is no visible one written as ``\x1b`` or ``\u202e``.

    Args:
        lines: line feeds and tabs stay
    """
    if text.isprintable():
        return text
    kept = _JOINERS + ("\n\t" if lines else "")
    return "".join(c if c.isprintable() or c in kept else _escaped(c) for c in text)


def _escaped(c: str) -> str:
    if unicodedata.category(c) == "Zs":
        return c  # a space of another width
    code = ord(c)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

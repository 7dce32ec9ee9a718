"""Text of others, made safe for a terminal.

What a log holds may set colours, titles and the clipboard (CWE-150, "Improper Neutralization of
Escape, Meta, or Control Sequences").

`pipeline.text.printable` says the same once more, on purpose: neither distribution may need
the other, and a third one for these lines would cost more than it saves. A test holds the two
together.
"""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"  # Persian, Hindi and emoji are written with them


def printable(text: str, *, lines: bool = False) -> str:
    r"""The text with each character that is no visible one written as ``\x1b`` or ``\u202e``.

    Args:
        lines: line feeds and tabs stay
    """
    kept = _JOINERS + ("\n\t" if lines else "")
    return "".join(c if c.isprintable() or c in kept else _escaped(c) for c in text)


def _escaped(c: str) -> str:
    if unicodedata.category(c) == "Zs":
        return c  # a space of another width
    code = ord(c)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""Unix-style glob patterns as AWS Glue takes them, for readers and crawlers alike.

RE2 matches them in time linear in the name: a pattern such as ``*a*a*a*b`` comes from a client.
"""

from __future__ import annotations

from typing import Any

import re2

MAX_LENGTH = 4_096
"""Characters of a pattern: our guess."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class GlobError(ValueError):
    """A pattern is too long, or has a range that is none."""


def glob_pattern(glob: str, suffix: str = "") -> Any:
    """Translate a pattern of the Developer Guide ("Include and exclude patterns").

    ``*`` and ``?`` stop at "/", ``**`` crosses it, ``{a,b}`` and ``[abc]`` are alternatives.

    Args:
        suffix: of RE2, to follow what the pattern matches

    Returns:
        a pattern of RE2, with the methods that `re.Pattern` has

    Raises:
        GlobError: it cannot be used
    """
    if len(glob) > MAX_LENGTH:
        raise GlobError(f"the pattern {glob[:100]}... is longer than {MAX_LENGTH} characters")
    try:
        return re2.compile(f"(?s)(?:{_translated(glob)}){suffix}", _OPTIONS)
    except (re2.error, UnicodeEncodeError) as e:
        raise GlobError(f"the pattern {glob[:200]} cannot be used: {_said(e)}") from e


def _translated(glob: str) -> str:
    out: list[str] = []
    i = depth = 0
    while i < len(glob):
        c = glob[i]
        if glob.startswith("**", i):
            piece, i = ".*", i + 2
            if not out or out[-1] != piece:
                out.append(piece)
            continue
        if c == "[" and (end := glob.find("]", i + 2)) > 0:
            out.append(_set(glob[i + 1 : end]))
            i = end + 1
            continue
        if c == "\\" and i + 1 < len(glob):
            out.append(re2.escape(glob[i + 1]))
            i += 2
            continue
        if c == "}" and depth:
            depth, piece = depth - 1, ")"
        elif c == "{":
            depth, piece = depth + 1, "(?:"
        elif c == "," and depth:
            piece = "|"
        else:
            piece = {"*": "[^/]*", "?": "[^/]"}.get(c) or re2.escape(c)
        out.append(piece)
        i += 1
    return "".join(out) + ")" * depth


def _set(inside: str) -> str:
    """``[abc]``, ``[a-z]`` and ``[!abc]``."""
    negated = inside[0] in "!^" and len(inside) > 1
    written = inside[1:] if negated else inside
    members = "".join(
        c if c == "-" and 0 < i < len(written) - 1 else re2.escape(c) for i, c in enumerate(written)
    )
    return f"[{'^' if negated else ''}{members}]"


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)

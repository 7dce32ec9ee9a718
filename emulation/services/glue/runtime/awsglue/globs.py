"""Unix-style glob patterns as AWS Glue takes them, for readers and crawlers alike."""

from __future__ import annotations

import fnmatch
import re


def glob_pattern(glob: str) -> re.Pattern[str]:
    """Translate a pattern of the Developer Guide ("Include and exclude patterns").

    ``*`` and ``?`` stop at "/", ``**`` crosses it, ``{a,b}`` and ``[abc]`` are alternatives.
    """
    out, i, depth = "", 0, 0
    while i < len(glob):
        c = glob[i]
        if glob.startswith("**", i):
            out, i = out + ".*", i + 2
            continue
        if c == "[" and (end := glob.find("]", i + 2)) > 0:
            out, i = out + fnmatch.translate(glob[i : end + 1])[4:-3], end + 1
            continue
        if c == "\\" and i + 1 < len(glob):
            out, i = out + re.escape(glob[i + 1]), i + 2
            continue
        if c == "}" and depth:
            depth, piece = depth - 1, ")"
        elif c == "{":
            depth, piece = depth + 1, "(?:"
        elif c == "," and depth:
            piece = "|"
        else:
            piece = {"*": "[^/]*", "?": "[^/]"}.get(c, re.escape(c))
        out, i = out + piece, i + 1
    return re.compile(out + ")" * depth, re.DOTALL)

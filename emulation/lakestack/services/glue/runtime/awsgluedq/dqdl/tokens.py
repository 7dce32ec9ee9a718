"""The words of a ruleset.

AWS Glue Developer Guide, "DQDL syntax": texts in double quotes, numbers, names, signs, and
comments from ``#`` to the end of the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import RulesetError

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)"
    r"|(?P<sign><=|>=|!\s*=|[\[\](){},=<>:+*/$-])",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:\s+|#[^\n]*)+")


@dataclass(frozen=True)
class Token:
    """A word of a ruleset.

    Attributes:
        kind: ``text``, ``number``, ``word``, ``sign`` or ``end``
        value: the word; of a text what is between its quotes
        start: position of its first character
        end: position after its last
    """

    kind: str
    value: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Cut a ruleset into its words; the last one is of kind ``end``.

    Raises:
        RulesetError: a character that begins no word, or a text without end
    """
    found, position = [], 0
    while position < len(text):
        if blank := _BLANK.match(text, position):
            position = blank.end()
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            wanted = "a closing quote" if text[position] == '"' else "a rule, a number or a sign"
            raise RulesetError(text, position, wanted)
        kind = match.lastgroup or ""
        found.append(Token(kind, _value(kind, match[0]), position, match.end()))
        position = match.end()
    return [*found, Token("end", "", len(text), len(text))]


def _value(kind: str, word: str) -> str:
    if kind == "text":
        return word[1:-1].replace('\\"', '"')  # other backslashes are of regular expressions
    return word.replace(" ", "") if kind == "sign" else word


def written(text: str, between: list[Token]) -> str:
    """The words as the ruleset has them, with one space where it has any, without comments."""
    out = ""
    for before, token in zip([None, *between], between, strict=False):
        if before is not None and before.end < token.start:
            out += " "
        out += text[token.start : token.end]
    return out

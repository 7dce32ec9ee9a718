"""Words of a statement, with their places: what is read before sqlglot has a say.

Hive's DDL and Athena's own statements (UNLOAD, PREPARE, MSCK REPAIR TABLE) are read from these; of
the others only the beginning is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lakestack.services.athena.engine.errors import QueryError

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^'\\]|\\.|'')*')
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>[^\W\d]\w*)
    |(?P<symbol>.)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[0-7]{3}|.)", re.DOTALL)
_NAMED = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}


@dataclass(frozen=True)
class Token:
    """One word.

    Attributes:
        kind: ``string``, ``quoted``, ``number``, ``word``, ``symbol`` or ``end``
        start: place in the statement, of its first character
        end: of the first after it
    """

    kind: str
    text: str
    start: int
    end: int


class Words:
    """The words of a statement, read from left to right.

    Args:
        sql: the whole statement
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql.rstrip().rstrip(";").rstrip()
        self._tokens = [
            Token(str(found.lastgroup), found[0], found.start(), found.end())
            for found in _TOKEN.finditer(self.sql)
            if found.lastgroup != "space"
        ]
        self._at = 0

    @property
    def here(self) -> Token:
        """The next word."""
        if self._at < len(self._tokens):
            return self._tokens[self._at]
        end = len(self.sql)
        return Token("end", "<EOF>", end, end)

    def next(self) -> Token:
        """Take the next word, whatever it is."""
        token = self.here
        self._at += 1
        return token

    def ahead(self, *words: str) -> bool:
        """Whether these words come next, in whatever case."""
        found = self._tokens[self._at : self._at + len(words)]
        texts = [t.text.upper() for t in found if t.kind in ("word", "symbol")]
        return texts == list(words)

    def take(self, *words: str) -> bool:
        """Take these words if they come next."""
        if self.ahead(*words):
            self._at += len(words)
            return True
        return False

    def need(self, *words: str) -> None:
        """Take these words.

        Raises:
            QueryError: others come
        """
        if not self.take(*words):
            raise self.error(f"Expecting: '{' '.join(words)}'")

    def name(self) -> str:
        """A name, quoted or not, in lower case."""
        token = self.next()
        if token.kind == "quoted":
            mark = token.text[0]
            return token.text[1:-1].replace(mark * 2, mark).lower()
        if token.kind == "number" and self.here.start == token.end and self.here.kind == "word":
            return (token.text + self.next().text).lower()  # 2024_events
        if token.kind != "word":
            self._at -= 1
            raise self.error("Expecting: identifier")
        return token.text.lower()

    def names(self) -> list[str]:
        """A name with points: ``catalog.database.table``."""
        found = [self.name()]
        while self.take("."):
            found.append(self.name())
        return found

    def string(self, *, escapes: bool = True) -> str:
        """A text in quotes; Hive's escapes are resolved.

        Raises:
            QueryError: something else comes
        """
        token = self.next()
        if token.kind == "quoted" and token.text[0] == '"':
            return token.text[1:-1]
        if token.kind != "string":
            self._at -= 1
            raise self.error("Expecting: string")
        text = token.text[1:-1].replace("''", "'")
        return _ESCAPE.sub(_escaped, text) if escapes else text

    def rest(self) -> str:
        """The text from here to the end, which is taken."""
        text = self.sql[self.here.start :]
        self._at = len(self._tokens)
        return text

    def until(self, stop: Callable[[Token], bool]) -> str:
        """The text up to a word outside all brackets, which is not taken."""
        start, depth, end = self.here.start, 0, self.here.start
        while self.here.kind != "end":
            token = self.here
            if depth == 0 and stop(token):
                break
            depth += {"(": 1, "<": 1, "[": 1, ")": -1, ">": -1, "]": -1}.get(token.text, 0)
            end = self.next().end
        return self.sql[start:end]

    def bracketed(self) -> str:
        """What is between the brackets that come next.

        Raises:
            QueryError: none come, or they are not closed
        """
        self.need("(")
        start, depth = self.here.start, 1
        while depth:
            token = self.next()
            if token.kind == "end":
                raise self.error("Expecting: ')'")
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        return self.sql[start : token.start]

    def end(self) -> None:
        """Nothing may follow.

        Raises:
            QueryError: something does
        """
        if self.here.kind != "end":
            raise self.error("Expecting: <EOF>")

    def error(self, expected: str) -> QueryError:
        """The next word is not one that may stand here."""
        before = self.sql[: self.here.start]
        line, column = before.count("\n") + 1, self.here.start - (before.rfind("\n") + 1) + 1
        return QueryError(
            "SYNTAX_ERROR", f"line {line}:{column}: mismatched input '{self.here.text}'. {expected}"
        )


def _escaped(found: re.Match[str]) -> str:
    text = found[1]
    if text[0] == "u" and len(text) == 5:
        return chr(int(text[1:], 16))
    if len(text) == 3 and text.isdigit():
        return chr(int(text, 8))
    return _NAMED.get(text, text)

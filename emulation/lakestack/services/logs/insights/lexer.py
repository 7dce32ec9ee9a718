"""The tokens of a query of CloudWatch Logs Insights."""

from __future__ import annotations

import re
from typing import NamedTuple


class MalformedQueryError(Exception):
    """A query that cannot be read, or that asks for what is not emulated."""


class Token(NamedTuple):
    """A piece of a query.

    Args:
        kind: ``name``, ``number``, ``text``, ``regex`` or ``sign``
        text: without quotes and slashes
        at: where it stands in the query
        end: where what follows it begins
    """

    kind: str
    text: str
    at: int
    end: int


_PATTERN = re.compile(
    r"""\s*(?:
        (?P<comment>\#[^\n]*)
      | (?P<number>\d+(?:\.\d+)?(?![\w.]))
      | (?P<name>[@A-Za-z_][\w@.\-]*(?:\.\d+)*|\.[A-Za-z_][\w@.\-]*|`[^`]*`|\d+[A-Za-z]+)
      | "(?P<double>(?:[^"\\]|\\.)*)"
      | '(?P<single>(?:[^'\\]|\\.)*)'
      | (?P<sign>!=|>=|<=|=~|[|,()\[\]=<>+\-*/%^])
    )""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"\s*/((?:[^/\\]|\\.)*)/", re.DOTALL)
_BEFORE_REGEX = {"like", "=~", "parse"}


def tokens(query: str) -> list[Token]:
    """Cut a query into its tokens.

    Raises:
        MalformedQueryError: at a character that begins none
    """
    found: list[Token] = []
    at, end = 0, len(query.rstrip())
    while at < end:
        if _expects_regex(found) and (regex := _REGEX.match(query, at)):
            found.append(Token("regex", regex[1].replace("\\/", "/"), regex.start(1), regex.end()))
            at = regex.end()
            continue
        match = _PATTERN.match(query, at)
        if match is None:
            raise MalformedQueryError(f"unexpected symbol found {query[at:].strip()[:1]} at {at}")
        kind, at = match.lastgroup or "", match.end()
        if kind == "comment":
            continue
        text, begin = match[kind], match.start(kind)
        if kind in ("double", "single"):
            kind, text = "text", re.sub(r"\\(.)", r"\1", text)
        elif text.startswith("`"):
            text = text[1:-1]
        found.append(Token(kind, text, begin, at))
    return found


def _expects_regex(found: list[Token]) -> bool:
    if not found:
        return False
    if found[-1].text.lower() in _BEFORE_REGEX:
        return True
    # parse @message /…/
    return len(found) > 1 and found[-1].kind == "name" and found[-2].text.lower() == "parse"


class Reader:
    """Reads the tokens of a query one after another.

    Raises:
        MalformedQueryError: at a character that begins none
    """

    def __init__(self, query: str) -> None:
        self._query, self._tokens, self._at = query, tokens(query), 0

    def peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def next(self, what: str = "more") -> Token:
        """The next token.

        Args:
            what: what is expected, for the error

        Raises:
            MalformedQueryError: the query has ended
        """
        token = self.peek()
        if token is None:
            raise MalformedQueryError(f"unexpected end of query: expected {what}")
        self._at += 1
        return token

    def since(self, token: Token) -> str:
        """What was read from a token on, as it was written."""
        return self._query[token.at : self._tokens[self._at - 1].end].strip("` ")

    def take(self, *texts: str) -> Token | None:
        """The next token, if it is a sign or a word of these."""
        token = self.peek()
        if token is None or token.kind not in ("sign", "name") or token.text.lower() not in texts:
            return None
        self._at += 1
        return token

    def expect(self, text: str) -> None:
        """Take one sign or word.

        Raises:
            MalformedQueryError: another stands there
        """
        if self.take(text) is None:
            raise unexpected(self.next(text), text)

    def ended(self) -> bool:
        """Whether the command has ended."""
        token = self.peek()
        return token is None or (token.kind == "sign" and token.text == "|")


def unexpected(token: Token, what: str) -> MalformedQueryError:
    """The error of a token that stands where another should."""
    return MalformedQueryError(f"unexpected symbol found {token.text} at {token.at}: want {what}")

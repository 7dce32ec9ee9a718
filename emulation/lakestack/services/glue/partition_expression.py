"""The Expression of GetPartitions, read in time linear in its length.

AWS Glue API Reference, "GetPartitions": comparisons, IN, BETWEEN, LIKE and IS NULL, joined by AND
and OR. moto evaluates what is read here; its own parser takes exponential time for parentheses.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from localstack.aws.api import CommonServiceException
from moto.glue import utils

from lakestack import patches
from lakestack.services.base import aws_error

MAX_LENGTH = 2_048
MAX_DEPTH = 50
"""How deep parentheses may be nested: our guess."""

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<operator><>|>=|<=|[><=(),])"
    r"|(?P<number>[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w.]))|(?P<word>[A-Za-z0-9._]+))"
)
_OPERATORS = {"<>", ">=", "<=", ">", "<", "="}


def install() -> None:
    """Let moto take expressions from here."""
    patches.replace("glue.expression", _Reader())


class _Reader:
    @staticmethod
    def get(expression: str | None) -> Any:
        return None if expression is None else parse(expression)


@lru_cache(maxsize=256)
def parse(expression: str) -> Any:
    """Read an expression into moto's, which has ``eval(part_keys, part_input)``.

    Raises:
        CommonServiceException: ValidationException for one that is too long, InvalidInputException
            for one that is none
    """
    if len(expression) > MAX_LENGTH:
        raise aws_error(
            "ValidationException",
            "1 validation error detected: Value at 'expression' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_LENGTH}",
        )
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression, self.at, self.depth = expression, 0, 0
        self.tokens = list(self._tokens())

    def whole(self) -> Any:
        found = self._any()
        if self.at != len(self.tokens):
            raise self._unsupported()
        return found

    def _tokens(self) -> Any:
        position, end = 0, len(self.expression.rstrip())
        while position < end:
            found = _TOKEN.match(self.expression, position)
            if not found:
                raise self._unsupported()
            position = found.end()
            yield found.lastgroup, found[found.lastgroup or 0]

    def _any(self) -> Any:
        return self._joined("or", self._all, utils._BoolOr)

    def _all(self) -> Any:
        return self._joined("and", self._condition, utils._BoolAnd)

    def _joined(self, word: str, part: Any, kind: Any) -> Any:
        operands = [part()]
        while self._take(word):
            operands.append(part())
        joined = [piece for each in operands for piece in (each, word)][:-1]
        return kind([joined]) if len(operands) > 1 else operands[0]

    def _condition(self) -> Any:
        if self._is_group():
            self._enter()
            found = self._any()
            self._leave()
            return found
        name = self._ident()
        if self._take("is"):
            kind = utils._IsNotNull if self._take("not") else utils._IsNull
            self._need("null")
            return kind([name])
        if self._here() in _OPERATORS:
            return utils._BinOp([name, self._next()[1], self._literal()])
        absent = self._take("not")
        if self._take("like"):
            pattern = self._literal()
            if not isinstance(pattern, str):
                raise self._unsupported()
            return (utils._NotLike if absent else utils._Like)([name, "like", pattern])
        if self._take("in"):
            return (utils._NotIn if absent else utils._In)([name, "in", *self._list()])
        self._need("between")
        low = self._literal()
        self._need("and")
        kind = utils._NotBetween if absent else utils._Between
        return kind([name, "between", low, "and", self._literal()])

    def _is_group(self) -> bool:
        """Whether ``(`` opens a condition, and not only the name of a column: ``(p) = 1``."""
        at = self.at
        while at < len(self.tokens) and self.tokens[at][1] == "(":
            at += 1
        opened = at - self.at
        closing = [token[1] for token in self.tokens[at + 1 : at + 1 + opened]]
        return opened > 0 and closing != [")"] * opened

    def _ident(self) -> Any:
        return utils._Ident([self._inner(("word", "number"))[1]])

    def _literal(self) -> Any:
        kind, text = self._inner(("string", "number"))
        if kind == "string":
            return text[1:-1].replace("''", "'")
        return float(text) if any(c in text for c in ".eE") else int(text)

    def _inner(self, kinds: tuple[str, ...]) -> tuple[str, str]:
        opened = 0
        while self._here() == "(":
            self._enter()
            opened += 1
        kind, text = self._next()
        if kind not in kinds:
            raise self._unsupported()
        for _ in range(opened):
            self._leave()
        return kind, text

    def _list(self) -> list[Any]:
        self._enter()
        found = [self._literal()]
        while self._take(","):
            found.append(self._literal())
        self._leave()
        return found

    def _enter(self) -> None:
        self._need("(")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise aws_error(
                "InvalidInputException", f"The expression is nested deeper than {MAX_DEPTH}"
            )

    def _leave(self) -> None:
        self._need(")")
        self.depth -= 1

    def _here(self) -> str:
        if self.at == len(self.tokens):
            return ""
        kind, text = self.tokens[self.at]
        return text.lower() if kind != "string" else ""

    def _next(self) -> tuple[str, str]:
        if self.at == len(self.tokens):
            raise self._unsupported()
        self.at += 1
        kind, text = self.tokens[self.at - 1]
        return kind, text

    def _take(self, word: str) -> bool:
        if self._here() != word:
            return False
        self.at += 1
        return True

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._unsupported()

    def _unsupported(self) -> CommonServiceException:
        return aws_error("InvalidInputException", f"Unsupported expression '{self.expression}'")

"""Reads what conditions compare with: numbers, texts, keywords, dates, durations and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from .errors import RulesetError
from .history import Formula
from .model import Amount, Dynamic, Keyword, Moment, Number, Operand, Text
from .tokens import Token, tokens, written

T = TypeVar("T")

_KEYWORDS = frozenset({"NULL", "EMPTY", "WHITESPACES_ONLY"})
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60}
_BYTES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


class OperandReader:
    """The words of a ruleset, one after another.

    Attributes:
        text: the ruleset
        tokens: its words
        position: of the word that is next
        constants: ``name = …``, as far as they are read
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.position = 0
        self.constants: dict[str, tuple[Operand, ...]] = {}

    @property
    def now(self) -> Token:
        """The word that is next."""
        return self.tokens[self.position]

    def _ahead(self) -> Token:
        return self.tokens[min(self.position + 1, len(self.tokens) - 1)]

    def _next(self) -> Token:
        token = self.now
        if token.kind != "end":
            self.position += 1
        return token

    def _at(self, sign: str) -> bool:
        return self.now.kind == "sign" and self.now.value == sign

    def _expect(self, sign: str) -> None:
        if not self._at(sign):
            self._wrong(sign)
        self._next()

    def _quoted(self, wanted: str) -> str:
        if self.now.kind == "text":
            return self._next().value
        if self._at("$"):
            values = self._constant_values()
            if len(values) == 1 and isinstance(values[0], Text):
                return values[0].value
        return self._wrong(wanted)

    def _list(self, item: Callable[[], T]) -> list[T]:
        """Things in brackets with commas between; a comma may stand after the last."""
        self._expect("[")
        found = []
        while not self._at("]"):
            found.append(item())
            if self._at("]"):
                break
            self._expect(",")
        self._expect("]")
        return found

    def _constant_values(self) -> tuple[Operand, ...]:
        self._expect("$")
        if self.now.kind != "word" or self.now.value not in self.constants:
            self._wrong("the name of a constant that is set before")
        return self.constants[self._next().value]

    def _operand(self) -> Operand:
        token = self.now
        if token.kind == "text":
            return Text(self._next().value)
        if token.kind == "word" and token.value.upper() in _KEYWORDS:
            return Keyword(self._next().value.upper())
        if self._at("$"):
            values = self._constant_values()
            return values[0] if len(values) == 1 else self._wrong("a constant with one value")
        return self._moment() if self._begins_moment() else self._reckoned()

    def _reckoned(self) -> Operand:
        """A number or what is reckoned of numbers, with its unit."""
        begin = self.position
        value = self._sum()
        if isinstance(value, Formula):
            if value.is_list:
                raise RulesetError(
                    self.text, self.tokens[begin].start, "an aggregation of last(k), such as avg"
                )
            return Dynamic(written(self.text, self.tokens[begin : self.position]), value)
        unit = self.now.value if self.now.kind == "word" else ""
        for units, kind in ((_SECONDS, "duration"), (_BYTES, "size")):
            if unit in units:
                self._next()
                return Amount(value * units[unit], kind)
        return Number(value)

    def _begins_moment(self) -> bool:
        token = self._ahead() if self._at("(") else self.now
        return token.kind == "word" and token.value == "now"

    def _moment(self) -> Moment:
        enclosed = self._at("(")
        if enclosed:
            self._next()
        self._next()
        self._expect("(")
        self._expect(")")
        seconds = 0
        if self._at("-") or self._at("+"):
            sign = -1 if self._next().value == "-" else 1
            if self.now.kind != "number":
                self._wrong("a number")
            count = int(float(self._next().value))
            if self.now.value not in _SECONDS:
                self._wrong("days, hours or minutes")
            seconds = sign * count * _SECONDS[self._next().value]
        if enclosed:
            self._expect(")")
        return Moment(seconds)

    # Numbers, and what is reckoned of earlier results.

    def _sum(self) -> float | Formula:
        value = self._product()
        while self._at("+") or self._at("-"):
            sign, at = self._next().value, self.now.start
            value = self._joined(sign, value, self._product(), at)
        return value

    def _product(self) -> float | Formula:
        value = self._factor()
        while self._at("*") or self._at("/"):
            sign, at = self._next().value, self.now.start
            value = self._joined(sign, value, self._factor(), at)
        return value

    def _joined(
        self, sign: str, one: float | Formula, other: float | Formula, at: int
    ) -> float | Formula:
        if sign == "/" and other == 0:
            raise RulesetError(self.text, at, "a number other than 0")
        made = self._formula(sign, (one, other), at)
        return made if isinstance(one, Formula) or isinstance(other, Formula) else made.of(())

    def _formula(self, name: str, parts: tuple[float | Formula, ...], at: int) -> Formula:
        made = Formula(name, parts)
        if problem := made.problem():
            raise RulesetError(self.text, at, problem)
        return made

    def _factor(self) -> float | Formula:
        if self._at("-"):
            self._next()
            at = self.now.start
            value = self._factor()
            return self._joined("-", 0.0, value, at) if isinstance(value, Formula) else -value
        if self._at("("):
            self._next()
            value = self._sum()
            self._expect(")")
            return value
        if self.now.kind == "number":
            return float(self._next().value)
        if self.now.kind == "word" and self._ahead().value == "(":
            at, name = self.now.start, self._next().value
            self._next()
            parts = []
            while not self._at(")"):
                parts.append(self._sum())
                if not self._at(")"):
                    self._expect(",")
            self._next()
            return self._formula(name, tuple(parts), at)
        return self._wrong("a number, a text in quotes, a date or NULL")

    def _wrong(self, wanted: str) -> NoReturn:
        raise RulesetError(self.text, self.now.start, wanted)

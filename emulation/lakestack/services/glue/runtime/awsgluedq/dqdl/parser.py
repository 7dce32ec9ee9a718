"""Reads rulesets.

AWS Glue Developer Guide, "Data Quality Definition Language (DQDL) reference": sections ``Rules``
and ``Analyzers``, constants (``name = …``, used as ``$name``), labels, composite rules.
"""

from __future__ import annotations

from typing import NoReturn

from .errors import RulesetError
from .model import Composite, Condition, Operand, Rule, Ruleset, Text
from .operands import OperandReader
from .tokens import Token, written

_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_CLAUSES = frozenset({"with", "where", "labels", "between", "in", "not", "matches", "and", "or"})


def parsed(text: str) -> Ruleset:
    """Read a ruleset.

    Raises:
        RulesetError: it is not DQDL
    """
    try:
        return _Reader(text).document()
    except RecursionError:
        raise RulesetError(text, 0, "a rule with fewer parentheses in one another") from None


class _Reader(OperandReader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._labels: dict[str, str] = {}

    def document(self) -> Ruleset:
        rules: tuple[Rule | Composite, ...] | None = None
        analyzers: tuple[Rule, ...] = ()
        while self.now.kind != "end":
            if self.now.kind != "word":
                self._wrong("a section such as Rules = [ … ]")
            name = self._next().value
            self._expect("=")
            if name == "Rules":
                rules = tuple(self._list(self._either))
            elif name == "Analyzers":
                analyzers = tuple(self._list(self._rule))
            elif name == "DefaultLabels":
                self._labels = self._pairs()
            elif name in ("Metadata", "DataSources"):
                self._skip_braces()
            else:
                self._constant(name)
        if rules is None and not analyzers:
            self._wrong("Rules = [ … ]")
        return Ruleset(rules or (), analyzers)

    def _constant(self, name: str) -> None:
        if self._at("["):
            self.constants[name] = tuple(self._list(self._operand))
        else:
            self.constants[name] = (self._operand(),)

    def _either(self) -> Rule | Composite:
        """A rule, or rules in parentheses with ``and`` and ``or`` between; ``and`` binds first."""
        begin = self.position
        found: list[list[Rule | Composite]] = [[self._part()]]
        while self.now.kind == "word" and self.now.value.lower() in ("and", "or"):
            operator = self._next().value.lower()
            part = self._part(parentheses=True)
            if operator == "and":
                found[-1].append(part)
            else:
                found.append([part])
        text = self._text(begin)
        ways = [g[0] if len(g) == 1 else Composite("and", tuple(g), text) for g in found]
        return ways[0] if len(ways) == 1 else Composite("or", tuple(ways), text)

    def _part(self, *, parentheses: bool = False) -> Rule | Composite:
        if not self._at("("):
            if parentheses:
                self._wrong("a rule in parentheses")
            return self._rule()
        self._next()
        inner = self._either()
        self._expect(")")
        return inner

    def _rule(self) -> Rule:
        begin = self.position
        if self.now.kind != "word":
            self._wrong("a rule type")
        kind, parameters = self._next().value, self._parameters()
        condition = self._condition()
        threshold, where, options, labels = None, "", {}, dict(self._labels)
        while self.now.kind == "word" and self.now.value in ("with", "where", "labels"):
            clause = self._next().value
            if clause == "where":
                where = self._quoted("a condition in quotes")
            elif clause == "labels":
                self._expect("=")
                labels.update(self._pairs())
            else:
                option = self._next().value
                if option == "threshold":
                    threshold = self._condition() or self._wrong("a comparison")
                else:
                    self._expect("=")
                    options[option] = self._quoted("a value in quotes")
        text = self._text(begin)
        return Rule(kind, parameters, condition, threshold, where, options, labels, text)

    def _parameters(self) -> tuple[str, ...]:
        found = []
        while True:
            token = self.now
            if token.kind == "text" or (token.kind == "word" and token.value not in _CLAUSES):
                self._next()
                if token.value != "of" or token.kind == "text":
                    found.append(token.value)
            elif self._at("$"):
                found += [self._plain(each) for each in self._constant_values()]
            elif found and self._at(",") and self._ahead().kind == "text":
                self._next()  # IsPrimaryKey "a", "b"
            else:
                return tuple(found)

    def _plain(self, operand: Operand) -> str:
        if isinstance(operand, Text):
            return operand.value
        return self._wrong("a constant that is a text")

    def _condition(self) -> Condition | None:
        negated = self.now.kind == "word" and self.now.value == "not"
        if negated:
            self._next()
        token = self.now
        if token.kind == "sign" and token.value in _COMPARISONS and not negated:
            self._next()
            return Condition(token.value, (self._operand(),))
        if token.kind != "word" or token.value not in ("between", "in", "matches"):
            return self._wrong("between, in or matches") if negated else None
        self._next()
        if token.value == "between":
            first = self._operand()
            if self.now.value not in ("and", "AND"):
                self._wrong("and")
            self._next()
            return Condition("between", (first, self._operand()), negated)
        if token.value == "matches":
            return Condition("matches", (Text(self._quoted("a pattern in quotes")),), negated)
        if self._at("$"):
            return Condition("in", self._constant_values(), negated)
        return Condition("in", tuple(self._list(self._operand)), negated)

    def _pairs(self) -> dict[str, str]:
        def pair() -> tuple[str, str]:
            name = self._quoted("a label in quotes")
            self._expect("=")
            return name, self._quoted("its value in quotes")

        return dict(self._list(pair))

    def _skip_braces(self) -> None:
        self._expect("{")
        depth = 1
        while depth:
            token: Token = self._next()
            if token.kind == "end":
                self._wrong("}")
            depth += (token.value == "{") - (token.value == "}") if token.kind == "sign" else 0

    def _text(self, begin: int) -> str:
        return written(self.text, self.tokens[begin : self.position])

    def _wrong(self, wanted: str) -> NoReturn:
        raise RulesetError(self.text, self.now.start, wanted)

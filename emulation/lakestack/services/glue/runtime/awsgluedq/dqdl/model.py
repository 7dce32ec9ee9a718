"""What a ruleset says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .history import LAST, Formula


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Text:
    """A text in quotes; it may be a date."""

    value: str


@dataclass(frozen=True)
class Keyword:
    """``NULL``, ``EMPTY`` or ``WHITESPACES_ONLY``."""

    name: str


@dataclass(frozen=True)
class Moment:
    """``now()``, or a time before (negative) or after it.

    Attributes:
        seconds: from now
    """

    seconds: int


@dataclass(frozen=True)
class Amount:
    """A number with a unit: ``24 hours`` in seconds, ``5 MB`` in bytes.

    Attributes:
        value: in seconds or bytes
        kind: ``duration`` or ``size``
    """

    value: float
    kind: str


@dataclass(frozen=True)
class Dynamic:
    """An expression that looks at earlier results, such as ``avg(last(10))``.

    Attributes:
        text: as the ruleset has it
        formula: what is reckoned
    """

    text: str
    formula: Formula = field(default=Formula(LAST), compare=False)


Operand = Number | Text | Keyword | Moment | Amount | Dynamic


@dataclass(frozen=True)
class Condition:
    """What a value must fulfil.

    Attributes:
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``between``, ``in`` or ``matches``
        operands: one, two of ``between``, any number of ``in``
        negated: ``not`` stands before it
    """

    operator: str
    operands: tuple[Operand, ...]
    negated: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number fulfils it; the bounds of ``between`` do not (DQDL, "Expressions").

        Raises:
            ValueError: an operand is no number
        """
        numbers = [_number(each) for each in self.operands]
        first, last = numbers[0], numbers[-1]
        found = {
            "=": value == first,
            "!=": value != first,
            "<": value < first,
            "<=": value <= first,
            ">": value > first,
            ">=": value >= first,
            "between": first < value < last,
            "in": value in numbers,
        }.get(self.operator)
        if found is None:
            raise ValueError(f"{self.operator!r} does not compare numbers")
        return found is not self.negated


def _number(operand: Operand) -> float:
    if isinstance(operand, Number | Amount):
        return operand.value
    raise ValueError(f"a number is expected, not {operand}")


@dataclass(frozen=True)
class Rule:
    """A rule or an analyzer.

    Attributes:
        kind: the rule type, such as ``IsComplete``
        parameters: in their order
        condition: what the result must fulfil; None: the rule type says it alone
        threshold: ``with threshold``: what the share of the rows that pass must fulfil
        where: ``where``: a condition in SQL of the rows that are looked at
        options: others of ``with``, such as ``hashAlgorithm``
        labels: ``labels``
        text: as the ruleset has it
    """

    kind: str
    parameters: tuple[str, ...] = ()
    condition: Condition | None = None
    threshold: Condition | None = None
    where: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Composite:
    """Rules joined by ``and`` or ``or``.

    Attributes:
        operator: ``and`` or ``or``
        rules: two or more
        text: as the ruleset has it
    """

    operator: str
    rules: tuple[Rule | Composite, ...]
    text: str = ""


@dataclass(frozen=True)
class Ruleset:
    """Rules and analyzers, in their order."""

    rules: tuple[Rule | Composite, ...] = ()
    analyzers: tuple[Rule, ...] = ()

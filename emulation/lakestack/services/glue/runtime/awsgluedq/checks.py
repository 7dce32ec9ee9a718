"""What of a ruleset cannot be done here, said before anything of it is evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from awsglue.errors import UnsupportedApiError

from .dqdl import Composite, Condition, Rule, Ruleset
from .dqdl.model import Dynamic
from .rules.files import ALGORITHMS, HASH_OPTION
from .rules.table import DYNAMIC, EVALUATED, NO_WHERE, REFUSED


class RuleError(ValueError):
    """A rule is written as DQDL and makes no sense."""


def single(rules: Ruleset) -> list[Rule]:
    """The rules of a ruleset, those of composite ones too."""

    def walk(rule: Rule | Composite) -> Iterator[Rule]:
        if isinstance(rule, Rule):
            yield rule
        else:
            for each in rule.rules:
                yield from walk(each)

    return [each for rule in rules.rules for each in walk(rule)]


def check(rules: Ruleset) -> None:
    """Refuse what is not here by its name.

    Raises:
        UnsupportedApiError: a rule type or an expression that is not here
        RuleError: a rule type that DQDL does not know, or that lacks a parameter
    """
    for rule in single(rules):
        if rule.kind in REFUSED:
            raise UnsupportedApiError(f"DQDL rule type {rule.kind}")
        if rule.kind not in EVALUATED:
            known = ", ".join(EVALUATED)
            raise RuleError(f"{rule.kind!r} is no rule type of DQDL; there are {known}")
        if len(rule.parameters) < EVALUATED[rule.kind][1]:
            raise RuleError(f"{rule.text}: {rule.kind} needs {EVALUATED[rule.kind][1]} parameters")
        if rule.where and rule.kind in NO_WHERE:
            raise RuleError(f"{rule.text}: {rule.kind} knows no where")
        for name, value in rule.options.items():
            if name != HASH_OPTION or value not in ALGORITHMS:
                raise UnsupportedApiError(f"DQDL: with {name} = {value}")
        for condition in (rule.threshold, None if rule.kind in DYNAMIC else rule.condition):
            for operand in dynamic(condition):
                raise UnsupportedApiError(f"DQDL dynamic rule of {rule.kind}: {operand.text}")


def dynamic(condition: Condition | None) -> list[Dynamic]:
    """The operands that look at earlier results."""
    return [each for each in (condition.operands if condition else ()) if isinstance(each, Dynamic)]

"""The error of a ruleset that is not DQDL."""

from __future__ import annotations


class RulesetError(ValueError):
    """A ruleset is not written as the DQDL reference says.

    Args:
        text: the ruleset
        position: of the character where it stops being DQDL
        wanted: what may stand there
    """

    def __init__(self, text: str, position: int, wanted: str) -> None:
        before = text[:position]
        line, column = before.count("\n") + 1, position - before.rfind("\n")
        found = text[position : position + 30].split("\n")[0] or "the end"
        super().__init__(
            f"The ruleset is not valid DQDL: line {line}, column {column} has {found!r} where "
            f"{wanted} is expected"
        )

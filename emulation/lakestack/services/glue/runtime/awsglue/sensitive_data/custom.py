"""Custom entity types: patterns that an account keeps (CreateCustomEntityType), run by RE2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import re2

from ..clients import client
from ..errors import SourceError
from .entities import Span


def stored(name: str) -> tuple[str, tuple[str, ...]]:
    """The pattern and the context words of a custom entity type.

    Raises:
        SourceError: the account has none of that name
    """
    glue = client("glue")
    try:
        found = glue.get_custom_entity_type(Name=name)
    except glue.exceptions.EntityNotFoundException as e:
        raise SourceError(
            f"the entity type {name!r} is neither one of AWS's own nor a custom one of this "
            "account; create it with glue create-custom-entity-type"
        ) from e
    return found["RegexString"], tuple(found.get("ContextWords") or ())


def spans(pattern: str, context: Sequence[str], column: str, text: str) -> Iterator[Span]:
    """Where a pattern fits, where a context word stands in the column's name or the text.

    Args:
        pattern: of the entity type
        context: its words; none: the pattern alone counts
        column: the name of the text's column
    """
    around = f"{column} {text}".lower()
    if context and not any(word.lower() in around for word in context):
        return
    for found in compiled(pattern).finditer(text):
        if found.end() > found.start():
            yield found.span()


@cache
def compiled(pattern: str) -> Any:
    """A pattern of a user, which matches in time linear in the text.

    Raises:
        ValueError: it is not valid, or asks for what only backtracking can do
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as e:
        raise ValueError(f"the pattern {pattern!r} cannot be run: {e}") from e

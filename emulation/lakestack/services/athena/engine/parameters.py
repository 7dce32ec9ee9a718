"""Values for the question marks of a statement.

Amazon Athena User Guide, "Use parameterized queries": values are text, and strings stand in single
quotes; one without them that is no other constant is a string (our guess).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakestack.services.athena.engine.errors import QueryError
from lakestack.services.athena.engine.lexer import Words

_CONSTANT = (exp.Literal, exp.Neg, exp.Cast, exp.Null, exp.Boolean, exp.Array, exp.Interval)


def filled(sql: str, given: Sequence[str] | None) -> str:
    """A statement with values in the place of its question marks.

    Args:
        given: in the order of the marks

    Raises:
        QueryError: there are more or fewer than marks
    """
    words, places = Words(sql), []
    while words.here.kind != "end":
        token = words.next()
        if token.kind == "symbol" and token.text == "?":
            places.append(token)
    values = list(given or ())
    if len(places) != len(values):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {len(places)} but found "
            f"{len(values)}",
        )
    found, end = [], 0
    for token, text in zip(places, values, strict=True):
        found += [words.sql[end : token.start], constant(text)]
        end = token.end
    return "".join(found) + words.sql[end:]


def constant(text: str) -> str:
    """A value as SQL."""
    try:
        found = sqlglot.parse_one(text, read="trino")
    except SqlglotError:
        return str(exp.Literal.string(text).sql("trino"))
    names = found.find(exp.Column, exp.Query)
    if isinstance(found, _CONSTANT) and names is None:
        return str(found.sql("trino"))
    return str(exp.Literal.string(text).sql("trino"))

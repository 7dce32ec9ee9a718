"""Evaluates a JSONata expression without Java.

LocalStack 4.9.2 starts a Java machine in its own process, with libraries that it fetches when the
first expression is evaluated. Ours is the package `jsonata-python`, whose patterns run as all
patterns of clients do, and which has a deadline: an expression may run forever.
"""

from __future__ import annotations

import json
from typing import Any

from jsonata import Jsonata
from localstack.services.stepfunctions.asl.jsonata.jsonata import JSONataException

from lakestack.services.stepfunctions.jsonata.functions import FUNCTIONS
from lakestack.services.stepfunctions.jsonata.patterns import engine

MAX_MILLISECONDS = 10_000
"""Time of one expression: our guess."""
MAX_DEPTH = 500
"""Nested evaluations of one expression: our guess, below Python's own limit."""


def evaluate(expression: str) -> Any:
    """The value of an expression, of JSON's types; None also where there is none.

    A function as the value is an empty text: what asks for the type of a text finds out.

    Args:
        expression: with declarations of the variables that it uses

    Raises:
        JSONataException: it is not valid, fails, takes too long, or has a value with a function
    """
    try:
        made = Jsonata(expression, engine, timeout=MAX_MILLISECONDS, stack=MAX_DEPTH)
        for name, function in FUNCTIONS.items():
            made.register_lambda(name, function)
        found = made.evaluate(None)
        if not isinstance(found, (dict, list, str, int, float, bool, type(None))):
            return ""
        return json.loads(json.dumps(found, allow_nan=False))
    except Exception as e:  # Python's own too, of the package
        raise JSONataException("UNKNOWN", str(e)) from e

"""Invokes the functions of integrations and authorizers, within the time that they have."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.apigatewayv2.rules import FUNCTION
from lakestack.services.base import client


class FunctionError(Exception):
    """A function that has failed, or cannot be invoked."""


class LateError(FunctionError):
    """A function that has not answered in time."""


def filled(text: str, variables: Mapping[str, str]) -> str:
    """A URI with the values of the stage's variables."""
    for name, value in variables.items():
        text = text.replace(f"${{stageVariables.{name}}}", value)
    return text


def invoke(uri: str, event: Mapping[str, Any], seconds: float) -> bytes:
    """The answer of a function, as JSON.

    Args:
        uri: the function's ARN, or the path of its invocation
        seconds: that it has

    Raises:
        FunctionError: the URI is none of a function, or the function has failed
        LateError: no answer in time; the function goes on
    """
    found = FUNCTION.fullmatch(uri)
    if found is None:
        raise FunctionError(f"{uri} is no function")
    region, account = found[1].split(":")[3:5]
    payload = json.dumps(event).encode()
    answers: queue.Queue[bytes | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answer = client(account, region, "lambda").invoke(
                FunctionName=found[1], Payload=payload
            )
            told = answer["Payload"].read()
            failed = answer.get("FunctionError")
            answers.put(FunctionError(told.decode(errors="replace")) if failed else told)
        except (ClientError, BotoCoreError) as e:
            answers.put(e)

    threading.Thread(target=ask, name="http-api-function", daemon=True).start()
    try:
        given = answers.get(timeout=seconds)
    except queue.Empty as e:
        raise LateError(f"{found[1]} has not answered within {seconds} s") from e
    if isinstance(given, FunctionError):
        raise given
    if isinstance(given, Exception):
        raise FunctionError(str(given)) from given
    return given

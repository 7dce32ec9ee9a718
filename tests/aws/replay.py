"""Gives the answers of a cassette once more, to commands that only read and ask the same again."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from botocore.awsrequest import AWSResponse
from botocore.response import StreamingBody

from tests.aws.cassette import Cassette, Exchange, as_data
from tests.integration.aws_target.calls import listening

LOOKS: Final = ("doctor", "plan", "status", "verify", "recommend")
"""Commands that only read; what others are answered, and when, depends on threads and time."""
_CALL: Final = "replayed-call"


@contextmanager
def replaying(cassette: Cassette) -> Iterator[Replay]:
    """Answer the clients that are made meanwhile; no connection is made.

    Args:
        cassette: what was recorded

    Yields:
        what answers; it is to be told which command is at work

    Raises:
        LookupError: from the call itself, when the operation was never recorded
    """
    replay = Replay(cassette.exchanges)
    lock = threading.Lock()

    def asked(params: Any, context: dict[str, Any], **_: Any) -> None:
        context[_CALL] = as_data(params)

    def answered(model: Any, context: dict[str, Any], **_: Any) -> Any:
        name = (model.service_model.service_name, model.name)
        with lock:
            one = replay.answer(name, context.get(_CALL))
        answer = _encoded(model.output_shape, as_value(one.answer))
        body = {**answer, "ResponseMetadata": {"HTTPStatusCode": one.status}}
        return AWSResponse("", one.status, {}, None), body

    with listening([("before-parameter-build", asked), ("before-call", answered)]):
        yield replay


class Replay:
    """Which answer a call gets: those of the command that asked it, one after the other.

    Then the last of them again. Where no parameters are the same, because they hold something of
    the day, those that share most are taken.
    """

    def __init__(self, exchanges: list[Exchange]) -> None:
        self._all = list(enumerate(exchanges))
        self._given: set[int] = set()
        self.command = 1
        """Number of the `lake` command that is at work."""

    def answer(self, name: tuple[str, str], params: Any) -> Exchange:
        """The next answer.

        Raises:
            LookupError: there is none to such an operation in this command
        """
        named = [
            (n, one) for n, one in self._all if (one.command, one.name) == (self.command, name)
        ]
        if not named:
            raise LookupError(f"The cassette has no answer to {' '.join(name)}: {params}")
        same = [(n, one) for n, one in named if one.params == params] or _nearest(named, params)
        number, found = next(((n, one) for n, one in same if n not in self._given), same[-1])
        self._given.add(number)
        return found


def _nearest(named: list[tuple[int, Exchange]], params: Any) -> list[tuple[int, Exchange]]:
    """Those that share most with some parameters."""
    words = _words(params)
    shared = [len(words & _words(one.params)) for _, one in named]
    return [one for one, number in zip(named, shared, strict=True) if number == max(shared)]


def _words(params: Any) -> set[str]:
    """All texts in parameters."""
    if isinstance(params, dict):
        return {word for value in params.values() for word in _words(value)}
    if isinstance(params, list):
        return {word for value in params for word in _words(value)}
    return {params} if isinstance(params, str) else set()


def _encoded(shape: Any, value: Any) -> Any:
    """An answer as its service gives it: botocore has decoded the documents that are texts there.

    AWS IAM API Reference, "GetRole": a policy is JSON, URL-encoded.
    """
    kind = shape.type_name if shape is not None else ""
    if kind == "string" and isinstance(value, dict):
        return quote(json.dumps(value))
    if kind == "list":
        return [_encoded(shape.member, item) for item in value]
    if kind == "structure" and isinstance(value, dict):
        return {key: _encoded(shape.members.get(key), item) for key, item in value.items()}
    return value


def as_value(data: Any) -> Any:
    """What `as_data` was given."""
    if isinstance(data, list):
        return [as_value(item) for item in data]
    if not isinstance(data, dict):
        return data
    match list(data.items()):
        case [("$time", str(text))]:
            return datetime.fromisoformat(text)
        case [("$bytes", str(text))]:
            return base64.b64decode(text)
        case [("$stream", str(text))]:
            content = base64.b64decode(text)
            return StreamingBody(io.BytesIO(content), len(content))
    return {key: as_value(item) for key, item in data.items()}

"""Gives the answers of a cassette once more, to clients that ask the same again."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from botocore.awsrequest import AWSResponse
from botocore.response import StreamingBody

from tests.aws.cassette import Cassette, Exchange, as_data
from tests.integration.aws_target.calls import listening

READS: Final = ("BatchGet", "Get", "List", "Describe", "Head", "Scan", "Query", "Check")
"""With which the names of operations begin that change nothing."""
_CALL: Final = "replayed-call"


@contextmanager
def replaying(cassette: Cassette, command: Callable[[], int]) -> Iterator[None]:
    """Answer the clients that are made meanwhile; no connection is made.

    Args:
        cassette: what was recorded
        command: gives the number of the `lake` command that is at work, from 1

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
            one = replay.answer(command(), name, context.get(_CALL))
        answer = _encoded(model.output_shape, as_value(one.answer))
        body = {**answer, "ResponseMetadata": {"HTTPStatusCode": one.status}}
        return AWSResponse("", one.status, {}, None), body

    with listening([("before-parameter-build", asked), ("before-call", answered)]):
        yield


class Replay:
    """Which answer a call gets: polls come more or less often than when it was recorded.

    What changes something is answered in its order. What only reads gets the answers that came
    after the last change that was made here, one after the other, and then the last of them again.
    Parameters that hold something of the day (a time, the mark of a lock) are not compared where no
    others are there.
    """

    def __init__(self, exchanges: list[Exchange]) -> None:
        self.exchanges = exchanges
        self._all = list(enumerate(exchanges))
        self._given: set[int] = set()
        self._now = -1

    def answer(self, command: int, name: tuple[str, str], params: Any) -> Exchange:
        """The next answer.

        Raises:
            LookupError: there is none to such an operation
        """
        named = [(n, one) for n, one in self._all if one.name == name]
        same = [(n, one) for n, one in named if one.params == params] or named
        if not same:
            raise LookupError(f"The cassette has no answer to {' '.join(name)}: {params}")
        same = [(n, one) for n, one in same if one.command == command] or same
        first = min((n for n, one in self._all if one.command >= command), default=0)
        self._now = max(self._now, first - 1)
        reads = name[1].startswith(READS)
        new = [n for n, _ in same if n not in self._given and (n > self._now or not reads)]
        number = new[0] if new else same[-1][0]
        self._given.add(number)
        if not reads:
            self._now = max(self._now, number)
        return self._all[number][1]


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

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

    What changes something is answered in its order. What only reads gets the answers from between
    two changes of all that it names, the last that was made here and the next that was not, one
    after the other, and then the last of them again. Other changes move it on, too, if its thread
    has made them or they were made before its thread asked anything; the main thread waits for all
    others, so all move it on. Parameters that hold something of the day (a time, the mark of a
    lock) are not compared where no others are there.
    """

    def __init__(self, exchanges: list[Exchange]) -> None:
        self.exchanges = exchanges
        self._all = list(enumerate(exchanges))
        self._given: set[int] = set()
        self._changes: list[tuple[int, set[str]]] = []
        self._thread = threading.local()

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
        numbers = [n for n, _ in same]
        if name[1].startswith(READS):
            number = self._read(numbers, _words(params), command)
        else:
            number = next((n for n in numbers if n not in self._given), numbers[-1])
            self._changes.append((number, _words(params)))
            self._thread.known = max(self._known(), number)
        self._given.add(number)
        return self._all[number][1]

    def _read(self, numbers: list[int], words: set[str], command: int) -> int:
        """Which of the recorded answers to a read."""
        made = (n for n, of in self._changes if words and words <= of)
        to_be_made = (
            n
            for n, one in self._all
            if one.command == command
            and n not in self._given
            and not one.name[1].startswith(READS)
            and words
            and words <= _words(one.params)
        )
        after, before = max((self._known(), *made)), min(to_be_made, default=len(self._all))
        possible = [n for n in numbers if n < before] or numbers
        return next((n for n in possible if n > after and n not in self._given), possible[-1])

    def _known(self) -> int:
        """The last change that this thread knows of."""
        last = max((n for n, _ in self._changes), default=-1)
        if threading.current_thread() is threading.main_thread():
            return last
        if not hasattr(self._thread, "known"):
            self._thread.known = last
        return int(self._thread.known)


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

"""A gate for requests that change something, shut while a state is saved.

What is saved is then what was there between two requests: all of each, or nothing. Requests that
came before are waited for, those that come meanwhile wait. Only requests of clients go through it,
jobs and functions included: what a service asks of another one inside the emulator belongs to a
request, or to a background process whose order `procedure` takes care of.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Iterator

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from lakestack.services.saved_state.observer import READING

LOG = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds for the requests that came before; the body of one may still be on its way."""

MOST_SECONDS = 30.0
"""A request does not wait longer than this for a save that hangs."""

WAITING = frozenset(
    {
        "lambda.Invoke",
        "lambda.InvokeWithResponseStream",
        "sagemaker-runtime.InvokeEndpoint",
        "sagemaker-runtime.InvokeEndpointWithResponseStream",
        "stepfunctions.StartSyncExecution",
        "sqs.ReceiveMessage",
    }
)
"""Operations that wait for user code, whose own requests come to the gate, or for a message."""

_TOKEN = "lake.gate"  # noqa: S105 - the name of a number


class Gate:
    """Lets requests through until it is shut."""

    def __init__(self) -> None:
        self._state = threading.Condition()
        self._shut = False
        self._inside: dict[int, str] = {}
        self._numbers = itertools.count()

    def enter(self, name: str, timeout: float = MOST_SECONDS) -> int:
        """Wait until it is open and go in; returns what `leave` takes."""
        with self._state:
            if self._shut and not self._state.wait_for(lambda: not self._shut, timeout):
                LOG.warning("%s does not wait any longer for a save", name)
            number = next(self._numbers)
            self._inside[number] = name
            return number

    def leave(self, number: int) -> None:
        """A request has been answered."""
        with self._state:
            self._inside.pop(number, None)
            if self._shut:  # nobody else waits for those inside
                self._state.notify_all()

    @contextlib.contextmanager
    def passing(self, name: str) -> Iterator[None]:
        """A block that begins when the gate is open, and that a save waits for."""
        number = self.enter(name)
        try:
            yield
        finally:
            self.leave(number)

    @contextlib.contextmanager
    def shut(self, patience: float = PATIENCE) -> Iterator[list[str]]:
        """A block in which nothing goes in; begins when all that were inside have left.

        Yields:
            the names of those that have not left within `patience` seconds; usually none
        """
        with self._state:
            self._shut = True
            self._state.wait_for(lambda: not self._inside, patience)
            late = sorted(self._inside.values())
        try:
            yield late
        finally:
            with self._state:
                self._shut = False
                self._state.notify_all()


GATE = Gate()


def enter(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A handler of requests whose operation is known."""
    del chain, response
    if context.service is None or context.operation is None:
        return
    name = f"{context.service.service_name}.{context.operation.name}"
    if context.operation.name.startswith(READING) or name in WAITING:
        return
    # LocalStack's services ask each other over the network, too.
    if "lake.network" in context.request.environ and not context.is_internal_call:
        context.request.environ[_TOKEN] = GATE.enter(name)


def leave(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A finalizer: it runs whatever has become of the request."""
    del chain, response
    number = context.request.environ.pop(_TOKEN, None) if context.request is not None else None
    if number is not None:
        GATE.leave(number)

"""Between botocore and moto: what is asked is recorded, doubled where moto lacks it, or disturbed.

Requests go the whole way through botocore (parameters validated by its models, signed, retried); a
double or a fault takes moto's place as the far end, so that retries are botocore's own.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from tests.integration.aws_target.calls import Call, listening
from tests.integration.aws_target.errors import AwsError, error_response

_CALL: Final = "X-Test-Call"

Double = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Fault:
    """An answer that is given instead of the real one."""

    service: str
    operation: str
    error: Exception | Callable[[], None]
    """What is raised, or else called before the real answer is given."""
    times: int = 1
    matches: Callable[[dict[str, Any]], bool] = lambda _params: True
    met: int = 0
    """How often it was given."""


@dataclass
class Wire:
    """What stands between all botocore clients of the process and moto."""

    doubles: dict[tuple[str, str], Double] = field(default_factory=dict)
    elsewhere: dict[str, dict[tuple[str, str], Double]] = field(default_factory=dict)
    """Those of other regions, by region."""
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    answered: list[Call] = field(default_factory=list)
    """Those that a double has answered."""
    _open: dict[str, Call] = field(default_factory=dict)
    _results: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """For all botocore sessions that are made meanwhile."""
        hooks = [
            ("before-parameter-build", self._asked),
            ("before-call", self._marked),
            ("after-call", self._finished),
        ]
        former = BotocoreStubber.__call__
        wire = self

        def answer(stubber: Any, event_name: str, request: Any, **kwargs: Any) -> Any:
            if not stubber.enabled:  # another endpoint, such as an emulator of the test's own
                return former(stubber, event_name, request, **kwargs)
            return wire._answer(request) or former(stubber, event_name, request, **kwargs)

        BotocoreStubber.__call__ = answer
        try:
            with listening(hooks):
                yield
        finally:
            BotocoreStubber.__call__ = former

    def own(self) -> list[Call]:
        """The pipeline's calls."""
        return [call for call in self.calls if call.own]

    def _asked(self, params: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        call = Call.asked(params, model, context)
        context["test-call"] = call
        with self._lock:
            self.calls.append(call)

    def _marked(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        call = context.get("test-call")
        if call is None:
            return
        with self._lock:
            number = f"{len(self._open)}-{id(call)}"
            self._open[number] = call
        params["headers"][_CALL] = number

    def _answer(self, request: Any) -> AWSResponse | None:
        number = request.headers.get(_CALL)
        number = number.decode() if isinstance(number, bytes) else number
        call = self._open.get(number or "")
        if call is None:
            return None
        try:
            if call.own:
                self._disturb(call)
            doubles = self.elsewhere.get(call.region, self.doubles)
            double = doubles.get((call.service, call.operation))
            result = double(copy.deepcopy(call.params)) if double else None
        except AwsError as error:
            return error_response(error, request.url, call.protocol)
        if result is None:
            return None
        with self._lock:
            self._results[number] = result
            self.answered.append(call)
        body, kind = (b"{}", "application/json")
        if call.protocol in ("query", "rest-xml"):
            name = f"{call.operation}Response"
            body = f"<{name}><{call.operation}Result/></{name}>".encode()
            kind = "text/xml"
        headers = {"Content-Type": kind, _CALL: number}
        return AWSResponse(request.url, 200, headers, MockRawResponse(body))

    def _disturb(self, call: Call) -> None:
        with self._lock:
            for fault in self.faults:
                same = (fault.service, fault.operation) == (call.service, call.operation)
                if same and fault.met < fault.times and fault.matches(call.params):
                    fault.met += 1
                    if isinstance(fault.error, Exception):
                        raise fault.error
                    fault.error()

    def _finished(self, http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        number = http_response.headers.get(_CALL)
        if number in self._results:
            parsed.update(self._results.pop(number))

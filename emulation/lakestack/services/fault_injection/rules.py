"""Which requests are to fail, and how. No LocalStack in here but its catalogue of APIs."""

from __future__ import annotations

import difflib
import itertools
import math
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.model import ServiceModel
from localstack.aws.spec import get_service_catalog, load_service

from lakestack.errors import StateError

MEMBERS = frozenset(
    {"service", "operation", "error", "message", "status", "rate", "latency", "seed", "times"}
)
MAX_LATENCY = 300.0
EXAMPLE = '{"service": "s3", "operation": "GetObject", "error": "SlowDown", "rate": 0.1}'

_SERVER_ERRORS = {
    **dict.fromkeys(("SlowDown", "ServiceUnavailable", "ServiceUnavailableException"), 503),
    **dict.fromkeys(("InternalError", "InternalFailure", "InternalServerError"), 500),
    **dict.fromkeys(("InternalServerException", "InternalServiceError"), 500),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException"), 403),
}
"""Statuses of codes that API models do not have: "Common Errors" of the services' API references,
and S3 API Reference, "List of error codes". All others are 400, as throttling is."""


@dataclass
class Fault:
    """A fault that was asked for.

    Attributes:
        id: number, for its deletion
        service: boto3's name
        operation: such as ``GetObject``; None: all of the service
        error: AWS's code; None: the request is only late
        status: of HTTP
        rate: share of the requests that are met, 0 to 1
        latency: seconds that a request which is met waits before it is answered
        seed: of the choice, which is then the same each time; None: another each time
        times: how many requests are met at the most; None: no end
        seen: how many requests it could have met
        injected: how many it has met
    """

    id: int
    service: str
    operation: str | None
    error: str | None
    message: str
    status: int
    rate: float
    latency: float
    seed: int | None
    times: int | None
    seen: int = 0
    injected: int = 0
    chance: random.Random = field(default_factory=random.Random, repr=False)

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "chance"}


class Faults:
    """The faults of the emulator. All methods are safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._faults: tuple[Fault, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, document: Mapping[str, Any]) -> Fault:
        """Ask for a fault.

        Args:
            document: members as `MEMBERS`, of which ``service`` and one of ``error`` and
                ``latency`` are needed

        Raises:
            StateError: it is none; it says which member, and what is valid
        """
        fault = _read(document, next(self._numbers))
        with self._lock:
            self._faults = (*self._faults, fault)
        return fault

    def all(self) -> list[dict[str, Any]]:
        """Every fault, oldest first."""
        with self._lock:
            return [fault.as_dict() for fault in self._faults]

    def clear(self, number: int | None = None) -> int:
        """End all, or the one of this id; return how many that were.

        Raises:
            StateError: there is none of this id
        """
        with self._lock:
            left = () if number is None else tuple(f for f in self._faults if f.id != number)
            cleared = len(self._faults) - len(left)
            if number is not None and not cleared:
                ids = ", ".join(str(f.id) for f in self._faults) or "none"
                raise StateError(f"There is no fault {number!r}; there are: {ids}")
            self._faults = left
            return cleared

    def meet(self, service: str, operation: str) -> Fault | None:
        """The first fault that this request meets; counts it."""
        with self._lock:
            for fault in self._faults:
                if fault.service != service or fault.operation not in (None, operation):
                    continue
                if fault.times is not None and fault.injected >= fault.times:
                    continue
                fault.seen += 1
                if fault.chance.random() < fault.rate:
                    fault.injected += 1
                    return fault
        return None


FAULTS = Faults()
"""The emulator's."""


def _read(document: Mapping[str, Any], number: int) -> Fault:
    if unknown := sorted(set(document) - MEMBERS):
        raise _wrong(f"There is no member {', '.join(map(repr, unknown))}", sorted(MEMBERS))
    model = _service(document.get("service"))
    operation, error = document.get("operation"), document.get("error")
    if operation is not None and operation not in model.operation_names:
        raise _wrong(
            f"{model.service_name} has no operation {operation!r}"
            f"{_meant(str(operation), model.operation_names)}",
            model.operation_names,
        )
    if error is not None and not (isinstance(error, str) and error.isidentifier()):
        raise _wrong(f"The error {error!r} is no code", ["SlowDown", "ThrottlingException"])
    latency = _number(document, "latency", 0.0, MAX_LATENCY)
    if error is None and not latency:
        raise StateError("A fault needs an error or a latency", f"such as {EXAMPLE}")
    seed, times = document.get("seed"), document.get("times")
    for name, value in (("seed", seed), ("times", times)):
        if value is not None and (type(value) is not int or value < (name == "times")):
            raise _wrong(f"The {name} {value!r} is none", ["a whole number"])
    status = document.get("status", _status(model, error))
    if type(status) is not int or not 400 <= status <= 599:
        raise _wrong(f"The status {status!r} is none of an error", ["400 to 599"])
    message = document.get("message", f"{error}: a fault that was asked for")
    if not isinstance(message, str):
        raise _wrong(f"The message {message!r} is no text", ["a text"])
    return Fault(
        id=number,
        service=model.service_name,
        operation=operation,
        error=error,
        message=message,
        status=status,
        rate=_number(document, "rate", 1.0, 1.0),
        latency=latency,
        seed=seed,
        times=times,
        chance=random.Random(seed),  # noqa: S311 - a test's choice, no secret
    )


def _service(name: Any) -> ServiceModel:
    if isinstance(name, str) and name in get_service_catalog().service_names:
        return load_service(name)
    raise StateError(f"There is no service {name!r}", f"use boto3's name: {EXAMPLE}")


def _number(document: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = document.get(name, default)
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= most:
        raise _wrong(f"The {name} {value!r} is none", [f"0 to {most:g}"])
    return float(value)


def _status(model: ServiceModel, error: str | None) -> int:
    """The status that the service's model has for an error, or that AWS documents for all."""
    for shape in model.error_shapes:
        if error in (shape.name, shape.metadata.get("error", {}).get("code")):
            found = shape.metadata.get("error", {}).get("httpStatusCode")
            if found or shape.metadata.get("fault"):
                return int(found or 500)
    return _SERVER_ERRORS.get(error or "", 400)


def _meant(name: str, known: Sequence[str]) -> str:
    """What was probably meant: AWS CLI's spelling (``get-object``) is of other letters alone."""
    folded = {each.casefold(): each for each in known}
    typed = name.replace("-", "").replace("_", "").casefold()
    near = difflib.get_close_matches(typed, list(folded), 1, 0.7)
    return f"; did you mean {folded[near[0]]}?" if near else ""


def _wrong(message: str, valid: Any) -> StateError:
    return StateError(message, f"valid: {', '.join(valid)}")

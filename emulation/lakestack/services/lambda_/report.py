"""The lines and error objects that Lambda itself writes around a function's own output.

AWS Lambda Developer Guide, "Viewing CloudWatch logs for Python Lambda functions" and
"Troubleshoot invocation issues".
"""

from __future__ import annotations

import json
import math
import signal
from dataclasses import dataclass
from datetime import datetime

from lakestack import clock

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Report:
    """What the REPORT line tells.

    Args:
        duration: seconds the invocation took
        memory_size: configured, in MB
        peak_bytes: largest resident size of the environment so far
        init: seconds the initialisation took, None for a warm environment
    """

    request_id: str
    duration: float
    memory_size: int
    peak_bytes: int
    init: float | None = None
    status: str | None = None

    def __str__(self) -> str:
        milliseconds = self.duration * 1000
        parts = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {math.ceil(milliseconds)} ms",
            f"Memory Size: {self.memory_size} MB",
            f"Max Memory Used: {math.ceil(self.peak_bytes / MEBIBYTE)} MB",
        ]
        if self.init is not None:
            parts.append(f"Init Duration: {self.init * 1000:.2f} ms")
        if self.status:
            parts.append(f"Status: {self.status}")
        return "\t".join(parts)


def timed_out(request_id: str, timeout: float, now: datetime | None = None) -> str:
    """Text of a timeout in the log."""
    now = now or clock.utc()
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
    return f"{stamp} {request_id} Task timed out after {timeout:.2f} seconds"


def timeout_error(request_id: str, timeout: float) -> bytes:
    """Error object of a timeout, as a test of LocalStack recorded it on AWS in November 2025."""
    message = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
    return json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message}).encode()


def exit_error(request_id: str, status: int) -> bytes:
    """Error object of a runtime that ended without an answer.

    Args:
        status: as subprocess gives it: negative for a signal
    """
    if status < 0:
        reason = f"Runtime exited with error: signal: {_signal_name(-status)}"
    elif status:
        reason = f"Runtime exited with error: exit status {status}"
    else:
        reason = "Runtime exited without providing a reason"
    message = f"RequestId: {request_id} Error: {reason}"
    return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": message}).encode()


def _signal_name(number: int) -> str:
    # Go's names, which AWS prints: "signal: killed", "signal: segmentation fault".
    described = signal.strsignal(number) or str(number)
    return described.split(" (")[0].lower()

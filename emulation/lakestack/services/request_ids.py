"""Ids of requests and traces, from a generator that is seeded once.

`uuid4` and `os.urandom` ask the system each time, and let go of the interpreter's lock meanwhile:
among busy threads that costs more than the rest of a small request. These ids are no secrets.
"""

from __future__ import annotations

import random
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.utils.xray.trace_header import TraceHeader

from lakestack import clock, patches

_RANDOM = random.Random()  # noqa: S311 - no secrets
_bits = _RANDOM.getrandbits


def request_id() -> str:
    """A random UUID (RFC 9562, "UUID Version 4")."""
    number = _bits(128) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def trace_id() -> str:
    """AWS X-Ray Developer Guide, "Tracing header"."""
    return f"1-{int(clock.moment().wall):08x}-{_bits(96):024x}"


def read_trace(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """In the place of LocalStack's handler: the same, with an id of ours where none was sent."""
    del chain, response
    sent = context.request.headers.get("X-Amzn-Trace-Id")
    found: Any = TraceHeader.from_header_str(sent) if sent else None
    if found is None:
        found = TraceHeader(root=trace_id())
    elif found.root is None:
        found._root = trace_id()
    context.trace_context["aws_trace_header"] = found


def install() -> None:
    """Let requests have these ids."""
    patches.replace("request_ids.make", request_id)

"""Runs a jq query over records, in a process of its own: a query may take forever.

Started with the query as its argument. Frames on standard input and output: four bytes of length,
big endian, then that many bytes. An empty frame asks whether the query can be compiled. The answer
is JSON: ``{"values": [...]}`` with at most two results, or ``{"error": "..."}``. It ends with its
input, and kills itself by SIGALRM when one record takes longer than it may.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from typing import Any

RECORD_SECONDS = 5.0
MEMORY_BYTES = 1 << 30
MAX_ANSWER_BYTES = 1 << 20


def main() -> None:
    """Answer frame by frame until the input ends."""
    import jq

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, also within jq
    read, write = sys.stdin.buffer, sys.stdout.buffer
    program: Any = None
    broken = ""
    try:
        program = jq.compile(sys.argv[1])
    except ValueError as e:
        broken = str(e)
    while len(head := read.read(4)) == 4:
        record = read.read(int.from_bytes(head, "big"))
        signal.setitimer(signal.ITIMER_REAL, RECORD_SECONDS)
        if program is None:
            answer: dict[str, object] = {"error": broken}
        else:
            answer = _answer(program, record) if record else {"values": []}
        signal.setitimer(signal.ITIMER_REAL, 0)
        body = json.dumps(answer).encode()
        if len(body) > MAX_ANSWER_BYTES:
            body = json.dumps({"error": f"its result has {len(body)} bytes"}).encode()
        write.write(len(body).to_bytes(4, "big") + body)
        write.flush()


def _answer(program: Any, record: bytes) -> dict[str, object]:
    try:
        results = iter(program.input_text(record.decode()))
        values = [value for _, value in zip(range(2), results, strict=False)]
    except (ValueError, MemoryError) as e:
        return {"error": str(e)[:500] or type(e).__name__}
    return {"values": values}


if __name__ == "__main__":
    main()

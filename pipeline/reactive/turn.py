"""One execution of the state machine at a time works on raw files, and one waits at most.

``_lake/reactive/turn.json`` names both. It is only changed as it was read (If-Match, as of
`pipeline.run_lock`), and an execution that does not run any more holds nothing: whoever asks looks,
so that no time has to expire and nothing has to be given back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal

from botocore.exceptions import ClientError

from pipeline.lake import Lake, error_code, is_missing

__all__ = ["Place", "claim"]

Place = Literal["mine", "wait", "leave"]
"""``mine``: work; ``wait``: ask again; ``leave``: the one who waits takes all files that are there
by then, also those that this execution was started for."""

_CHANGED: Final = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409")
_TRIES: Final = 8
"""Of a change that others come before; executions of one upload begin side by side."""


@dataclass(frozen=True)
class _Turn:
    holder: str = ""
    waiter: str = ""


def claim(lake: Lake, execution: str) -> Place:
    """Take the turn, or a place behind it.

    Args:
        lake: where
        execution: ARN of the one who asks

    Returns:
        what the execution is to do; ``wait`` also when others have changed the turn all the time
    """
    for _ in range(_TRIES):
        turn, etag = _read(lake)
        if turn.holder == execution:
            return "mine"
        held = _runs(lake, turn.holder)
        if turn.waiter not in ("", execution) and _runs(lake, turn.waiter):
            return "leave"
        if held and turn.waiter == execution:
            return "wait"
        wanted = _Turn(turn.holder, execution) if held else _Turn(execution)
        if _put(lake, wanted, etag):
            return "wait" if held else "mine"
    return "wait"


def _key(lake: Lake) -> str:
    return f"{lake.settings.state}/reactive/turn.json"


def _read(lake: Lake) -> tuple[_Turn, str]:
    try:
        answer = lake.s3.get_object(Bucket=lake.bucket, Key=_key(lake))
    except ClientError as error:
        if not is_missing(error):
            raise
        return _Turn(), ""
    try:
        return _Turn(**json.loads(answer["Body"].read())), answer["ETag"]
    except (TypeError, ValueError):
        return _Turn(), answer["ETag"]  # damaged: nobody holds it


def _put(lake: Lake, turn: _Turn, etag: str) -> bool:
    condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    body = json.dumps(vars(turn)).encode("utf-8")
    try:
        lake.s3.put_object(Bucket=lake.bucket, Key=_key(lake), Body=body, **condition)
    except ClientError as error:
        if error_code(error) in _CHANGED:
            return False
        raise
    return True


def _runs(lake: Lake, execution: str) -> bool:
    if not execution:
        return False
    try:
        found = lake.client("stepfunctions").describe_execution(executionArn=execution)
    except ClientError as error:
        if error_code(error) in ("ExecutionDoesNotExist", "InvalidArn"):
            return False
        raise
    return bool(found["status"] == "RUNNING")

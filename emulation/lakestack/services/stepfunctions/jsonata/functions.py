"""The functions that Step Functions adds to JSONata, and the one that it leaves out.

AWS Step Functions Developer Guide, "Transforming data with JSONata in Step Functions", its section
on JSONata functions provided by Step Functions.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

MAX_RANGE = 1000
"""Elements of `$range`'s array."""
_ALGORITHMS = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


def _partition(array: Any, size: Any) -> list[Any]:
    values = array if isinstance(array, list) else [array]
    if not _is_number(size) or int(size) < 1:
        raise ValueError(f"$partition needs a size of at least 1; received {size!r}")
    step = int(size)
    return [values[start : start + step] for start in range(0, len(values), step)]


def _range(first: Any, last: Any, step: Any) -> list[int]:
    if not all(_is_number(each) for each in (first, last, step)) or not int(step):
        raise ValueError("$range needs three numbers, and a step other than 0")
    found = range(int(first), int(last) + (1 if step > 0 else -1), int(step))
    if len(found) > MAX_RANGE:
        raise ValueError(f"$range gives at most {MAX_RANGE} elements; {len(found)} are asked for")
    return list(found)


def _hash(data: Any, algorithm: Any) -> str:
    if algorithm not in _ALGORITHMS:
        valid = ", ".join(_ALGORITHMS)
        raise ValueError(f"$hash needs one of {valid} as its algorithm; received {algorithm!r}")
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return str(_ALGORITHMS[algorithm](text.encode()).hexdigest())


def _random(seed: Any = None) -> float:
    return random.Random(seed).random()  # noqa: S311 - a seed makes it repeatable; no secret


def _parse(text: Any) -> Any:
    return json.loads(text)


def _eval(*_: Any) -> Any:
    raise ValueError("Step Functions does not have $eval; use $parse for JSON")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": _parse,
    "eval": _eval,
}
"""By their names without the ``$``."""

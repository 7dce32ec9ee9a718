"""What may be put in the place of a value, and every place of a request where it can be put."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from tests.support import ACCOUNT, unique

UNIQUE = "@unique@"
"""Replaced by a new name each time that a request is sent."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/fuzz"
Base = tuple[str, dict[str, Any]]
"""An operation and its members."""

GONE: Any = object()
"""Stands for: the member is left out."""

JUNK: tuple[Any, ...] = (
    *(GONE, None, True, False, 0, 1, -1, 1.5, 2**31, 2**63, -(2**63) - 1, 10**30, 1e308),
    *(
        "",
        " ",
        "a",
        "x" * 300,
        "\u0000",
        "\u001b[31m",
        "é\u202e😀",
        "\ud800",
        "../../../etc/passwd",
    ),
    *("null", "[]", "{}", "[1]", '{"a": 1}', "{", "0", "-1", "1e999", "NaN", "true", "%", "${A}"),
    *("9" * 5000, "²", "[" * 100_000, "W10=", "WyJhIiwgMSwgMSwgMSwgMWU5OTld", "eyJhIjoxfQ=="),
    *("arn:aws:s3:::bucket", "arn:aws:dms:us-east-1:000000000000:rep:X", "arn:", "s3://", "a/b/c"),
    *("2020-01-01", "rate(0 days)", "cron(* * * * ? *)", "(", "\\", "*", "!{timestamp:Y", "!{"),
    *([], {}, [None], [[]], [{}], [""], [1], ["a", "a"], {"a": None}, {"": ""}, {"a": {"a": []}}),
)
"""Wrong types, the ends of ranges, texts of the wrong kind."""

RAW_BODIES: tuple[bytes, ...] = (
    *(b"", b"{", b"}", b"[]", b"[1]", b"null", b"true", b"1", b'"text"', b"{}{}", b"{'a': 1}"),
    *(b"\x00", b"\xff\xfe", b'{"a": "\xff"}', b'{"a": NaN}', b'{"a": Infinity}', b"<a/>", b"<a"),
    *(
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"\\ud800": "\\udfff"}',
    ),
    *(b"a=b&c", b"Action", b"%", b"\xef\xbb\xbf{}", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
)
"""Bodies that are nothing the protocols know."""


def places(value: Any, within: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path of a value; texts that hold JSON are entered too."""
    if within:
        yield within
    inner = _inner(value)
    if isinstance(inner, dict):
        for key, item in inner.items():
            yield from places(item, (*within, key))
    elif isinstance(inner, list):
        for i, item in enumerate(inner):
            yield from places(item, (*within, i))


def put(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """A copy of a value with something else at a path."""
    if not path:
        return junk
    inner = _inner(value)
    text = inner is not value
    inner = copy.copy(inner)
    if len(path) == 1 and junk is GONE:
        del inner[path[0]]
    else:
        inner[path[0]] = put(inner[path[0]], path[1:], junk)
    if not text:
        return inner
    return json.dumps(inner, default=str)


def _inner(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def fresh(value: Any) -> Any:
    """A copy with each UNIQUE replaced."""
    if isinstance(value, str):
        return value.replace(UNIQUE, unique("fz"))
    if isinstance(value, list):
        return [fresh(item) for item in value]
    if isinstance(value, dict):
        return {fresh(k) if isinstance(k, str) else k: fresh(v) for k, v in value.items()}
    return value

"""Functions that are no SQL: DuckDB calls Python for them.

Trino documentation, "Functions and operators". Each is NULL where an argument is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import zlib
from collections.abc import Callable
from typing import Any

from lakestack.services.athena.engine import types, values


def _hmac(name: str) -> Callable[[bytes, bytes], bytes]:
    def digest(data: bytes, key: bytes) -> bytes:
        return hmac.digest(key, data, name)

    return digest


def _java_double(value: float) -> str:
    return values.java_double(value)


def _crc32(data: bytes) -> int:
    return zlib.crc32(data)


def _sha512(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def _erf(value: float) -> float:
    return math.erf(value)


def _lower_keys(text: str) -> str:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key.lower(): value for key, value in found}

    return json.dumps(json.loads(text, object_pairs_hook=pairs))


_INTERNAL: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "lake_java_double": (_java_double, ["DOUBLE"], "VARCHAR"),
    "lake_type_name": (types.of_text, ["VARCHAR"], "VARCHAR"),
    "lake_lower_keys": (_lower_keys, ["VARCHAR"], "VARCHAR"),
    "lake_erf": (_erf, ["DOUBLE"], "DOUBLE"),
    "lake_sha512": (_sha512, ["BLOB"], "BLOB"),
}
_PUBLIC: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "crc32": (_crc32, ["BLOB"], "BIGINT"),
    **{
        f"hmac_{name}": (_hmac(name), ["BLOB", "BLOB"], "BLOB")
        for name in ("md5", "sha1", "sha256", "sha512")
    },
}
NAMES = frozenset(_PUBLIC)
"""Those that a query may name."""


def install(connection: Any) -> None:
    """Make the functions.

    Args:
        connection: DuckDB's
    """
    for name, (function, parameters, result) in {**_INTERNAL, **_PUBLIC}.items():
        connection.create_function(name, function, parameters, result)

"""Names of NumPy 1, which AWS Glue has, in NumPy 2: scripts use them, and pyspark.pandas does.

NumPy, "NumPy 2.0 migration guide": members that were another name of what is there still.
"""

from __future__ import annotations

from typing import Any

_SAME = {
    "NaN": "nan",
    "Inf": "inf",
    "Infinity": "inf",
    "infty": "inf",
    "PINF": "inf",
    "float_": "float64",
    "complex_": "complex128",
    "cfloat": "complex128",
    "singlecomplex": "complex64",
    "longfloat": "longdouble",
    "longcomplex": "clongdouble",
    "clongfloat": "clongdouble",
    "string_": "bytes_",
    "unicode_": "str_",
    "round_": "round",
    "alltrue": "all",
    "sometrue": "any",
    "cumproduct": "cumprod",
    "product": "prod",
    "mat": "asmatrix",
}
_VALUES = {"NINF": float("-inf"), "PZERO": 0.0, "NZERO": -0.0}


def restore(numpy: Any) -> None:
    """Give NumPy the names that it has not."""
    known = vars(numpy)
    for old, new in _SAME.items():
        if old not in known and new in known:
            setattr(numpy, old, known[new])
    for old, value in _VALUES.items():
        if old not in known:
            setattr(numpy, old, value)

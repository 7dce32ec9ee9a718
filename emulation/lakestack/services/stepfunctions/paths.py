"""The form of paths and of calls of intrinsic functions, in states that use JSONPath.

AWS Step Functions Developer Guide, "Using JSONPath paths" and "Intrinsic functions for JSONPath
states in Step Functions". What is in the brackets of a path is not looked at: an expression that is
none fails when an execution comes to it.
"""

from __future__ import annotations

import re
from typing import Any

_ROOT = re.compile(r"\$(\$|[^\W\d]\w*)?(?=[.\[]|$)")
"""The input, the context object, or a variable."""

_KEY = r"\.{0,2}[^\s.\[\](){}'\",]+(?:\([^()]*\))?"
"""With a function of JSONPath at the end: ``.length()``."""

_BRACKETS = r"\.{0,2}\[(?:[^\[\]'\"]|'[^']*'|\"[^\"]*\"|\[[^\]]*\])+\]"
_STEP = re.compile(f"{_KEY}|{_BRACKETS}")
_MANY = re.compile(r"\.\.|\.\*|\[[^\]'\"]*[*?:,@][^\]]*\]|\['[^']*'\s*,")
_INTRINSICS = (
    *("Format", "StringToJson", "JsonToString", "Array", "ArrayPartition", "ArrayContains"),
    *("ArrayRange", "ArrayGetItem", "ArrayLength", "ArrayUnique", "Base64Encode", "Base64Decode"),
    *("Hash", "JsonMerge", "MathRandom", "MathAdd", "StringSplit", "UUID"),
)
_ANY_OF_THEM = "|".join(_INTRINSICS)
_CALL = re.compile(rf"\s*States\.({_ANY_OF_THEM})\((?P<arguments>.*)\)\s*", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_NAMES = re.compile(r"(?<![\w.$])States\.(\w*)")


def is_path(value: Any) -> bool:
    """Whether a value has the form of a path: ``$.a[0]``, ``$$.Execution.Id``, ``$name.b``."""
    root = _ROOT.match(value) if isinstance(value, str) else None
    if root is None:
        return False
    at = root.end()
    while at < len(value):
        step = _STEP.match(value, at)
        if step is None:
            # AWS's own samples have a point after the last key.
            return value[at:] == "." and at > root.end()
        at = step.end()
    return True


def is_reference(value: Any) -> bool:
    """Whether a path names one place of the input, so that something can be put there."""
    if not is_path(value) or not (value == "$" or value[1] in ".["):
        return False
    return _MANY.search(value) is None


def is_intrinsic(value: Any) -> bool:
    """Whether a value has the form of a call: known functions, quotes and brackets that close."""
    call = _CALL.fullmatch(value) if isinstance(value, str) else None
    if call is None:
        return False
    arguments = _QUOTED.sub("", call["arguments"])
    if "'" in arguments or any(name not in _INTRINSICS for name in _NAMES.findall(arguments)):
        return False
    depth = 0
    for letter in arguments:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0

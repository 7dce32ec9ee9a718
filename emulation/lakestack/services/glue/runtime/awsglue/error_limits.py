"""How many error records a transformation may make: ``stageThreshold`` and ``totalThreshold``.

AWS Glue Developer Guide, "DynamicFrame class": the number of errors at which the process should
error out; zero by default, which says that it should not. Here they are counted when the
transformation is called, on AWS when its records are first asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_STAGE, _TOTAL = "stageThreshold", "totalThreshold"


def limited(method: Callable[P, R]) -> Callable[P, R]:
    """Let a transformation fail where it makes as many error records as it is told."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        made: Any = method(*args, **kwargs)
        stage, total = (_whole(kwargs.get(name), name) for name in (_STAGE, _TOTAL))
        if stage or total:
            for frame in made.values() if isinstance(made, Mapping) else (made,):
                frame._limit_errors(stage, total)
        return made  # type: ignore[no-any-return]

    return call


def _whole(given: object, name: str) -> int:
    try:
        number = int(str(given or 0))
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError(f"{name}={given!r} is no number of records; expected 0 or more")
    return number

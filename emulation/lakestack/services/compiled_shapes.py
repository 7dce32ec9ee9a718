"""Functions that are compiled from the shapes of an API model, once for each shape.

A shape may contain itself, and two first requests of an operation may come at the same time: what
refers to a shape that is still being compiled gets a function that waits for the end of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from botocore.model import Shape

T = TypeVar("T", bound=Callable[..., Any] | None)

_LOCK = threading.RLock()


def as_it_is(value: Any, *_arguments: Any) -> Any:
    """The value."""
    return value


def once(
    shape: Shape,
    cache: str,
    key: Hashable,
    make: Callable[[], T],
    idle: Callable[..., Any] = as_it_is,
) -> T:
    """The function of a shape, made when it is first asked for.

    Args:
        shape: of an API model; what is made lives as long as the model
        cache: name of the kind of function
        key: of the shape, among the functions of this kind
        make: makes the function; it may ask for the functions of the shapes within. None: there
            is nothing to do
        idle: stands for None where a shape contains itself
    """
    made: dict[Hashable, T] = shape._shape_resolver.__dict__.setdefault(cache, {})
    if key in made:
        return made[key]
    with _LOCK:
        if key in made:
            return made[key]
        begun: set[Hashable] = shape._shape_resolver.__dict__.setdefault(f"{cache}_begun", set())
        if key in begun:
            return _later(made, key, idle)
        begun.add(key)
        try:
            made[key] = make()
        finally:
            begun.discard(key)
        return made[key]


def _later(made: dict[Hashable, T], key: Hashable, idle: Callable[..., Any]) -> T:
    def call(*arguments: Any) -> Any:
        if key not in made:
            with _LOCK:  # free when the outermost shape is compiled
                pass
        function = made[key]
        return idle(*arguments) if function is None else function(*arguments)

    return cast(T, call)

"""What other distributions add to the pipeline, by the name of an entry-point group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["entry_points", "plugins"]


def entry_points(group: str) -> Iterator[EntryPoint]:
    """The entry points of a group, each once.

    `importlib.metadata.entry_points` parses the metadata of every package, which takes longer than
    what most commands want to know.
    """
    from importlib.metadata import distributions

    seen: set[str] = set()  # of a distribution that is on the path twice
    for distribution in distributions():
        if f"[{group}]" in (distribution.read_text("entry_points.txt") or ""):
            for point in distribution.entry_points:
                if point.group == group and point.value not in seen:
                    seen.add(point.value)
                    yield point


def plugins(group: str) -> Iterator[Callable[..., Any]]:
    """The callables of a group."""
    return (point.load() for point in entry_points(group))

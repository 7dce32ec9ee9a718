"""What other distributions add to the pipeline, by the name of an entry-point group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from typing import Any

__all__ = ["plugins"]


def plugins(group: str) -> Iterator[Callable[..., Any]]:
    """The callables of a group.

    `importlib.metadata.entry_points` parses the metadata of every package, which takes longer than
    what most commands want to know.
    """
    for distribution in distributions():
        if f"[{group}]" in (distribution.read_text("entry_points.txt") or ""):
            yield from (p.load() for p in distribution.entry_points if p.group == group)

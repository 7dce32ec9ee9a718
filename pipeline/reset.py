"""Empties a target of this machine as a whole, in less time than a lake takes to be destroyed.

A plug-in names a callable in the entry-point group ``lake.reset.<target>``; it is given the
endpoint and returns what was emptied, as a document, or raises an error with `message` and `hint`.
A target that is anybody's account has none: there only `lake destroy` knows what is the lake's.
"""

from __future__ import annotations

from typing import Any

from pipeline.errors import TargetError
from pipeline.plugins import plugins
from pipeline.target import Target

__all__ = ["reset"]


def reset(target: Target) -> dict[str, Any]:
    """Empty a target; returns what the plug-in says of it.

    Raises:
        TargetError: nothing empties this target as a whole
    """
    for empty in plugins(f"lake.reset.{target.name}"):
        found: dict[str, Any] = empty(target.endpoint)
        return found
    raise TargetError(
        f"The {target.name} target is not emptied as a whole: it may hold more than the lake.",
        "Delete the lake alone with: lake destroy",
    )

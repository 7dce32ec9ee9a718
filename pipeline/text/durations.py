"""How long AWS usually takes for what a lake waits for, so that a person knows whether to worry.

Our guess, as no run on an account has been recorded yet: the user guides give no figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pipeline.settings import ROOT

__all__ = ["ON_AWS", "waiting_text"]

ON_AWS: Final[Mapping[str, int]] = MappingProxyType(
    {
        ROOT: 15,  # the replication instance
        "tables": 1,
        "streaming": 3,
        "catalog": 2,
        "serving": 8,  # the endpoint
        "bucket": 1,
        "full_load": 5,
        "stream": 4,
        "transform": 4,
        "train": 6,
    }
)
"""Minutes, by template of a stack and by stage."""


def waiting_text(what: str, seconds: float, usual: int | None) -> str:
    """A line about a wait that goes on.

    Args:
        what: what is waited for
        seconds: for how long so far
        usual: minutes that it usually takes, None where nobody knows
    """
    so_far = f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
    usually = f", usually about {usual} min in all" if usual else ""
    return f"waiting for {what}: {so_far} so far{usually}"

"""A `time.sleep` for one module: the library's own is used by every thread of the process."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


class _Time:
    def __init__(self, sleep: Callable[[float], Any]) -> None:
        self.sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def replace_sleep(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, sleep: Callable[[float], Any]
) -> None:
    """Let a module, which has ``import time``, pause by another function until the test ends."""
    monkeypatch.setattr(module, "time", _Time(sleep))

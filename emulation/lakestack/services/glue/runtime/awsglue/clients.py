"""Clients of AWS services, by the standard AWS_* variables; scripts may read sources in threads."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

_lock = threading.Lock()


def client(service: str) -> Any:
    """The process's client of a service; unlike ``boto3.client`` safe to call from threads."""
    with _lock:
        return _client(service)


@cache
def _client(service: str) -> Any:
    import boto3

    return boto3.client(service)

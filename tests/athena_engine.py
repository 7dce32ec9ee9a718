"""Athena's engine for tests: what runs queries is no part of the tests' environment."""

from __future__ import annotations

import functools
import os
import sys

from lakestack.errors import ArtifactError
from lakestack.services.athena import packages


@functools.cache
def lacking() -> str:
    """Why there is no engine, empty where there is one; it is fetched once, into the cache."""
    try:
        packages.ENGINE.fetched(lambda _: None, os.environ)
    except ArtifactError as e:
        return e.message
    return ""


def importable() -> None:
    """Let this process import what the engine does, after everything else."""
    if not lacking() and str(packages.ENGINE.folder) not in sys.path:
        sys.path.append(str(packages.ENGINE.folder))

"""What runs each kind of statement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lakestack.services.athena.engine import catalog_statements, query_statements
from lakestack.services.athena.engine.session import Document, Job, Session

RUNNERS = {**catalog_statements.RUNNERS, **query_statements.RUNNERS}


def run(clients: Callable[[str], Any], folder: Path, job: Job) -> Document:
    """A job's outcome; never raises.

    Args:
        clients: makes boto3's clients
        folder: where files may be
    """
    return Session(clients, folder, job).run(RUNNERS, frozenset(query_statements.RUNNERS))

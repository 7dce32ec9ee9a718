"""The rows, one module for each service; a module has ``rows(small) -> list[Row]``."""

from __future__ import annotations

from tests.bench.peers.row import Row
from tests.bench.peers.rows import dynamodb, kinesis, s3

MODULES = (dynamodb, kinesis, s3)


def rows(small: bool) -> list[Row]:
    """All rows.

    Args:
        small: as few requests as tell who is ahead, for every landing
    """
    return [row for module in MODULES for row in module.rows(small)]

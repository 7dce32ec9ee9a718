"""Operations on items, as bytes, straight to the engine.

Scans go by segments (`segmented_scan`), Queries by a limit (`limited_query`).
"""

from __future__ import annotations

import functools

import orjson

from lakestack.services.dynamodb import engine, limited_query
from lakestack.services.dynamodb.access import access_key_id
from lakestack.services.dynamodb.engine_connection import Answer, EngineConnections
from lakestack.services.dynamodb.segmented_scan import Document, Scans

SCANS = Scans()


@functools.cache
def _connections(port: int) -> EngineConnections:
    return EngineConnections(port)


def ask(operation: str, account: str, region: str, body: bytes) -> Answer | None:
    """Do one operation; None while there is no engine that could be asked at once.

    Args:
        region: as DynamoDB knows it
        body: JSON, as it goes over the wire

    Raises:
        OSError: the engine breaks off, or says nothing for too long
    """
    running = engine.engine()
    if running is None or running.state != "running":
        return None
    return _connections(running.port).ask(operation, access_key_id(account, region), region, body)


def search(
    operation: str, account: str, region: str, body: bytes, request: Document
) -> Answer | None:
    """Answer a Scan or a Query, as `ask`, at a cost that does not grow with what remains.

    Args:
        request: the body, parsed
    """
    running = engine.engine()
    if running is None or running.state != "running":
        return None
    key, connections = access_key_id(account, region), _connections(running.port)

    def question(operation: str, text: bytes) -> Answer:
        return connections.ask(operation, key, region, text)

    if operation == "Query":
        return limited_query.query(body, request, question)
    return SCANS.scan(key, body, request, question)


def parsed(body: bytes) -> Document | None:
    """A body's JSON object; None when it is none, or needs the strict reading."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None

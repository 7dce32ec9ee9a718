"""A record on its way through a delivery stream, and where it is bound for."""

from __future__ import annotations

from typing import Any, NamedTuple

MAIN, ERROR, BACKUP = "main", "error", "backup"
"""Outputs of a delivery stream: the destination, its failed records, its source records."""


class Origin(NamedTuple):
    """Where in a Kinesis stream a record was; Lambda's event has it as kinesisRecordMetadata.

    Attributes:
        subsequence: place within a KPL aggregate, 0 for a record of its own
        arrival: Unix seconds
    """

    shard_id: str
    partition_key: str
    sequence: int
    subsequence: int
    arrival: float


class SourceRecord(NamedTuple):
    """One record.

    Attributes:
        arrival: Unix seconds at which the delivery stream (or its Kinesis stream) took it
        origin: None for one that was put directly
    """

    arrival: float
    data: bytes
    origin: Origin | None = None


class Folder(NamedTuple):
    """A prefix with partition keys.

    Attributes:
        keys: pairs of an expression, such as ``partitionKeyFromQuery:id``, and its value
    """

    prefix: str
    keys: tuple[tuple[str, str], ...]


class Route(NamedTuple):
    """What decides in which object a record comes to lie.

    Attributes:
        output: `MAIN`, `ERROR` or `BACKUP`
        error_type: of `ERROR`: what ``!{firehose:error-output-type}`` becomes
        folder: of `MAIN` with dynamic partitioning: the prefix, and the values of its expressions;
            None without
    """

    output: str = MAIN
    error_type: str = ""
    folder: Folder | None = None


class Placed(NamedTuple):
    """A record with its route."""

    route: Route
    record: SourceRecord


TO_DESTINATION = Route()
TO_BACKUP = Route(BACKUP)


def saved_route(route: Route) -> list[Any]:
    """A route as plain data."""
    folder = route.folder and [route.folder.prefix, [list(pair) for pair in route.folder.keys]]
    return [route.output, route.error_type, folder]


def restored_route(fields: list[Any]) -> Route:
    """The route that `saved_route` described."""
    output, error_type, folder = fields
    if folder is not None:
        folder = Folder(folder[0], tuple((name, value) for name, value in folder[1]))
    return Route(output, error_type, folder)


def saved(record: SourceRecord) -> list[Any]:
    """A record as plain data, without its bytes: their number stands for them."""
    origin = list(record.origin) if record.origin is not None else None
    return [record.arrival, len(record.data), origin]


def restored(fields: list[Any], data: bytes) -> SourceRecord:
    """The record that `saved` described."""
    arrival, _, origin = fields
    return SourceRecord(arrival, data, Origin(*origin) if origin is not None else None)

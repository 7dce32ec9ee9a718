"""What a delivery stream holds, as plain data and back; what its provider does not load."""

from __future__ import annotations

import subprocess
import sys

from lakestack.plain_data import plain
from lakestack.services.firehose.buffer import Batch, BufferingHints, Outputs
from lakestack.services.firehose.records import (
    BACKUP,
    ERROR,
    TO_BACKUP,
    TO_DESTINATION,
    Folder,
    Origin,
    Placed,
    Route,
    SourceRecord,
)

ORIGIN = Origin("shardId-000000000000", "key", 49590338271490256608559692538361571095, 3, 7.5)
ROUTES = (
    TO_DESTINATION,
    TO_BACKUP,
    Route(ERROR, "processing-failed"),
    Route(folder=Folder("c=!{partitionKeyFromQuery:c}/", (("partitionKeyFromQuery:c", "a"),))),
)


def test_every_route_comes_back_from_plain_data() -> None:
    for route in ROUTES:
        batch = Batch(5.0, 1.0, route, "key", "failed key")
        batch.append(SourceRecord(5.0, b"one"))
        batch.append(SourceRecord(4.0, b"\x00two", ORIGIN))
        found = Batch.restored(plain(batch.snapshot(), ""))
        assert (found.route, found.records, found.size) == (route, batch.records, batch.size)
        assert (found.key, found.failed_key, found.arrival) == ("key", "failed key", 4.0)


def test_each_route_has_objects_of_its_own_and_each_output_its_hints() -> None:
    hints = {ERROR: BufferingHints(1, 5), BACKUP: BufferingHints(1, 50)}
    outputs = Outputs(lambda output: hints.get(output, BufferingHints(1, 20)))
    for now in (100.0, 101.0):
        placed = [Placed(route, SourceRecord(1.0, b"x")) for route in ROUTES]
        assert list(outputs.add(placed, now=now)) == []
    assert outputs.due_in(100.0) == 5.0
    assert [batch.route for batch in outputs.take(105.0)] == [ROUTES[2]]
    assert {batch.route for batch in outputs.take(120.0)} == {ROUTES[0], ROUTES[3]}
    (backup,) = outputs.take()
    assert (backup.route, backup.body) == (TO_BACKUP, b"xx")


def test_a_folder_that_was_delivered_makes_room_for_another() -> None:
    def route(key: str) -> Route:
        return Route(folder=Folder("p", (("partitionKeyFromQuery:k", key),)))

    full = Route(ERROR, "full")
    outputs = Outputs(lambda _: BufferingHints(1, 20), lambda r: Placed(full, r), max_folders=2)
    record = SourceRecord(1.0, b"x")
    list(outputs.add([Placed(route(key), record) for key in "abca"], now=0.0))
    found = {batch.route: len(batch) for batch in outputs.pending}
    assert found == {route("a"): 2, route("b"): 1, full: 1}
    for batch in outputs.take():
        outputs.delivered(batch.route)
    list(outputs.add([Placed(route("c"), record)], now=0.0))
    assert [batch.route for batch in outputs.pending] == [route("c")]


def test_the_provider_loads_nothing_that_only_some_streams_need() -> None:
    code = (
        "import sys, lakestack.services.firehose.provider\n"
        "print(*{'jq', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

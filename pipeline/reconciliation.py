"""Every hop of the lake: source = written + rejected + duplicates, counted at the services.

Nothing here trusts what a stage has said about itself where the thing can be counted: rows are
counted in the objects, items by scans, events in what Firehose delivered.
"""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import ClientError

from pipeline.delivered import Delivered
from pipeline.distinct_keys import DistinctKeys, Overlap
from pipeline.exceptions_table import users
from pipeline.item_counts import items_once
from pipeline.lake import Lake, is_missing
from pipeline.run_state import Record
from pipeline.settings import EXCEPTIONS_TABLE, PARTIAL, TABLE_KEYS, TABLES, Settings
from pipeline.simulated_ratings import Simulated, simulated
from pipeline.stages.full_load import find_task, table_statistics
from pipeline.stages.land import quarantine_key
from pipeline.stages.stream import SourceEvents, source_events_once
from pipeline.training_data import Directory, job_report, read_directory

__all__ = ["Hop", "Measured", "measure", "reconcile"]


@dataclass(frozen=True)
class Hop:
    """Rows on their way from one place to the next."""

    stage: str
    """The stage that makes it."""
    name: str
    source: int
    written: int
    rejected: int = 0
    duplicates: int = 0
    """Rows that share a key with another one and therefore become one item or row."""

    @property
    def difference(self) -> int:
        """Rows that are unaccounted for; negative when there are more than there should be."""
        return self.source - self.written - self.rejected - self.duplicates

    def as_dict(self) -> dict[str, int | str]:
        """For JSON."""
        return {**vars(self), "difference": self.difference}


@dataclass(frozen=True)
class Landed:
    """A CSV object in ``data/``."""

    rows: int
    keys: int
    quarantined: int


@dataclass(frozen=True)
class Measured:
    """Everything that was counted at the services."""

    settings: Settings
    land: Record
    stream: Record | None
    landed: dict[str, Landed]
    items: dict[str, int | None]
    """Items per DynamoDB table, None when there is no table."""
    shares_exceptions: bool
    """Whether lakes of other projects have rows in DMS's table of rejected rows, too."""
    load_errors: dict[str, int]
    delivered: Delivered
    wanted: SourceEvents
    streamed: Overlap
    """Events of the source and those that were delivered."""
    simulated: Simulated
    """Ratings of drifts and raw files, which were streamed like those of the landed file."""
    rating: Directory
    movies: Directory
    links: Directory


def measure(lake: Lake, land: Record) -> Measured:
    """Count everything, several things at a time; what is not there counts nothing."""
    settings = lake.settings
    loaded = (settings.dynamodb_table(t) for t in TABLES)
    tables = (*loaded, EXCEPTIONS_TABLE, settings.streamed_table)
    report = job_report(lake)
    with ThreadPoolExecutor(max_workers=4) as pool:
        items = {t: pool.submit(items_once, lake, t) for t in tables}
        delivered = pool.submit(Delivered.once, lake)
        wanted = pool.submit(source_events_once, lake)
        drifts = pool.submit(simulated, lake)
        landed = {t: pool.submit(_landed, lake, t) for t in (*TABLES, PARTIAL)}
        written = {
            name: pool.submit(read_directory, lake, name, key_columns, report)
            for name, key_columns in (("rating", 2), ("movies", 1), ("links", 1))
        }
        there, source = delivered.result(), wanted.result()
        return Measured(
            settings=settings,
            land=land,
            stream=lake.state.read("stream"),
            landed={t: f.result() for t, f in landed.items()},
            items={t: f.result() for t, f in items.items()},
            shares_exceptions=bool((users(lake) or set()) - {settings.project}),
            load_errors=_load_errors(lake),
            delivered=there,
            wanted=source,
            streamed=source.events.overlap(there.distinct),
            simulated=drifts.result(),
            rating=written["rating"].result(),
            movies=written["movies"].result(),
            links=written["links"].result(),
        )


def reconcile(measured: Measured) -> list[Hop]:
    """The hops in the order in which rows travel."""
    hops, named = [], measured.settings.dynamodb_table
    for table, there in measured.landed.items():
        file = measured.land.details["files"][table]
        hops.append(
            Hop(
                "land",
                f"{table}.csv → S3",
                file["rows"] + file["rejected"],
                there.rows,
                there.quarantined,
            )
        )
    for table in TABLES:
        there = measured.landed[table]
        hops.append(
            Hop(
                "full_load",
                f"S3 {table} → {named(table)}",
                there.rows,
                measured.items.get(named(table)) or 0,
                measured.load_errors.get(table, 0),
                there.rows - there.keys,
            )
        )
    hops += _stream_hops(measured)
    tables = {t: named(t) for t in ("ratings", "movies", "links")}
    items = {t: measured.items.get(name) or 0 for t, name in tables.items()}
    for name, received, directory in (
        (
            f"firehose + {tables['ratings']} → rating",
            measured.delivered.records + items["ratings"],
            measured.rating,
        ),
        (f"{tables['movies']} → movies", items["movies"], measured.movies),
        (f"{tables['links']} → links", items["links"], measured.links),
    ):
        hops.append(
            Hop(
                "transform",
                name,
                received,
                directory.rows,
                directory.quarantined,
                directory.duplicates,
            )
        )
    return hops


def _stream_hops(measured: Measured) -> list[Hop]:
    rows = measured.landed[PARTIAL].rows + measured.simulated.rows
    rejected = measured.stream.counts.get("rejected", 0) if measured.stream else 0
    source = measured.wanted
    return [
        Hop(
            "stream",
            "partial-load → firehose/",
            rows,
            len(measured.delivered.distinct) + measured.delivered.strange,
            rejected,
            rows - rejected - len(source.events),
        ),
        Hop(
            "stream",
            f"stream → {measured.settings.streamed_table}",
            rows,
            measured.items.get(measured.settings.streamed_table) or 0,
            rejected,
            rows - rejected - len(source.pairs),
        ),
    ]


def _landed(lake: Lake, table: str) -> Landed:
    rows, keys = 0, DistinctKeys()
    with lake.text(lake.settings.data_key(table)) as lines:
        reader = csv.reader(lines)
        header = next(reader, [])
        columns = [header.index(c) for c in TABLE_KEYS.get(table, TABLE_KEYS["ratings"])]
        for row in reader:
            rows += 1
            keys.add(tuple(row[c] for c in columns))
    try:
        quarantined = lake.read(quarantine_key(lake.settings.quarantine, table)).count(b"\n")
    except ClientError as error:
        if not is_missing(error):
            raise
        quarantined = 0
    return Landed(rows, len(keys), quarantined)


def _load_errors(lake: Lake) -> dict[str, int]:
    if lake.stacks.describe("003-full-load") is None:
        return {}
    arn = lake.stacks.outputs("003-full-load")["TaskArn"]
    if find_task(lake, arn)["Status"] == "ready":
        return {}
    return {s["TableName"]: s.get("FullLoadErrorRows", 0) for s in table_statistics(lake, arn)}

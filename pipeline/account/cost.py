"""What a run costs and what keeps billing after it, from the templates, the sizes and the rows.

Prices are those of `pipeline.prices`. Times and amounts are our guess: no run on a real
account has been recorded yet; each constant says what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from pipeline.account.schedule_cost import Line, monthly_lines
from pipeline.account.templates import Resource
from pipeline.prices import PriceList
from pipeline.settings import PARTIAL, TABLES
from pipeline.sizes import Sizes

__all__ = ["SMALL", "Costs", "Item", "estimate", "hourly"]

SMALL: Final[Mapping[str, int]] = MappingProxyType(
    {"ratings": 80_000, PARTIAL: 20_836, "movies": 9_742, "links": 9_742, "tags": 3_683}
)
"""Rows of MovieLens' ml-latest-small, which is what is taken when nothing is given."""
HOURS_WITHOUT_ROWS: Final = 0.75
"""A run that makes everything: DMS instance and endpoint take ten minutes and more each."""
ROWS_PER_SECOND: Final = 1000
"""Of the full load, and of the stream's one shard."""
JOB_HOURS: Final = 10 / 60
CRAWL_HOURS: Final = 10 / 60
"""The least that a crawler's run is billed (AWS Glue pricing)."""
CRAWL_DPUS: Final = 2
"""As in the example of AWS Glue pricing."""
TRAINING_HOURS: Final = 10 / 60
BYTES_PER_ROW: Final = 150
"""Of an item with its overhead, and of a row in S3 with its copies."""
SCANS: Final = 6
"""Of all tables: crawler, job and the counts of `lake verify`."""
FIREHOSE_RECORD: Final = 5 * 1024
"""Bytes to which a record is rounded up (Amazon Data Firehose pricing)."""
REQUESTS: Final = 1000
"""Requests to S3 that write or list."""
LOG_GB: Final = 0.1
DMS_TABLE_UNITS: Final = 200
"""Read and write capacity of a table that DMS makes (AWS DMS User Guide, 'Using an Amazon DynamoDB
database as a target')."""
_GB: Final = 2**30


@dataclass(frozen=True)
class Item:
    """One line of the bill.

    Attributes:
        what: for people
        price: its name in the table
        amount: how many units of the price
        unit: what the price is for
        usd: the whole, None where the table has no price
    """

    what: str
    price: str
    amount: float
    unit: str
    usd: float | None


@dataclass(frozen=True)
class Costs:
    """What is to be paid, about.

    Attributes:
        title: where the prices are from
        hours: how long the run takes
        run: what the run's own work costs
        hourly: what bills by the hour as long as it is there: an hour of each
        monthly: what bills for being kept: 30 days of each
    """

    title: str
    hours: float
    run: list[Item] = field(default_factory=list)
    hourly: list[Item] = field(default_factory=list)
    monthly: list[Item] = field(default_factory=list)

    @property
    def unknown(self) -> list[str]:
        """What the table has no price for."""
        return [i.what for i in (*self.run, *self.hourly, *self.monthly) if i.usd is None]

    @property
    def per_hour(self) -> float:
        """USD for an hour of what bills by the hour."""
        return _sum(self.hourly)

    @property
    def per_run(self) -> float:
        """USD for a run, with what bills by the hour while it is at work."""
        return _sum(self.run) + self.per_hour * self.hours

    @property
    def per_month(self) -> float:
        """USD for 30 days of a lake that nobody destroys."""
        return self.per_hour * 24 * 30 + _sum(self.monthly)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        lists = {name: getattr(self, name) for name in ("run", "hourly", "monthly")}
        return {
            "prices": self.title,
            "hours": round(self.hours, 2),
            **{name: [vars(item) for item in items] for name, items in lists.items()},
            "usd": {
                "run": round(self.per_run, 2),
                "hour": round(self.per_hour, 4),
                "month": round(self.per_month, 2),
            },
            "unknown": self.unknown,
        }


def estimate(
    prices: PriceList,
    made: Iterable[Resource],
    sizes: Sizes,
    rows: Mapping[str, int],
    tables: Mapping[str, str],
) -> Costs:
    """The costs of a lake.

    Args:
        prices: of the target
        made: all resources that there will be
        sizes: what is ordered
        rows: of each file of the source
        tables: DynamoDB table by source table

    Returns:
        what a run costs, and what bills after it
    """
    hours = HOURS_WITHOUT_ROWS + sum(rows.values()) / ROWS_PER_SECOND / 3600
    there = list(made)
    return Costs(
        prices.title,
        hours,
        _gather(prices, _by_the_run(sizes, rows)),
        hourly(prices, there, tables),
        _gather(prices, _by_the_month(there, sizes, rows)),
    )


def hourly(prices: PriceList, made: Iterable[Resource], tables: Mapping[str, str]) -> list[Item]:
    """What bills by the hour: an hour of each; arguments as of `estimate`."""
    return _gather(prices, _by_the_hour(list(made), tables))


def _gather(prices: PriceList, lines: Iterable[Line]) -> list[Item]:
    items = []
    for what, name, amount in lines:
        price = prices.price(name)
        usd = None if price is None else price.usd * amount
        items.append(Item(what, name, amount, price.unit if price else "unit", usd))
    return items


def _by_the_hour(made: list[Resource], tables: Mapping[str, str]) -> Iterator[Line]:
    for resource in made:
        yield from _hours_of(resource)
    named = {r.name for r in made if r.kind == "AWS::DynamoDB::Table"}
    for table in (name for name in tables.values() if name not in named):
        yield f"table {table}, made by DMS: writes", "dynamodb:wcu", DMS_TABLE_UNITS
        yield f"table {table}, made by DMS: reads", "dynamodb:rcu", DMS_TABLE_UNITS


def _hours_of(resource: Resource) -> Iterator[Line]:
    given = resource.properties
    match resource.kind:
        case "AWS::DMS::ReplicationInstance":
            size = given["ReplicationInstanceClass"]
            zones = 2 if _true(given.get("MultiAZ")) else 1
            yield f"DMS replication instance {size}", f"dms:{size}", zones
            if _true(given.get("PubliclyAccessible", True)):  # DMS's own default
                yield "its public IPv4 address", "ec2:public-ipv4", zones
        case "AWS::Kinesis::Stream":
            if given.get("StreamModeDetails", {}).get("StreamMode") != "ON_DEMAND":
                yield f"stream {resource.name}", "kinesis:shard", int(given["ShardCount"])
            else:
                yield f"stream {resource.name} on demand", "kinesis:on-demand-stream", 1
        case "AWS::SageMaker::EndpointConfig":
            for variant in given["ProductionVariants"]:
                if "InstanceType" in variant:
                    size = variant["InstanceType"]
                    count = int(variant.get("InitialInstanceCount", 1))
                    yield f"endpoint on {size}", f"hosting:{size}", count
        case "AWS::DynamoDB::Table" if "ProvisionedThroughput" in given:
            units = given["ProvisionedThroughput"]
            yield f"table {resource.name}: writes", "dynamodb:wcu", int(units["WriteCapacityUnits"])
            yield f"table {resource.name}: reads", "dynamodb:rcu", int(units["ReadCapacityUnits"])
        case "AWS::EC2::VPCEndpoint" if given.get("VpcEndpointType") == "Interface":
            zones = len(given.get("SubnetIds", [None]))
            yield f"interface endpoint {resource.logical}", "ec2:interface-endpoint", zones
        case "AWS::EC2::NatGateway":
            yield f"NAT gateway {resource.logical}", "ec2:nat-gateway", 1
        case "AWS::EC2::EIP":
            yield f"public IPv4 address {resource.logical}", "ec2:public-ipv4", 1


def _by_the_run(sizes: Sizes, rows: Mapping[str, int]) -> Iterator[Line]:
    loaded, streamed = sum(rows.get(table, 0) for table in TABLES), rows.get(PARTIAL, 0)
    size = sizes.training_instance_type
    yield "Glue job run", "glue:dpu", _job_dpu_hours(sizes)
    yield "runs of two crawlers", "glue:dpu", 2 * CRAWL_DPUS * CRAWL_HOURS
    yield f"training job on {size}", f"training:{size}", TRAINING_HOURS
    yield "rows written to DynamoDB", "dynamodb:write", loaded + streamed
    pages = (loaded + streamed) * BYTES_PER_ROW / 4096
    yield "scans of the tables", "dynamodb:read", pages * SCANS
    yield "ratings put on the stream", "kinesis:put", streamed
    yield "ratings delivered by Firehose", "firehose:ingested", streamed * FIREHOSE_RECORD / _GB
    yield "functions, time", "lambda:time", 60 + streamed / ROWS_PER_SECOND
    yield "functions, calls", "lambda:request", 100 + streamed / 100
    yield "requests to S3", "s3:put", REQUESTS
    yield "logs", "logs:ingested", LOG_GB


def _by_the_month(made: list[Resource], sizes: Sizes, rows: Mapping[str, int]) -> Iterator[Line]:
    gigabytes = sum(rows.values()) * BYTES_PER_ROW / _GB
    yield "tables' content", "dynamodb:storage", gigabytes
    yield "bucket's content", "s3:storage", gigabytes * 4
    glue = _job_dpu_hours(sizes) + CRAWL_DPUS * CRAWL_HOURS
    yield from monthly_lines(made, sizes.training_instance_type, TRAINING_HOURS, glue)


def _job_dpu_hours(sizes: Sizes) -> float:
    """Of a run of the Glue job."""
    return sizes.glue_workers * _DPUS.get(sizes.glue_worker_type, 1) * JOB_HOURS


_DPUS: Final[Mapping[str, float]] = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
"""AWS Glue Developer Guide, 'Worker types': DPUs of a worker."""


def _sum(items: Iterable[Item]) -> float:
    return sum(item.usd or 0.0 for item in items)


def _true(value: Any) -> bool:
    return str(value).lower() == "true"

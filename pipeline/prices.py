"""On-demand list prices, in USD, of what the lake uses: one table with its date and sources.

The prices are written from memory at the table's date, not copied from AWS's pricing pages, and
without taxes, free tier and discounts. `SOURCES` names the page that has each one: check it there
before a decision hangs on it. For a region that the table does not have, those of us-east-1 are
taken, raised by `ELSEWHERE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["AS_OF", "ELSEWHERE", "PRICES", "SOURCES", "Price", "PriceList"]

AS_OF: Final = "2025-10-31"
"""The date for which the table was written, from memory."""
ELSEWHERE: Final = 1.5
"""Our guess of the most by which a region that is not in the table is dearer than us-east-1."""

SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dms": "AWS Database Migration Service pricing",
        "dynamodb": "Amazon DynamoDB pricing",
        "ec2": "Amazon VPC pricing",
        "firehose": "Amazon Data Firehose pricing",
        "glue": "AWS Glue pricing",
        "hosting": "Amazon SageMaker AI pricing",
        "kinesis": "Amazon Kinesis Data Streams pricing",
        "lambda": "AWS Lambda pricing",
        "logs": "Amazon CloudWatch pricing",
        "s3": "Amazon S3 pricing",
        "training": "Amazon SageMaker AI pricing",
    }
)
"""Title of the pricing page to check a price on, by the word before the colon of its name."""

_US_EAST_1: Final[Mapping[str, tuple[float, str]]] = MappingProxyType(
    {
        # Single-AZ; storage up to what comes with the class is included.
        "dms:dms.t3.micro": (0.018, "hour"),
        "dms:dms.t3.small": (0.036, "hour"),
        "dms:dms.t3.medium": (0.073, "hour"),
        "dms:dms.t3.large": (0.146, "hour"),
        "dynamodb:write": (0.625e-6, "write request unit"),
        "dynamodb:read": (0.125e-6, "read request unit"),
        "dynamodb:wcu": (0.00065, "WCU-hour"),
        "dynamodb:rcu": (0.00013, "RCU-hour"),
        "dynamodb:storage": (0.25, "GB-month"),
        "ec2:public-ipv4": (0.005, "hour"),
        "ec2:interface-endpoint": (0.01, "hour and zone"),
        "ec2:nat-gateway": (0.045, "hour"),
        "firehose:ingested": (0.029, "GB"),
        "glue:dpu": (0.44, "DPU-hour"),
        "hosting:ml.t2.medium": (0.056, "hour"),
        "hosting:ml.m5.large": (0.115, "hour"),
        "hosting:ml.c5.large": (0.102, "hour"),
        "kinesis:shard": (0.015, "shard-hour"),
        "kinesis:put": (0.014e-6, "PUT payload unit"),
        "lambda:time": (0.0000166667, "GB-second"),
        "lambda:request": (0.2e-6, "request"),
        "logs:ingested": (0.50, "GB"),
        "s3:storage": (0.023, "GB-month"),
        "s3:put": (0.005e-3, "request"),
        "training:ml.m5.large": (0.115, "hour"),
        "training:ml.m5.xlarge": (0.23, "hour"),
        "training:ml.c5.xlarge": (0.204, "hour"),
    }
)
PRICES: Final[Mapping[str, Mapping[str, tuple[float, str]]]] = MappingProxyType(
    {
        "us-east-1": _US_EAST_1,
        "us-east-2": _US_EAST_1,
        "us-west-2": _US_EAST_1,
    }
)
"""By region and name: the price and what it is for."""


@dataclass(frozen=True)
class Price:
    """What one unit costs.

    Attributes:
        usd: list price of one unit
        unit: what the unit is, such as ``DPU-hour``
        source: title of AWS's page to check it on
    """

    usd: float
    unit: str
    source: str


@dataclass(frozen=True)
class PriceList:
    """The prices of a region.

    Attributes:
        region: whose prices are asked for
        known: whether the table has that region
    """

    region: str
    known: bool

    @classmethod
    def of(cls, region: str) -> PriceList:
        """The prices of `region`, or those taken for it."""
        return cls(region, region in PRICES)

    @property
    def title(self) -> str:
        """Where the prices are from, for people."""
        whose = (
            self.region
            if self.known
            else (f"us-east-1 times {ELSEWHERE:g}, since the table has none of {self.region}")
        )
        return f"prices from memory as of {AS_OF}, {whose}; check them before you rely on them"

    def price(self, name: str) -> Price | None:
        """The price called `name`, None when the table has none."""
        found = PRICES.get(self.region, _US_EAST_1).get(name)
        if found is None:
            return None
        usd, unit = found
        return Price(usd if self.known else usd * ELSEWHERE, unit, SOURCES[name.partition(":")[0]])

"""The regions of each service, read from botocore's data once.

LocalStack 4.9.2 makes a new session for each service's store, and each of them parses all of
botocore's endpoints: a third of a second of the first stack that touches ten services.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import boto3

from lakestack import patches

_LOCK = threading.Lock()
_OTHER_PARTITIONS = ("aws-us-gov", "aws-cn")


@functools.cache
def _session() -> Any:
    return boto3.Session()


@functools.cache
def regions_of(service_name: str) -> list[str]:
    """As LocalStack's function: its regions, and those where CloudWatch is in other partitions.

    Args:
        service_name: boto3's name of it
    """
    with _LOCK:  # making sessions and reading their data is not thread-safe
        session = _session()
        regions = list(session.get_available_regions(service_name))
        for partition in _OTHER_PARTITIONS:
            regions.extend(session.get_available_regions("cloudwatch", partition_name=partition))
    return regions


def install() -> None:
    """Let stores ask here."""
    patches.replace("service_regions", regions_of)

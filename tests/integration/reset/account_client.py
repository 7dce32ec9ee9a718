"""A client of S3 Control at the emulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from tests.support import ACCOUNT, REGION

Aws = Callable[[str], Any]


def s3control(aws: Aws) -> Any:
    """Without the account in front of the host, which no resolver knows."""
    client = boto3.client(
        "s3control",
        endpoint_url=aws("s3").meta.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="test",
        config=Config(proxies={}),
    )

    def without_account(request: Any, **_: Any) -> None:
        request.url = request.url.replace(f"//{ACCOUNT}.", "//")
        request.headers["Host"] = request.url.split("/")[2]

    client.meta.events.register("before-send.s3-control.*", without_account)
    return client

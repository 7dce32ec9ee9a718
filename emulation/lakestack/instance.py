"""A running emulator as its users see it, whichever environment it runs in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Running:
    """A live emulator.

    Attributes:
        pid: process id
        created: the process's start time, seconds since 1970, which tells it from a later process
            with the same id
        port: the gateway's port
        container: its id's first twelve digits; None for a process of this machine
    """

    pid: int
    created: float
    port: int
    container: str | None = None

    @property
    def where(self) -> str:
        """What it is, for messages."""
        return f"container {self.container}" if self.container else f"process {self.pid}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, region: str = "us-east-1") -> dict[str, str]:
        """Variables by which AWS's SDKs and command line find it, with credentials of no account.

        AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
        }

    def client_options(self, region: str = "us-east-1") -> dict[str, str]:
        """The same as options of `boto3.client`, which then reads none of the user's settings."""
        return {
            "endpoint_url": self.url,
            "region_name": region,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

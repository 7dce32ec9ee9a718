"""What every lake of a test suite offers, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    import boto3

    from lakestack.testing.results import JobRun, Seeded

T = TypeVar("T")


@runtime_checkable
class DataLake(Protocol):
    """A lake for tests: emulated AWS services that one test suite has for itself.

    Attributes:
        region: of all clients
        account: twelve digits, which an access key of LocalStack's names
    """

    region: str
    account: str

    @property
    def url(self) -> str:
        """Where it is: the value of ``AWS_ENDPOINT_URL``."""

    @property
    def session(self) -> boto3.Session:
        """A session whose clients and resources are at the lake, without the user's settings."""

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client, ``lake.client("glue")``; options as `boto3.client` takes them."""

    def env(self) -> dict[str, str]:
        """Variables by which other processes find the lake: SDKs, the aws CLI, Terraform."""

    def reset(self) -> None:
        """Empty it: nothing of any service is left.

        Raises:
            LakeError: it does not answer, or not so
        """

    def save_state(self, name: str) -> None:
        """Keep all that the lake holds under a name; one of that name is replaced.

        Raises:
            LakeError: the name is none, or something cannot be saved now
        """

    def load_state(self, name: str) -> None:
        """Put what was saved under a name in the place of all that the lake holds.

        Raises:
            LakeError: there is no such state, or it is refused
        """

    def seed(
        self,
        *,
        csv: str | Path,
        table: str,
        key: str | Sequence[str] | None = None,
        types: Mapping[str, str] | None = None,
    ) -> Seeded:
        """Put a CSV file into a table.

        Without `key` it becomes a table of the Glue catalog, ``database.table``, whose file is in
        S3; with it a DynamoDB table with that hash key, or hash and range key.

        Args:
            csv: a file's path; text that has a line break is the content itself
            table: its name; the database is made, ``default`` when none is named
            key: one or two columns
            types: Glue's or DynamoDB's (S, N) of single columns; else they are found in the values

        Raises:
            LakeError: the file is no CSV with a header, or does not fit the table
        """

    def run_job(
        self,
        script: str | Path,
        arguments: Mapping[str, object] | None = None,
        *,
        timeout: float = 300.0,
        **settings: Any,
    ) -> JobRun:
        """Run a script as a Glue job and wait until it has ended.

        Args:
            script: its path
            arguments: of the job; the two hyphens before a name may be left out
            timeout: seconds
            settings: of Glue's CreateJob, such as ``GlueVersion="5.0"``

        Raises:
            JobFailedError: it did not succeed; the message has the job's log
            LakeError: there is no such script
        """

    def faults(
        self,
        *,
        service: str,
        operation: str | None = None,
        error: str | None = None,
        rate: float = 1.0,
        latency: float | None = None,
        seed: int | None = None,
    ) -> AbstractContextManager[None]:
        """A block in which a service fails or is slow on purpose, to test retries.

        Args:
            service: boto3's name
            operation: the API's name, such as ``GetObject``; None: all
            error: AWS's code, such as ``SlowDown``; None: none, only slow
            rate: share of the requests, 0 to 1
            latency: seconds more for each of them
            seed: makes the same requests fail each time

        Raises:
            LakeError: the lake does not take it
        """

    def wait_until(
        self, condition: Callable[[], T | None], timeout: float = 60.0, what: str = ""
    ) -> T:
        """Poll until the condition returns something true, and return that.

        Raises:
            LakeError: not within `timeout` seconds; names `what`
        """

    def wait_for(self, service: str, waiter: str, timeout: float = 60.0, **parameters: Any) -> None:
        """One of boto3's waiters, asking ten times a second instead of every few seconds.

        Raises:
            LakeError: not within `timeout` seconds, or it cannot come any more
        """

"""What seeding and jobs need of a lake: below its own modules, so that none imports itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import boto3

T = TypeVar("T")


class Clients(Protocol):
    """Clients of one account and region, and waits that poll; told by `DataLake`."""

    region: str
    account: str

    @property
    def session(self) -> boto3.Session: ...

    def client(self, service: str, **options: Any) -> Any: ...

    def wait_until(
        self, condition: Callable[[], T | None], timeout: float = 60.0, what: str = ""
    ) -> T: ...

    def wait_for(
        self, service: str, waiter: str, timeout: float = 60.0, **parameters: Any
    ) -> None: ...

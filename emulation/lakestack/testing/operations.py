"""What is the same for every lake: all of `DataLake` but where it is."""

from __future__ import annotations

import contextlib
import functools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lakestack.errors import LakeError
from lakestack.testing import http

if TYPE_CHECKING:
    import boto3

    from lakestack.testing.results import JobRun, Seeded

T = TypeVar("T")

ACCOUNT = "000000000000"
REGION = "us-east-1"
POLL_SECONDS = 0.1
RESET = "/_lakestack/reset"
FAULTS = "/_lakestack/faults"
STATE = "/_lakestack/state"


class LakeOperations(ABC):
    """The operations of a lake; their arguments and errors are told by `DataLake`.

    Attributes:
        region: of all clients
        account: twelve digits, which an access key of LocalStack's names
    """

    region: str = REGION
    account: str = ACCOUNT

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is."""

    @functools.cached_property
    def session(self) -> boto3.Session:
        import boto3
        import botocore.session

        # Not the user's: a profile in their settings may name another endpoint or a role.
        core = botocore.session.Session()
        for name, value in {
            "config_file": "/dev/null",
            "credentials_file": "/dev/null",
            "profile": None,
        }.items():
            core.set_config_variable(name, value)
        made = boto3.Session(
            botocore_session=core,
            region_name=self.region,
            aws_access_key_id=self.account,
            aws_secret_access_key="test",  # noqa: S106 - of no account
        )
        return _at(made, lambda: self.url)

    def client(self, service: str, **options: Any) -> Any:
        return self.session.client(service, **options)

    def env(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    def reset(self) -> None:
        http.call(self.url + RESET, "POST", self._scope())

    def _scope(self) -> dict[str, Any]:
        """What a reset empties: everything."""
        return {}

    def save_state(self, name: str) -> None:
        http.call(f"{self.url}{STATE}/save", "POST", {"name": name})

    def load_state(self, name: str) -> None:
        http.call(f"{self.url}{STATE}/load", "POST", {"name": name})

    def seed(
        self,
        *,
        csv: str | Path,
        table: str,
        key: str | Sequence[str] | None = None,
        types: Mapping[str, str] | None = None,
    ) -> Seeded:
        from lakestack.testing import seeding

        keys = (key,) if isinstance(key, str) else tuple(key or ())
        return seeding.seed(self, csv, table, keys, types or {})

    def run_job(
        self,
        script: str | Path,
        arguments: Mapping[str, object] | None = None,
        *,
        timeout: float = 300.0,
        **settings: Any,
    ) -> JobRun:
        from lakestack.testing import jobs

        return jobs.run(self, Path(script), arguments or {}, timeout, settings)

    @contextlib.contextmanager
    def faults(
        self,
        *,
        service: str,
        operation: str | None = None,
        error: str | None = None,
        rate: float = 1.0,
        latency: float | None = None,
        seed: int | None = None,
    ) -> Iterator[None]:
        given = {
            "service": service,
            "operation": operation,
            "error": error,
            "rate": rate,
            "latency": latency,
            "seed": seed,
        }
        made = http.call(
            self.url + FAULTS, "POST", {k: v for k, v in given.items() if v is not None}
        )
        try:
            yield
        finally:
            # A block inside this one has rules of its own, which stay. A reset has ended all.
            number = made["fault"]["id"]
            left = http.call(self.url + FAULTS, "GET")["faults"]
            if any(fault["id"] == number for fault in left):
                http.call(self.url + FAULTS, "DELETE", {"id": number})

    def wait_until(
        self, condition: Callable[[], T | None], timeout: float = 60.0, what: str = ""
    ) -> T:
        deadline = time.monotonic() + timeout
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise LakeError(
                    f"not within {timeout:g} s: {what or condition}; the last answer was {found!r}",
                    "give it more time (timeout=…), or look at what it waits for",
                )
            time.sleep(POLL_SECONDS)
        return found

    def wait_for(self, service: str, waiter: str, timeout: float = 60.0, **parameters: Any) -> None:
        from botocore.exceptions import WaiterError

        attempts = {"Delay": POLL_SECONDS, "MaxAttempts": max(1, round(timeout / POLL_SECONDS))}
        try:
            self.client(service).get_waiter(waiter).wait(**parameters, WaiterConfig=attempts)
        except WaiterError as e:
            raise LakeError(str(e), "look at what it waits for") from e


def _at(session: boto3.Session, url: Callable[[], str]) -> boto3.Session:
    """Let a session's clients and resources use the lake, unless one is told another endpoint."""
    for kind in ("client", "resource"):
        original = getattr(session, kind)

        def make(*given: Any, _original: Callable[..., Any] = original, **options: Any) -> Any:
            options.setdefault("endpoint_url", url())
            options.setdefault("config", _plain())
            return _original(*given, **options)

        setattr(session, kind, make)
    return session


def _plain() -> Any:
    from botocore.config import Config

    # Not through a proxy, and buckets in the path: their names would have to be resolved.
    return Config(proxies={}, s3={"addressing_style": "path"})

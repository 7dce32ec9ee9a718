"""A lake that somebody else has started: a service container of a CI job, `lakestack start`."""

from __future__ import annotations

import contextlib
import os
from typing import Any
from urllib.parse import urlsplit

from lakestack import disk, paths
from lakestack.errors import LakeError
from lakestack.exclusive import alone
from lakestack.testing import http
from lakestack.testing.operations import ACCOUNT, REGION, LakeOperations

HEALTH = "/_localstack/health"
READY_SECONDS = 60.0


class RunningLake(LakeOperations):
    """An emulator that runs already; a reset empties one account of it, in one region.

    So workers of one suite share it without seeing each other, each with an account of its own; but
    for the names of buckets, which all accounts share.

    Args:
        url: where it is
        region: of the clients
        account: of the clients, twelve digits
    """

    def __init__(
        self, url: str = "http://127.0.0.1:4566", *, region: str = REGION, account: str = ACCOUNT
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise LakeError(f"{url!r} is no address", "RunningLake('http://127.0.0.1:4566')")
        if not (len(account) == 12 and account.isascii() and account.isdecimal()):
            raise LakeError(f"{account!r} is no account", "twelve digits, such as 000000000000")
        self._url, self.region, self.account = url.rstrip("/"), region, account
        self._stack = contextlib.ExitStack()

    @property
    def url(self) -> str:
        return self._url

    def start(self) -> RunningLake:
        """Wait until it answers, and keep others from the same account of it.

        Raises:
            LakeError: nobody answers, another test suite uses the account, or LAKE_CACHE, where
                that is noted, cannot be written to
        """
        self.wait_until(self._answers, READY_SECONDS, f"an answer of the emulator at {self.url}")
        name = f"{urlsplit(self.url).netloc.replace(':', '-')}-{self.account}-{self.region}.lock"
        lock = paths.cache() / "testing" / name
        with disk.explained(lock.parent, disk.OTHER_CACHE, LakeError):
            self._stack.enter_context(alone(lock, self._taken))
        return self

    def stop(self) -> None:
        """Let go of it; it runs on."""
        self._stack.close()

    def _answers(self) -> bool:
        try:
            return bool(http.call(self.url + HEALTH, "GET"))
        except LakeError:
            return False

    def _taken(self) -> None:
        raise LakeError(
            f"another test suite uses account {self.account} of {self.url}, and each reset empties "
            "it under the other",
            "give one of them another account (--lake-account), port or emulator "
            f"(this is process {os.getpid()})",
        )

    def _scope(self) -> dict[str, Any]:
        return {"account": self.account, "region": self.region}

    def __enter__(self) -> RunningLake:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

"""An engine in this process, over the services of moto."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest

from tests import athena_engine

athena_engine.importable()
BUCKET, DATABASE = "lake-bucket", "lake"


class Lake:
    """Runs statements; objects are in `BUCKET`, tables in `DATABASE`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._ids = folder, itertools.count()
        self.client: Callable[[str], Any] = functools.cache(boto3.client)

    def put(self, key: str, text: str | bytes) -> None:
        """Write an object."""
        body = text.encode() if isinstance(text, str) else text
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)

    def run(self, sql: str, parameters: list[str] | None = None) -> dict[str, Any]:
        """A statement's outcome."""
        from lakestack.services.athena.engine import runners
        from lakestack.services.athena.engine.session import Job

        job = Job(str(next(self._ids)), sql, DATABASE, "primary", f"s3://{BUCKET}/out/", parameters)
        return runners.run(self.client, self._folder, job)

    def rows(self, sql: str, parameters: list[str] | None = None) -> list[str]:
        """The lines of a statement's result, without the names of columns."""
        outcome = self.run(sql, parameters)
        assert outcome["state"] == "SUCCEEDED", outcome["reason"]
        key = outcome["output"].removeprefix(f"s3://{BUCKET}/")
        text = self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        return str(text).splitlines()[1 if key.endswith(".csv") else 0 :]

    def value(self, expression: str) -> str:
        """An expression's value as the result file has it."""
        (line,) = self.rows(f"SELECT {expression}")
        return line

    def failure(self, sql: str, parameters: list[str] | None = None) -> str:
        """Why a statement fails."""
        outcome = self.run(sql, parameters)
        assert outcome["state"] == "FAILED"
        return str(outcome["reason"])


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Lake]:
    if reason := athena_engine.lacking():
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            patch.setenv(f"AWS_{name}", "x")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with moto.mock_aws():
            made = Lake(folder)
            made.client("s3").create_bucket(Bucket=BUCKET)
            made.client("glue").create_database(DatabaseInput={"Name": DATABASE})
            yield made


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """A lake with a bucket and a database; the test is skipped where no engine can be had."""
    with _opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake that the tests of a module share, which change nothing in it."""
    with _opened(tmp_path_factory.mktemp("lake")) as made:
        yield made

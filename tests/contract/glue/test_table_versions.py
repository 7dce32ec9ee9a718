"""UpdateTable of one version only, on which writers of Iceberg tables rely."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import Aws
from tests.support import unique


class Table:
    """A table whose parameter says who wrote it last."""

    def __init__(self, aws: Aws) -> None:
        self.glue, self.database = aws("glue"), unique("db")
        self.glue.create_database(DatabaseInput={"Name": self.database})
        self.glue.create_table(DatabaseName=self.database, TableInput=self._input("0"))

    def _input(self, by: str) -> dict[str, Any]:
        return {"Name": "t", "Parameters": {"by": by}}

    def update(self, by: str, **more: Any) -> None:
        self.glue.update_table(DatabaseName=self.database, TableInput=self._input(by), **more)

    def now(self) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_table(DatabaseName=self.database, Name="t")["Table"]
        return found

    def versions(self) -> list[str]:
        answer = self.glue.get_table_versions(DatabaseName=self.database, TableName="t")
        return [version["VersionId"] for version in answer["TableVersions"]]


@pytest.fixture
def table(aws: Aws) -> Table:
    return Table(aws)


def test_an_update_of_a_version_that_is_no_more(table: Table) -> None:
    first = table.now()["VersionId"]
    table.update("1", VersionId=first)
    assert table.now()["VersionId"] != first
    with pytest.raises(ClientError) as error:
        table.update("2", VersionId=first)
    said = error.value.response["Error"]
    assert said["Code"] == "ConcurrentModificationException"
    assert said["Message"] == "Update table failed due to concurrent modifications."
    assert table.now()["Parameters"] == {"by": "1"}


def test_an_update_that_keeps_no_version_of_what_was(table: Table) -> None:
    table.update("1", SkipArchive=True)
    second = table.now()["VersionId"]
    assert table.versions() == [second]
    table.update("2", VersionId=second)
    assert table.versions() == [table.now()["VersionId"], second]
    assert table.now()["Parameters"] == {"by": "2"}


def test_of_writers_at_once_one_wins(table: Table) -> None:
    first = table.now()["VersionId"]

    def write(number: int) -> bool:
        try:
            table.update(str(number), VersionId=first, SkipArchive=True)
        except ClientError as e:
            assert e.response["Error"]["Code"] == "ConcurrentModificationException"
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1


def test_an_update_of_a_table_that_is_not_there(table: Table) -> None:
    with pytest.raises(ClientError) as error:
        table.glue.update_table(
            DatabaseName=table.database, TableInput={"Name": "absent"}, VersionId="1"
        )
    assert error.value.response["Error"]["Code"] == "EntityNotFoundException"

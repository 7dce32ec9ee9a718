"""Write what a crawl found into the Data Catalog, under the crawler's schema change policy.

AWS Glue Developer Guide, "Setting crawler configuration options". A rerun finds its tables again
by their location and updates them; new tables and partitions are always added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lakestack import clock
from lakestack.services.glue import table_input
from lakestack.services.glue.crawl_errors import CrawlError
from lakestack.services.glue.dynamodb_crawler import DynamodbFound
from lakestack.services.glue.grouping import Table, table_name
from lakestack.services.glue.jdbc_crawler import JdbcFound
from lakestack.services.glue.s3_crawler import S3Found

JsonDict = dict[str, Any]

BATCH = 100
"""Partitions in one BatchCreatePartition (AWS's limit)."""
DELETE_BATCH = 25


@dataclass(frozen=True)
class WriterPolicy:
    """What a crawl may change in the catalog.

    Attributes:
        update: ``UPDATE_IN_DATABASE`` or ``LOG``
        delete: ``DELETE_FROM_DATABASE``, ``DEPRECATE_IN_DATABASE`` or ``LOG``
        new_tables: False in recrawls of new folders only
        merge_new_columns: keep columns that are no longer in the data, and their types
        inherit_from_table: partitions take columns and formats from the table
    """

    update: str
    delete: str
    new_tables: bool = True
    merge_new_columns: bool = False
    inherit_from_table: bool = False

    def as_text(self) -> str:
        return json.dumps({"UpdateBehavior": self.update, "DeleteBehavior": self.delete})


class CatalogWriter:
    """Writes the tables of one crawl.

    Args:
        glue: in-process Glue client
        log: receives level and text
    """

    def __init__(
        self,
        glue: Any,
        crawler: str,
        database: str,
        policy: WriterPolicy,
        log: Callable[[str, str], None],
    ) -> None:
        self._glue, self._crawler, self._database = glue, crawler, database
        self._policy, self._log = policy, log
        self.count = {"created": 0, "updated": 0, "deleted": 0}
        self._partitions = {"created": 0, "updated": 0, "deleted": 0}
        self._seen: set[str] = set()

    def ensure_database(self) -> None:
        """Make the database where it is not there, as a crawl does on AWS.

        AWS Glue Developer Guide, "Code examples for AWS Glue using AWS SDKs", scenario "Get started
        with crawlers and jobs": the crawler makes its database.
        """
        try:
            self._glue.get_database(Name=self._database)
            return
        except ClientError as e:
            if e.response["Error"]["Code"] != "EntityNotFoundException":
                raise
        try:
            self._glue.create_database(DatabaseInput={"Name": self._database})
        except ClientError as e:  # another crawler was faster
            if e.response["Error"]["Code"] != "AlreadyExistsException":
                raise
        else:
            self._log("INFO", f"Created database {self._database}")

    def write_s3(self, found: S3Found, table_prefix: str) -> None:
        """Create or update the tables of an S3 target, and their partitions."""
        for table in found.tables:
            if not table.schemas:
                continue
            location = f"s3://{found.bucket}/{table.prefix}"
            existing = self._at(location)
            if existing is None and not self._policy.new_tables:
                self._log("INFO", f"New table at {location} is left out: new folders only")
                continue
            name = (
                existing["Name"]
                if existing
                else self._free_name(table_name(table.prefix, found.bucket, table_prefix), location)
            )
            wanted = table_input.s3_table(name, found.bucket, table, crawler=self._crawler)
            written = self._write_table(existing, wanted)
            if written and table.partition_keys:
                self._write_partitions(name, found.bucket, table)

    def write_dynamodb(self, found: DynamodbFound, table_prefix: str) -> None:
        """Create or update the table of a DynamoDB target."""
        existing = self._at(found.arn)
        name = (
            existing["Name"]
            if existing
            else self._free_name(table_name(found.name, found.name, table_prefix), found.arn)
        )
        wanted = table_input.dynamodb_table(
            name,
            found.arn,
            found.columns,
            crawler=self._crawler,
            count=found.items,
            size=found.size,
        )
        self._write_table(existing, wanted)

    def write_jdbc(self, found: JdbcFound, table_prefix: str) -> None:
        """Create or update the tables of a database, and treat those that are gone."""
        for table in found.tables:
            location = found.location(table)
            existing = self._of_connection(found.connection, location)
            if existing is None and not self._policy.new_tables:
                continue
            cleaned = table_name(location.replace(".", "_"), "", table_prefix)
            name = existing["Name"] if existing else self._free_name(cleaned, location)
            self._write_table(
                existing, table_input.jdbc_table(name, found, table, crawler=self._crawler)
            )
        for each in list(self._tables()):
            location = each.get("StorageDescriptor", {}).get("Location", "")
            parameters = each.get("Parameters", {})
            of_target = parameters.get("connectionName") == found.connection and found.takes(
                location
            )
            mine = parameters.get("UPDATED_BY_CRAWLER") == self._crawler
            if mine and of_target and each["Name"] not in self._seen:
                self._remove_table(each, location)

    def _of_connection(self, connection: str, location: str) -> JsonDict | None:
        for table in self._tables():
            named = table.get("Parameters", {}).get("connectionName")
            if named == connection and table["StorageDescriptor"].get("Location") == location:
                return table
        return None

    def remove_missing(self, found: Sequence[S3Found]) -> None:
        """Treat this crawler's tables whose objects are gone as the DeleteBehavior says."""
        roots = [f"s3://{target.bucket}/{target.root}" for target in found]
        for table in self._tables():
            location = table["StorageDescriptor"].get("Location", "")
            mine = table.get("Parameters", {}).get("UPDATED_BY_CRAWLER") == self._crawler
            if mine and table["Name"] not in self._seen and location.startswith(tuple(roots)):
                self._remove_table(table, location)

    def summary(self) -> JsonDict:
        """Changes made, for the crawl's history."""
        changed = {"TABLE": self.count, "PARTITION": self._partitions}
        verbs = {"created": "ADD", "updated": "UPDATE", "deleted": "DELETE"}
        return {
            kind: {verbs[key]: number for key, number in count.items() if number}
            for kind, count in changed.items()
            if any(count.values())
        }

    def _tables(self) -> Iterator[JsonDict]:
        for page in self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database):
            yield from page["TableList"]

    def _at(self, location: str) -> JsonDict | None:
        """The table at a location, whoever made it."""
        for table in self._tables():
            if table.get("StorageDescriptor", {}).get("Location", "").rstrip("/") == (
                location.rstrip("/")
            ):
                return table
        return None

    def _free_name(self, name: str, location: str) -> str:
        """The name, with a hash of the location where another table has it (as AWS does)."""
        taken = {table["Name"] for table in self._tables()}
        if name not in taken:
            return name
        return f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"

    def _write_table(self, existing: JsonDict | None, wanted: JsonDict) -> bool:
        """Create or update; False where the policy keeps a table that fits no new partition."""
        name = wanted["Name"]
        self._seen.add(name)
        if existing is None:
            self._glue.create_table(DatabaseName=self._database, TableInput=wanted)
            self.count["created"] += 1
            self._log("INFO", f"Created table {name} in database {self._database}")
            return True
        if self._policy.merge_new_columns:
            wanted["StorageDescriptor"]["Columns"] = _with_new_columns(
                existing["StorageDescriptor"]["Columns"], wanted["StorageDescriptor"]["Columns"]
            )
        if not _differs(existing, wanted):
            return True
        rekeyed = existing.get("PartitionKeys", []) != wanted["PartitionKeys"]
        if self._policy.update == "LOG":
            self._log("INFO", f"Table {name} differs from its data; not updated (UpdateBehavior)")
            return not rekeyed
        if rekeyed:
            # The folders below changed their depth or names: no old partition fits any more.
            self._glue.delete_table(DatabaseName=self._database, Name=name)
            self._glue.create_table(DatabaseName=self._database, TableInput=wanted)
            self._log("INFO", f"Partition keys of table {name} changed: partitions made again")
        else:
            self._glue.update_table(DatabaseName=self._database, TableInput=wanted)
        self.count["updated"] += 1
        self._log("INFO", f"Updated table {name} in database {self._database}")
        return True

    def _write_partitions(self, name: str, bucket: str, table: Table) -> None:
        existing = {tuple(p["Values"]): p for p in self._partitions_of(name)}
        inherit = None
        if self._policy.inherit_from_table:
            current = self._glue.get_table(DatabaseName=self._database, Name=name)["Table"]
            inherit = current["StorageDescriptor"]
        new: list[JsonDict] = []
        for leaf in table.leaves:
            wanted = table_input.s3_partition(
                bucket, table, leaf, crawler=self._crawler, inherit=inherit
            )
            present = existing.pop(tuple(wanted["Values"]), None)
            if present is None:
                new.append(wanted)
            elif self._policy.update != "LOG" and _differs(present, wanted):
                self._glue.update_partition(
                    DatabaseName=self._database,
                    TableName=name,
                    PartitionValueList=wanted["Values"],
                    PartitionInput=wanted,
                )
                self._partitions["updated"] += 1
        for batch in _batches(new, BATCH):
            answer = self._glue.batch_create_partition(
                DatabaseName=self._database, TableName=name, PartitionInputList=batch
            )
            if answer.get("Errors"):
                raise CrawlError(f"Partitions of {name} could not be added: {answer['Errors']}")
        self._partitions["created"] += len(new)
        if new:
            self._log("INFO", f"Added {len(new)} partitions to table {name}")
        self._remove_partitions(name, list(existing.values()))

    def _partitions_of(self, name: str) -> Iterator[JsonDict]:
        pages = self._glue.get_paginator("get_partitions")
        for page in pages.paginate(DatabaseName=self._database, TableName=name):
            yield from page["Partitions"]

    def _remove_partitions(self, name: str, gone: list[JsonDict]) -> None:
        if not gone:
            return
        if self._policy.delete == "DELETE_FROM_DATABASE":
            for batch in _batches([{"Values": p["Values"]} for p in gone], DELETE_BATCH):
                self._glue.batch_delete_partition(
                    DatabaseName=self._database, TableName=name, PartitionsToDelete=batch
                )
            self._partitions["deleted"] += len(gone)
            self._log("INFO", f"Deleted {len(gone)} partitions of table {name}")
            return
        for partition in gone:
            self._log("INFO", f"Partition {partition['Values']} of {name} has no objects any more")
            if self._policy.delete == "LOG" or _is_deprecated(partition):
                continue
            keep = {k: partition[k] for k in ("Values", "StorageDescriptor") if k in partition}
            self._glue.update_partition(
                DatabaseName=self._database,
                TableName=name,
                PartitionValueList=partition["Values"],
                PartitionInput={**keep, "Parameters": _deprecated(partition)},
            )
            self._partitions["updated"] += 1

    def _remove_table(self, table: JsonDict, location: str) -> None:
        name = table["Name"]
        self._log("INFO", f"Table {name} is no more at {location}")
        if self._policy.delete == "DELETE_FROM_DATABASE":
            self._glue.delete_table(DatabaseName=self._database, Name=name)
            self.count["deleted"] += 1
            self._log("INFO", f"Deleted table {name} in database {self._database}")
        elif self._policy.delete == "DEPRECATE_IN_DATABASE" and not _is_deprecated(table):
            update = {k: table[k] for k in _TABLE_INPUT if k in table}
            update["Parameters"] = _deprecated(table)
            self._glue.update_table(DatabaseName=self._database, TableInput=update)
            self.count["updated"] += 1


_TABLE_INPUT = (
    "Name",
    "Owner",
    "Description",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "TableType",
)


def _deprecated(entry: JsonDict) -> dict[str, str]:
    parameters: dict[str, str] = dict(entry.get("Parameters", {}))
    return {**parameters, "DEPRECATED_BY_CRAWLER": str(clock.wall_ms())}


def _is_deprecated(entry: JsonDict) -> bool:
    return "DEPRECATED_BY_CRAWLER" in entry.get("Parameters", {})


def _differs(existing: JsonDict, wanted: JsonDict) -> bool:
    return any(existing.get(key) != value for key, value in wanted.items())


def _with_new_columns(
    existing: Iterable[dict[str, str]], wanted: Iterable[dict[str, str]]
) -> list[dict[str, str]]:
    kept = list(existing)
    names = {column["Name"] for column in kept}
    return kept + [column for column in wanted if column["Name"] not in names]


def _batches(items: list[JsonDict], size: int) -> Iterator[list[JsonDict]]:
    for i in range(0, len(items), size):
        yield items[i : i + size]

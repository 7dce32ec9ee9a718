"""Table definitions of the Glue Data Catalog, read through boto3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .clients import client
from .errors import CatalogError

DELTA, HUDI, ICEBERG = "delta", "hudi", "iceberg"
TABLE_FORMATS = (DELTA, HUDI, ICEBERG)


@dataclass(frozen=True)
class Partition:
    """A registered partition: its values, in the order of the table's partition keys."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class CatalogTable:
    """What a reader needs of a table definition.

    Args:
        columns: ``(name, Hive type)`` in the catalog's order, partition keys excluded
        partition_keys: ``(name, Hive type)``
        classification: csv, json, parquet, orc, dynamodb, …; of `TABLE_FORMATS` the format
        parameters: of the table and of its StorageDescriptor, lower-case names
        serde: parameters of the SerDe
        of_hive: its text was written by Hive's LazySimpleSerDe: nothing but the SerDe says that it
            is text
    """

    database: str
    name: str
    columns: tuple[tuple[str, str], ...]
    partition_keys: tuple[tuple[str, str], ...]
    location: str
    classification: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    serde: Mapping[str, str] = field(default_factory=dict)
    of_hive: bool = False


def read_table(database: str, name: str, *, catalog_id: str | None = None) -> CatalogTable:
    """Read a table definition.

    Raises:
        CatalogError: there is no such table, or it has no classification
    """
    glue = client("glue")
    account = {"CatalogId": catalog_id} if catalog_id else {}
    try:
        table = glue.get_table(DatabaseName=database, Name=name, **account)["Table"]
    except glue.exceptions.EntityNotFoundException as e:
        raise CatalogError(
            f"table {name} is not in the database {database} of the Data Catalog; "
            "run its crawler first, or create it with glue create-table"
        ) from e
    return describe(database, table)


def describe(database: str, table: Mapping[str, Any]) -> CatalogTable:
    """Turn a Table of the Glue API into what readers need.

    Raises:
        CatalogError: it has neither a classification nor a known SerDe
    """
    storage = table.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    parameters = {
        k.lower(): v
        for k, v in {**storage.get("Parameters", {}), **table.get("Parameters", {})}.items()
    }
    name = f"{database}.{table['Name']}"
    classification = table_format(table) or parameters.get("classification") or _from_serde(serde)
    if not classification:
        raise CatalogError(f"table {name} has no classification, such as csv, json or parquet")
    return CatalogTable(
        database=database,
        name=table["Name"],
        columns=_columns(storage.get("Columns", [])),
        partition_keys=_columns(table.get("PartitionKeys", [])),
        location=storage.get("Location", ""),
        classification=classification.lower(),
        parameters=parameters,
        serde=serde.get("Parameters", {}),
        of_hive="classification" not in parameters
        and "lazysimple" in serde.get("SerializationLibrary", "").lower(),
    )


def table_format(table: Mapping[str, Any]) -> str:
    """Which of `TABLE_FORMATS` a Table of the Glue API has; nothing where it has none.

    Iceberg writes the parameter ``table_type``, Spark's data sources and Hudi's sync
    ``spark.sql.sources.provider``, crawlers ``classification``.
    """
    given = {k.lower(): str(v).lower() for k, v in (table.get("Parameters") or {}).items()}
    names = ("table_type", "spark.sql.sources.provider", "classification")
    found = [given[name] for name in names if given.get(name) in TABLE_FORMATS]
    input_format = table.get("StorageDescriptor", {}).get("InputFormat", "")
    by_class = HUDI if input_format.startswith("org.apache.hudi.") else ""
    return found[0] if found else by_class


def read_partitions(table: CatalogTable) -> list[Partition]:
    """Read all registered partitions, ordered by their values."""
    pages = (
        client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName=table.database, TableName=table.name)
    )
    found = [
        Partition(tuple(p["Values"]), p["StorageDescriptor"]["Location"])
        for page in pages
        for p in page["Partitions"]
    ]
    return sorted(found, key=lambda p: p.values)


def _columns(columns: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((c["Name"], c.get("Type") or "string") for c in columns)


def _from_serde(serde: Mapping[str, Any]) -> str:
    library = serde.get("SerializationLibrary", "").lower()
    known = {"json": "json", "csv": "csv", "lazysimple": "csv", "parquet": "parquet", "orc": "orc"}
    return next((kind for word, kind in known.items() if word in library), "")

"""What an Iceberg table is made of: its schema, data files and deletes, at one snapshot.

Apache Iceberg, "Iceberg Table Spec", versions 1 and 2; Amazon Athena User Guide, "Query Iceberg
tables" and "Perform time travel and version travel queries".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakestack.services.athena.engine.catalog import Document
from lakestack.services.athena.engine.errors import QueryError, data_error, not_supported
from lakestack.services.athena.engine.objects import Objects, StoredObject, split_url

DATA, POSITIONS, EQUALITY = 0, 1, 2
"""Content of a file."""
_DELETED = 2
_SIMPLE = {"long": "bigint", "uuid": "string", "fixed": "binary", "timestamptz": "timestamp"}


@dataclass(frozen=True)
class Version:
    """Which snapshot a query asks for.

    Attributes:
        milliseconds: the newest of that time or before, since 1970
        snapshot: by its id, or by the name of a branch or tag
    """

    milliseconds: int | None = None
    snapshot: str | None = None


@dataclass(frozen=True)
class Field:
    """A column.

    Attributes:
        id: by which files know it, whatever it is called
        type: Glue's
    """

    id: int
    name: str
    type: str


@dataclass
class Contents:
    """A table at one snapshot.

    Attributes:
        files: with rows
        deletes: with places of rows that are deleted
    """

    fields: list[Field]
    files: list[StoredObject] = field(default_factory=list)
    deletes: list[StoredObject] = field(default_factory=list)


def is_one(table: Document) -> bool:
    """Whether a table of the catalog is Iceberg's."""
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def metadata(table: Document, objects: Objects) -> Document:
    """The table's metadata file.

    Raises:
        QueryError: it is not there, or no such file
    """
    location = (table.get("Parameters") or {}).get("metadata_location")
    name = f"{table['DatabaseName']}.{table['Name']}"
    if not location:
        raise data_error("ICEBERG_INVALID_METADATA", f"Table is missing metadata_location: {name}")
    try:
        found: Document = json.loads(_read(location, objects).read_bytes())
    except ValueError as e:
        raise data_error(
            "ICEBERG_INVALID_METADATA", f"Invalid metadata file for table {name}: {location}"
        ) from e
    if found.get("format-version", 1) > 2:
        raise not_supported(f"Iceberg's format version {found['format-version']}")
    return found


def contents(meta: Document, objects: Objects, version: Version | None, name: str) -> Contents:
    """What a table holds.

    Args:
        meta: as `metadata` reads it
        version: None for the present
        name: of the table, for messages

    Raises:
        QueryError: there is no such snapshot, or it holds what is not emulated
    """
    snapshot = _snapshot(meta, version, name)
    found = Contents(_fields(meta, snapshot if version else None))
    for entry in _entries(snapshot, objects) if snapshot else ():
        file = entry["data_file"]
        if entry["status"] == _DELETED:
            continue
        if str(file["file_format"]).upper() != "PARQUET":
            raise not_supported(f"An Iceberg table with {file['file_format']} files")
        content = file.get("content") or DATA
        if content == EQUALITY:
            raise not_supported("An Iceberg table with equality deletes")
        made = _stored(file["file_path"], file["file_size_in_bytes"])
        (found.deletes if content == POSITIONS else found.files).append(made)
    return found


def hive_type(kind: Any) -> str:
    """Glue's type of one of Iceberg's."""
    if isinstance(kind, str):
        name = kind.partition("[")[0]
        return _SIMPLE.get(name, name.replace(" ", ""))
    if kind["type"] == "list":
        return f"array<{hive_type(kind['element'])}>"
    if kind["type"] == "map":
        return f"map<{hive_type(kind['key'])},{hive_type(kind['value'])}>"
    inside = ",".join(f"{each['name']}:{hive_type(each['type'])}" for each in kind["fields"])
    return f"struct<{inside}>"


def _fields(meta: Document, snapshot: Document | None) -> list[Field]:
    wanted = (snapshot or {}).get("schema-id", meta.get("current-schema-id"))
    schemas = meta.get("schemas") or [meta["schema"]]
    schema = next((s for s in schemas if s.get("schema-id") == wanted), schemas[-1])
    return [Field(f["id"], f["name"].lower(), hive_type(f["type"])) for f in schema["fields"]]


def _snapshot(meta: Document, version: Version | None, name: str) -> Document | None:
    snapshots: dict[Any, Document] = {
        each["snapshot-id"]: each for each in meta.get("snapshots") or ()
    }
    if version is None:
        return snapshots.get(meta.get("current-snapshot-id"))
    if version.milliseconds is not None:
        log = sorted(meta.get("snapshot-log") or (), key=lambda each: each["timestamp-ms"])
        past = [e["snapshot-id"] for e in log if e["timestamp-ms"] <= version.milliseconds]
        if not past:
            raise QueryError(
                "INVALID_ARGUMENTS", f"No version history table {name} at or before that time"
            )
        return snapshots.get(past[-1])
    text = str(version.snapshot)
    wanted = (meta.get("refs") or {}).get(text, {}).get("snapshot-id")
    if wanted is None and text.lstrip("-").isdigit():
        wanted = int(text)
    if wanted not in snapshots:
        raise QueryError("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {text}")
    return snapshots[wanted]


def _entries(snapshot: Document, objects: Objects) -> Iterator[Document]:
    manifests = snapshot.get("manifests")
    if manifests is None:
        manifests = [each["manifest_path"] for each in _avro(snapshot["manifest-list"], objects)]
    for path in manifests:
        yield from _avro(path, objects)


def _avro(url: str, objects: Objects) -> list[Document]:
    import fastavro

    with _read(url, objects).open("rb") as source:
        try:
            return [each for each in fastavro.reader(source) if isinstance(each, dict)]
        except (ValueError, EOFError) as e:
            raise data_error("ICEBERG_BAD_DATA", f"Malformed manifest: {url}") from e


def _read(url: str, objects: Objects) -> Path:
    return objects.files([_stored(url, 0)])[0]


def _stored(url: str, size: int) -> StoredObject:
    """An object of Iceberg's, which nothing ever changes: it needs no ETag."""
    bucket, key = split_url(url)
    return StoredObject(bucket, key, size, "iceberg")

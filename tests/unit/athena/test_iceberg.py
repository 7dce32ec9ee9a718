"""Iceberg tables: read at their present snapshot or at another, by the ids of columns."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.athena.conftest import BUCKET, DATABASE, Lake

ROOT = f"s3://{BUCKET}/ice"
_FILE = [
    ("content", "int"),
    ("file_path", "string"),
    ("file_format", "string"),
    ("file_size_in_bytes", "long"),
]
ENTRY = {
    "type": "record",
    "name": "manifest_entry",
    "fields": [
        {"name": "status", "type": "int"},
        {
            "name": "data_file",
            "type": {
                "type": "record",
                "name": "r2",
                "fields": [{"name": name, "type": kind} for name, kind in _FILE],
            },
        },
    ],
}
LISTED = {
    "type": "record",
    "name": "manifest_file",
    "fields": [{"name": "manifest_path", "type": "string"}],
}


def put(lake: Lake, name: str, body: bytes) -> str:
    """Write a file of the table; returns its URL."""
    lake.put(f"ice/{name}", body)
    return f"{ROOT}/{name}"


def avro(schema: dict[str, Any], rows: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    fastavro.writer(target, schema, rows)
    return target.getvalue()


def parquet(columns: dict[str, list[Any]], ids: dict[str, int] | None = None) -> bytes:
    table = pa.table(columns)
    if ids:
        fields = [
            f.with_metadata({b"PARQUET:field_id": str(ids[f.name]).encode()}) for f in table.schema
        ]
        table = table.cast(pa.schema(fields))
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def snapshot(lake: Lake, number: int, files: list[tuple[int, str, str]]) -> dict[str, Any]:
    """A snapshot of files: status, URL and format; a URL with ``delete`` in it has deletes."""
    entries = [
        {
            "status": status,
            "data_file": {
                "content": int("delete" in url),
                "file_path": url,
                "file_format": form,
                "file_size_in_bytes": 10,
            },
        }
        for status, url, form in files
    ]
    manifest = put(lake, f"m{number}.avro", avro(ENTRY, entries))
    listed = put(lake, f"l{number}.avro", avro(LISTED, [{"manifest_path": manifest}]))
    return {"snapshot-id": number, "manifest-list": listed, "schema-id": 0 if number < 3 else 1}


def create(lake: Lake, meta: dict[str, Any]) -> None:
    location = put(lake, "metadata.json", json.dumps(meta).encode())
    columns = [
        {"Name": "id", "Type": "bigint"},
        {"Name": "title", "Type": "string"},
        {"Name": "old", "Type": "int", "Parameters": {"iceberg.field.current": "false"}},
    ]
    lake.client("glue").create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": "ice",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"table_type": "ICEBERG", "metadata_location": location},
            "StorageDescriptor": {"Columns": columns, "Location": ROOT},
        },
    )


@pytest.fixture
def ice(lake: Lake) -> dict[str, Any]:
    """Three snapshots: rows, rows deleted from them, and a column with another name."""
    first = put(
        lake, "a.parquet", parquet({"id": [1, 2], "name": ["x", "y"]}, {"id": 1, "name": 2})
    )
    plain = put(lake, "b.parquet", parquet({"ID": [3]}))
    deletes = put(lake, "delete.parquet", parquet({"file_path": [first], "pos": [0]}))
    schemas = [
        {
            "schema-id": at,
            "fields": [
                {"id": 1, "name": "id", "type": "long"},
                {"id": 2, "name": name, "type": "string"},
            ],
        }
        for at, name in enumerate(("name", "title"))
    ]
    one, two = (1, first, "PARQUET"), (1, plain, "PARQUET")
    gone = (2, f"{ROOT}/gone.parquet", "PARQUET")
    snapshots = [
        snapshot(lake, 1, [one]),
        snapshot(lake, 2, [one, two, gone]),
        snapshot(lake, 3, [one, two, (1, deletes, "PARQUET")]),
    ]
    log = [{"snapshot-id": n, "timestamp-ms": n * 86_400_000} for n in (1, 2, 3)]
    meta = {
        "format-version": 2,
        "schemas": schemas,
        "current-schema-id": 1,
        "snapshots": snapshots,
        "current-snapshot-id": 3,
        "snapshot-log": log,
        "refs": {"main": {"snapshot-id": 3}, "first": {"snapshot-id": 1}},
    }
    create(lake, meta)
    return meta


@pytest.mark.usefixtures("ice")
def test_rows_are_those_of_the_present(lake: Lake) -> None:
    assert lake.rows("SELECT * FROM ice ORDER BY id") == ['"2","y"', '"3",']
    assert lake.rows("SELECT count(*) AS n FROM ice WHERE title = 'y'") == ['"1"']
    paths = lake.rows('SELECT "$path" FROM ice ORDER BY 1')
    assert paths == [f'"{ROOT}/a.parquet"', f'"{ROOT}/b.parquet"']
    assert [row.split()[0] for row in lake.rows("SHOW COLUMNS IN ice")] == ["id", "title"]


@pytest.mark.parametrize(
    ("version", "rows"),
    [
        ("FOR VERSION AS OF 1", ['"1","x"', '"2","y"']),
        ("FOR VERSION AS OF 'first'", ['"1","x"', '"2","y"']),
        (
            "FOR TIMESTAMP AS OF TIMESTAMP '1970-01-03 12:00:00 UTC'",
            ['"1","x"', '"2","y"', '"3",'],
        ),
        ("FOR TIMESTAMP AS OF (current_timestamp - interval '1' day)", ['"2","y"', '"3",']),
    ],
)
@pytest.mark.usefixtures("ice")
def test_time_travel(lake: Lake, version: str, rows: list[str]) -> None:
    assert lake.rows(f"SELECT * FROM ice {version} ORDER BY id") == rows
    assert lake.rows(f"SELECT i.id FROM ice {version} AS i ORDER BY id")[0] == rows[0][:3]


@pytest.mark.usefixtures("ice")
def test_what_is_not_there_is_said(lake: Lake) -> None:
    assert lake.failure("SELECT * FROM ice FOR VERSION AS OF 9") == (
        "INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 9"
    )
    early = lake.failure(
        "SELECT * FROM ice FOR TIMESTAMP AS OF TIMESTAMP '1970-01-01 00:00:00 UTC'"
    )
    assert early.startswith("INVALID_ARGUMENTS: No version history table lake.ice at or before")


def test_what_is_not_emulated_is_refused(lake: Lake, ice: dict[str, Any]) -> None:
    put(lake, "metadata.json", json.dumps({**ice, "format-version": 3}).encode())
    assert lake.failure("SELECT * FROM ice").startswith("NOT_SUPPORTED: Iceberg's format version 3")


def test_damaged_metadata_is_said(lake: Lake) -> None:
    create(lake, {})
    put(lake, "metadata.json", b"{")
    assert lake.failure("SELECT * FROM ice").startswith(
        "ICEBERG_INVALID_METADATA: Invalid metadata"
    )


def test_a_table_without_snapshots_is_empty(lake: Lake) -> None:
    fields = [{"id": 1, "name": "id", "type": "long"}]
    create(lake, {"format-version": 1, "schema": {"fields": fields}, "current-snapshot-id": -1})
    assert lake.rows("SELECT * FROM ice") == []

"""Tables of tests from CSV: of the Glue catalog over S3, or of DynamoDB."""

from __future__ import annotations

import csv as csv_format
import io
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakestack.errors import LakeError
from lakestack.testing.results import Seeded
from lakestack.testing.storage import bucket

if TYPE_CHECKING:
    from lakestack.testing.interface import DataLake

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TEXT = "org.apache.hadoop"


def seed(
    lake: DataLake,
    csv: str | Path,
    table: str,
    keys: Sequence[str],
    types: Mapping[str, str],
) -> Seeded:
    """Make a table; see `DataLake.seed`."""
    name, text = _content(csv)
    header, rows = _read(name, text)
    if unknown := [each for each in (*keys, *types) if each not in header]:
        raise LakeError(
            f"{name} has no column {', '.join(unknown)}", f"its columns are {', '.join(header)}"
        )
    return (_item_table if keys else _catalog_table)(lake, table, header, rows, types, tuple(keys))


def _content(csv: str | Path) -> tuple[str, str]:
    if isinstance(csv, str) and "\n" in csv:
        return "the text", csv
    path = Path(csv)
    try:
        return path.name, path.read_text(encoding="utf-8-sig")
    except OSError as e:
        raise LakeError(f"cannot read {path.absolute()}: {e.strerror}", "name a CSV file") from e
    except UnicodeDecodeError as e:
        raise LakeError(f"{path} is not UTF-8: {e.reason}", "save it as UTF-8") from e


def _read(name: str, text: str) -> tuple[list[str], list[list[str]]]:
    reader = csv_format.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if not header or "" in header or len(set(header)) < len(header):
            raise LakeError(
                f"the first line of {name} is {header}", "name each column there, and once"
            )
        rows = []
        for row in reader:
            if row and len(row) != len(header):
                raise LakeError(
                    f"line {reader.line_num} of {name} has {len(row)} fields, the header "
                    f"{len(header)}",
                    "fix the line",
                )
            rows += [row] if row else []
    except csv_format.Error as e:
        raise LakeError(f"line {reader.line_num} of {name} is no CSV: {e}", "fix it") from e
    return header, rows


def _columns(
    header: list[str],
    rows: list[list[str]],
    types: Mapping[str, str],
    found: Callable[[list[str]], str],
) -> dict[str, str]:
    """Each column's type: the given one, else what is found in its values, empty ones left out."""
    return {
        each: types.get(each) or found([row[at] for row in rows if row[at]])
        for at, each in enumerate(header)
    }


def _catalog_table(
    lake: DataLake,
    table: str,
    header: list[str],
    rows: list[list[str]],
    types: Mapping[str, str],
    _: tuple[str, ...],
) -> Seeded:
    database, _dot, name = table.rpartition(".")
    database = database or "default"
    columns = _columns(header, rows, types, _glue_type)
    written = io.StringIO(newline="")
    csv_format.writer(written, lineterminator="\n").writerows([header, *rows])
    place, prefix = bucket(lake), f"seed/{database}/{name}/"
    lake.client("s3").put_object(
        Bucket=place, Key=f"{prefix}{name}.csv", Body=written.getvalue().encode()
    )
    glue = lake.client("glue")
    if database not in {each["Name"] for each in _databases(glue)}:
        glue.create_database(DatabaseInput={"Name": database})
    location = f"s3://{place}/{prefix}"
    serde = "OpenCSVSerde" if '"' in written.getvalue() else "lazy.LazySimpleSerDe"
    own = {"separatorChar": ","} if serde == "OpenCSVSerde" else {"field.delim": ","}
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {
                "classification": "csv",
                "delimiter": ",",
                "skip.header.line.count": "1",
            },
            "StorageDescriptor": {
                "Columns": [{"Name": each, "Type": kind} for each, kind in columns.items()],
                "Location": location,
                "InputFormat": f"{_TEXT}.mapred.TextInputFormat",
                "OutputFormat": f"{_TEXT}.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": f"{_TEXT}.hive.serde2.{serde}",
                    "Parameters": own,
                },
            },
        },
    )
    return Seeded(f"{database}.{name}", len(rows), columns, location)


def _databases(glue: Any) -> list[dict[str, Any]]:
    pages = glue.get_paginator("get_databases").paginate()
    return [each for page in pages for each in page["DatabaseList"]]


def _glue_type(found: list[str]) -> str:
    if found and all(_INTEGER.fullmatch(value) for value in found):
        return "bigint"
    return "double" if found and all(_NUMBER.fullmatch(value) for value in found) else "string"


def _item_table(
    lake: DataLake,
    table: str,
    header: list[str],
    rows: list[list[str]],
    types: Mapping[str, str],
    keys: tuple[str, ...],
) -> Seeded:
    if len(keys) > 2:
        raise LakeError(f"the key has {len(keys)} columns", "name a hash key, or hash and range")
    columns = _columns(header, rows, types, _item_type)
    if wrong := {kind for kind in columns.values() if kind not in ("S", "N")}:
        raise LakeError(f"no DynamoDB type of a CSV: {', '.join(sorted(wrong))}", "use S or N")
    items = [_item(number, columns, keys, row) for number, row in enumerate(rows, 1)]
    seen: dict[tuple[Any, ...], int] = {}
    for number, item in enumerate(items, 1):
        values = tuple(item[each] for each in keys)
        if values in seen:
            raise LakeError(
                f"rows {seen[values]} and {number} have the same key {values}",
                "name the columns that tell rows apart: key=(hash, range)",
            )
        seen[values] = number
    client = lake.client("dynamodb")
    client.create_table(
        TableName=table,
        KeySchema=[
            {"AttributeName": each, "KeyType": kind}
            for each, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": columns[each]} for each in keys
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    lake.wait_for("dynamodb", "table_exists", TableName=table)
    with lake.session.resource("dynamodb").Table(table).batch_writer() as writer:
        for item in items:
            writer.put_item(Item=item)  # sends again what DynamoDB has not taken
    return Seeded(table, len(items), columns)


def _item_type(found: list[str]) -> str:
    return "N" if found and all(_NUMBER.fullmatch(value) for value in found) else "S"


def _item(
    number: int, columns: dict[str, str], keys: tuple[str, ...], row: list[str]
) -> dict[str, Any]:
    """An item; an empty field is no attribute, and in a key an error, as for DynamoDB."""
    item: dict[str, Any] = {}
    for (name, kind), value in zip(columns.items(), row, strict=True):
        if not value and name in keys:
            raise LakeError(f"row {number} has nothing in its key {name}", "fill it in")
        try:
            if value:
                item[name] = Decimal(value) if kind == "N" else value
        except InvalidOperation as e:
            raise LakeError(f"row {number} has {value!r} in {name}, no number", "types=S") from e
    return item

"""Avro files: of tables, and of rows that a query has made.

Apache Avro, "Specification"; Amazon Athena User Guide, "Avro SerDe".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lakestack.services.athena.engine.errors import not_supported

CODECS = {"NONE": "null", "DEFLATE": "deflate", "GZIP": "deflate", "BZIP2": "bzip2"}
"""Compressions as Athena names them, and as the file's header does."""
_BATCH_ROWS = 10_000


def write(parquet: Path, target: Path, codec: str) -> None:
    """Write the rows of a Parquet file as Avro.

    Args:
        codec: one of the values of `CODECS`

    Raises:
        QueryError: a column's type is not emulated
    """
    import fastavro
    import pyarrow.parquet as pq

    source = pq.ParquetFile(parquet)
    schema = fastavro.parse_schema(_record(source.schema_arrow, "row"))
    rows = (row for batch in source.iter_batches(_BATCH_ROWS) for row in _plain(batch.to_pylist()))
    with target.open("wb") as file:
        fastavro.writer(file, schema, rows, codec=codec)


def _plain(value: Any) -> Any:
    """Maps, which Arrow gives as pairs, as dictionaries."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(each, tuple) for each in value):
            return {key: _plain(each) for key, each in value}
        return [_plain(each) for each in value]
    return value


def _record(fields: Any, name: str) -> dict[str, Any]:
    made = [
        {"name": f.name, "type": ["null", _type(f.type, f"{name}_{f.name}")], "default": None}
        for f in fields
    ]
    return {"type": "record", "name": name, "fields": made}


def _type(kind: Any, name: str) -> Any:
    import pyarrow.types as pt

    if pt.is_list(kind):
        return {"type": "array", "items": ["null", _type(kind.value_type, name)]}
    if pt.is_map(kind) and pt.is_string(kind.key_type):
        return {"type": "map", "values": ["null", _type(kind.item_type, name)]}
    if pt.is_struct(kind):
        return _record([kind.field(at) for at in range(kind.num_fields)], name)
    if pt.is_decimal(kind):
        sizes = {"precision": kind.precision, "scale": kind.scale}
        return {"type": "bytes", "logicalType": "decimal", **sizes}
    if pt.is_timestamp(kind):
        return {"type": "long", "logicalType": "timestamp-millis"}
    found = _SIMPLE.get(str(kind))
    if found is None:
        raise not_supported(f"The type {kind} in Avro")
    return found


_SIMPLE: dict[str, Any] = {
    "bool": "boolean",
    **dict.fromkeys(("int8", "int16", "int32"), "int"),
    "int64": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "binary": "bytes",
    "date32[day]": {"type": "int", "logicalType": "date"},
}


def read(file: Path) -> Any:
    """A file as Arrow's table, in the types that its schema declares.

    Raises:
        ValueError: it is no Avro file
        QueryError: a member may be of several types
    """
    import fastavro
    import pyarrow as pa

    with file.open("rb") as source:
        reader = fastavro.reader(source)
        kind = _arrow(fastavro.schema.parse_schema(reader.writer_schema), {})
        rows = [_of_arrow(row, kind) for row in reader]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(kind)))


def _of_arrow(value: Any, kind: Any) -> Any:
    """A value as Arrow takes it: maps as pairs."""
    import pyarrow.types as pt

    if value is None:
        return None
    if pt.is_map(kind):
        return [(key, _of_arrow(each, kind.item_type)) for key, each in value.items()]
    if pt.is_list(kind):
        return [_of_arrow(each, kind.value_type) for each in value]
    if pt.is_struct(kind):
        return {field.name: _of_arrow(value.get(field.name), field.type) for field in kind}
    return str(value) if pt.is_string(kind) else value


def _arrow(schema: Any, named: dict[str, Any]) -> Any:
    """Arrow's type of Avro's; names stand for what was declared before."""
    import pyarrow as pa

    if isinstance(schema, list):
        kinds = [each for each in schema if each != "null"]
        if len(kinds) > 1:
            raise not_supported(f"A union of {len(kinds)} types in Avro")
        return _arrow(kinds[0], named) if kinds else pa.null()
    if isinstance(schema, str):
        return named[schema] if schema in named else pa.type_for_alias(_ALIASES[schema])
    kind = schema["type"]
    if "logicalType" in schema and (logical := _logical(schema)):
        made = logical
    elif kind in ("record", "error"):
        fields = [pa.field(f["name"], _arrow(f["type"], named)) for f in schema["fields"]]
        made = pa.struct(fields)
    elif kind == "array":
        made = pa.list_(_arrow(schema["items"], named))
    elif kind == "map":
        made = pa.map_(pa.string(), _arrow(schema["values"], named))
    else:
        made = _arrow(_ALIASES_OF_NAMED.get(kind, kind), named)
    if "name" in schema:
        named[schema["name"]] = made
    return made


def _logical(schema: dict[str, Any]) -> Any:
    import pyarrow as pa

    name = schema["logicalType"]
    if name == "decimal":
        return pa.decimal128(schema["precision"], schema.get("scale", 0))
    zone = None if name.startswith("local-") else "UTC"
    if name.endswith(("timestamp-millis", "timestamp-micros")):
        return pa.timestamp("us", zone)
    return {
        "date": pa.date32(),
        "time-millis": pa.time32("ms"),
        "time-micros": pa.time64("us"),
        "uuid": pa.string(),
    }.get(name)


_ALIASES_OF_NAMED = {"enum": "string", "fixed": "bytes"}
_ALIASES = {
    "boolean": "bool",
    "int": "int32",
    "long": "int64",
    "float": "float",
    "double": "double",
    "string": "string",
    "bytes": "binary",
    "null": "null",
}

"""Hive's statements about tables: CREATE EXTERNAL TABLE, ALTER TABLE, CREATE DATABASE.

Amazon Athena User Guide, "CREATE TABLE", "ALTER TABLE ADD PARTITION" and "Choose a SerDe for your
data".
"""

from __future__ import annotations

from typing import Any

from lakestack.services.athena.engine.errors import QueryError, not_supported
from lakestack.services.athena.engine.lexer import Token, Words

TableName = tuple[str | None, str]
"""Database, None for that of the query's context, and table."""

_HIVE = "org.apache.hadoop.hive.ql.io."
_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    f"{_HIVE}HiveIgnoreKeyTextOutputFormat",
)
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
FORMATS: dict[str, tuple[str, str, str]] = {
    "TEXTFILE": (*_TEXT, LAZY),
    "PARQUET": (
        f"{_HIVE}parquet.MapredParquetInputFormat",
        f"{_HIVE}parquet.MapredParquetOutputFormat",
        f"{_HIVE}parquet.serde.ParquetHiveSerDe",
    ),
    "ORC": (
        f"{_HIVE}orc.OrcInputFormat",
        f"{_HIVE}orc.OrcOutputFormat",
        f"{_HIVE}orc.OrcSerde",
    ),
    "AVRO": (
        f"{_HIVE}avro.AvroContainerInputFormat",
        f"{_HIVE}avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
    "JSON": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
}
"""Input format, output format and SerDe of STORED AS, and of a CTAS's ``format``."""

_DELIMITED = {
    ("FIELDS", "TERMINATED", "BY"): "field.delim",
    ("ESCAPED", "BY"): "escape.delim",
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): "collection.delim",
    ("MAP", "KEYS", "TERMINATED", "BY"): "mapkey.delim",
    ("LINES", "TERMINATED", "BY"): "line.delim",
    ("NULL", "DEFINED", "AS"): "serialization.null.format",
}


def table_name(words: Words) -> TableName:
    """``[catalog.][database.]table``.

    Raises:
        QueryError: the catalog is not Glue's
    """
    names = words.names()
    if len(names) == 3 and names[0] != "awsdatacatalog":
        raise not_supported(f"The data catalog {names[0]}")
    return (names[-2] if len(names) > 1 else None), names[-1]


def properties(words: Words) -> dict[str, str]:
    """``('a'='b', …)``."""
    words.need("(")
    found = {}
    while not words.take(")"):
        key = words.string()
        found[key] = words.string() if words.take("=") else ""
        words.take(",")
    return found


def with_properties(words: Words) -> dict[str, Any]:
    """``(format = 'PARQUET', partitioned_by = ARRAY['a'], …)``."""
    words.need("(")
    found: dict[str, Any] = {}
    while not words.take(")"):
        name = words.name()
        words.need("=")
        if words.take("ARRAY", "["):
            values = []
            while not words.take("]"):
                values.append(words.string(escapes=False))
                words.take(",")
            found[name] = values
        elif words.here.kind == "string":
            found[name] = words.string()
        else:
            found[name] = words.next().text
        words.take(",")
    return found


def database(words: Words) -> dict[str, Any]:
    """The rest of CREATE DATABASE."""
    exists = words.take("IF", "NOT", "EXISTS")
    found: dict[str, Any] = {"name": words.names()[-1], "exists": exists, "input": {}}
    if words.take("COMMENT"):
        found["input"]["Description"] = words.string()
    if words.take("LOCATION"):
        found["input"]["LocationUri"] = words.string()
    if words.take("WITH", "DBPROPERTIES"):
        found["input"]["Parameters"] = properties(words)
    words.end()
    return found


def table(words: Words, *, external: bool) -> dict[str, Any]:
    """The rest of CREATE EXTERNAL TABLE, after its name: a TableInput without the name.

    Raises:
        QueryError: it cannot be read, or the table would be Athena's own (Iceberg)
    """
    columns = _columns(words)
    found: dict[str, Any] = {"columns": columns, "keys": [], "parameters": {}, "serde": {}}
    inputs, outputs, serde = FORMATS["TEXTFILE"]
    given_serde: str | None = None
    while words.here.kind != "end":
        if _simple_clause(words, found):
            continue
        if words.take("ROW", "FORMAT", "SERDE"):
            given_serde = words.string()
        elif words.take("WITH", "SERDEPROPERTIES"):
            found["serde"].update(properties(words))
        elif words.take("ROW", "FORMAT", "DELIMITED"):
            found["serde"].update(_delimited(words))
        elif words.take("STORED", "AS", "INPUTFORMAT"):
            inputs = words.string()
            words.need("OUTPUTFORMAT")
            outputs = words.string()
        elif words.take("STORED", "AS"):
            stored = words.next().text.upper()
            if stored not in FORMATS or stored == "JSON":
                raise not_supported(f"STORED AS {stored}")
            inputs, outputs, serde = FORMATS[stored]
        elif words.take("LOCATION"):
            found["location"] = words.string()
        elif words.take("TBLPROPERTIES"):
            found["parameters"].update(properties(words))
        else:
            raise words.error("Expecting: a clause of CREATE TABLE, or <EOF>")
    _check(found, external)
    found["formats"] = (inputs, outputs, given_serde or serde)
    return found


def _simple_clause(words: Words, found: dict[str, Any]) -> bool:
    """Take a clause that stands for itself; whether there was one."""
    if words.take("COMMENT"):
        found["comment"] = words.string()
    elif words.take("PARTITIONED", "BY"):
        found["keys"] = _columns(words)
    elif words.take("CLUSTERED", "BY"):
        buckets = [name.strip().strip("`").lower() for name in words.bracketed().split(",")]
        words.need("INTO")
        count = words.next()
        if count.kind != "number":
            raise words.error("Expecting: a number of buckets")
        found["buckets"] = (buckets, int(count.text))
        words.need("BUCKETS")
    else:
        return False
    return True


def _check(found: dict[str, Any], external: bool) -> None:
    if found["parameters"].get("table_type", "").upper() == "ICEBERG":
        raise not_supported("An Iceberg table")
    if not external:
        raise QueryError("", "External keyword missing: only external tables can be created")
    location = found.get("location")
    if not location:
        raise QueryError(
            "", "No location was specified for table. An S3 location must be specified"
        )
    if not location.startswith("s3://"):
        raise QueryError("", f"Invalid location {location}: expected s3://bucket/folder/")


def alteration(words: Words) -> tuple[str, dict[str, Any]]:
    """The rest of ALTER TABLE: kind and parts.

    Raises:
        QueryError: it cannot be read, or is not emulated
    """
    name = table_name(words)
    if words.take("ADD", "COLUMNS"):
        return "ALTER_TABLE_ADD_COLUMNS", {"table": name, "columns": _columns(words)}
    if words.take("REPLACE", "COLUMNS"):
        return "ALTER_TABLE_REPLACE_COLUMNS", {"table": name, "columns": _columns(words)}
    if words.take("SET", "TBLPROPERTIES"):
        return "ALTER_TABLE_PROPERTIES", {"table": name, "parameters": properties(words)}
    if words.take("SET", "LOCATION"):
        return "ALTER_TABLE_LOCATION", {"table": name, "location": words.string()}
    if words.take("PARTITION"):
        spec = _partition(words)
        words.need("SET", "LOCATION")
        return "ALTER_TABLE_LOCATION", {"table": name, "location": words.string(), "spec": spec}
    return _partitions_change(words, name)


def _partitions_change(words: Words, name: TableName) -> tuple[str, dict[str, Any]]:
    if words.take("ADD"):
        exists, found = words.take("IF", "NOT", "EXISTS"), []
        while words.take("PARTITION"):
            spec = _partition(words)
            found.append((spec, words.string() if words.take("LOCATION") else None))
        words.end()
        return "ALTER_TABLE_ADD_PARTITION", {"table": name, "exists": exists, "partitions": found}
    if words.take("DROP"):
        exists, specs = words.take("IF", "EXISTS"), []
        while words.take("PARTITION"):
            specs.append(_partition(words))
            words.take(",")
        words.end()
        return "ALTER_TABLE_DROP_PARTITION", {"table": name, "exists": exists, "partitions": specs}
    raise not_supported(f"ALTER TABLE … {words.here.text.upper()}")


def _partition(words: Words) -> dict[str, str]:
    """``(a = 'x', b = 1)``, by key."""
    words.need("(")
    found = {}
    while not words.take(")"):
        key = words.name()
        if not words.take("="):
            raise not_supported(f"A partition by '{words.here.text}'")
        token = words.here
        found[key] = words.string() if token.kind in ("string", "quoted") else words.next().text
        words.take(",")
    return found


def _columns(words: Words) -> list[dict[str, str]]:
    """``(name type [COMMENT 'text'], …)``, as Glue's columns."""
    words.need("(")
    found = []
    while not words.take(")"):
        column = {"Name": words.name(), "Type": _type(words)}
        if words.take("COMMENT"):
            column["Comment"] = words.string()
        found.append(column)
        if not words.take(",") and words.here.text != ")":
            raise words.error("Expecting: ',', ')', 'COMMENT'")
    return found


def _type(words: Words) -> str:
    def ends(token: Token) -> bool:
        return token.text in (",", ")") or token.text.upper() == "COMMENT"

    text = words.until(ends)
    if not text:
        raise words.error("Expecting: a type")
    return "".join(text.split()).lower()


def _delimited(words: Words) -> dict[str, str]:
    found = {}
    while True:
        for clause, key in _DELIMITED.items():
            if words.take(*clause):
                found[key] = words.string()
                break
        else:
            if "field.delim" in found:
                found["serialization.format"] = found["field.delim"]
            return found

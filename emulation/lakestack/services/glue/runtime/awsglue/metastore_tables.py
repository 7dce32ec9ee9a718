"""Tables of Spark as AWS Glue's Hive client keeps them in the Data Catalog, and back.

Spark 3.5 writes a table with ``USING parquet`` into a Hive metastore as a data source table: its
schema, partition keys and buckets are table parameters (``spark.sql.sources.*``), and the columns
of the StorageDescriptor are its own only where Hive has a SerDe of that format; else there is one
column ``col array<string>`` and the location is the SerDe's parameter ``path``. A table with
``STORED AS`` is a Hive table (Apache Spark, "Hive Tables" and "Generic Load/Save Functions: Saving
to Persistent Tables"; AWS Glue Developer Guide, "Using the AWS Glue Data Catalog for Spark SQL").
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .hive_serde import SEQUENCE, STORED_AS, TEXT, HiveStorage

HIVE = "hive"
EXTERNAL, MANAGED, VIEW = "EXTERNAL", "MANAGED", "VIEW"
_TABLE_TYPES = {EXTERNAL: "EXTERNAL_TABLE", MANAGED: "MANAGED_TABLE", VIEW: "VIRTUAL_VIEW"}
_SOURCES = "spark.sql.sources."
_PROVIDER, _SCHEMA = _SOURCES + "provider", _SOURCES + "schema"
_VERSION, _BY_CATALOG = "spark.sql.create.version", "spark.sql.partitionProvider"
_OF_SPARK = (_SOURCES, _VERSION, _BY_CATALOG, "spark.sql.statistics.")
_OF_HIVE = ("EXTERNAL", "transient_lastDdlTime", "comment")
_LONGEST_PARAMETER = 4000  # spark.sql.sources.schemaStringLengthThreshold
_CHAR_TYPE = "__CHAR_VARCHAR_TYPE_STRING"  # where Spark keeps the length of a varchar
_ONE_COLUMN = {"Name": "col", "Type": "array<string>", "Comment": "from deserializer"}
_PLACEHOLDER = "-__PLACEHOLDER__"
_NOT_OF_VIEWS = (  # settings of every run here, which Spark would put on again with each view
    "view.sqlConfig.spark.sql.sources.",
    "view.sqlConfig.spark.sql.parquet.output.committer.class",
)


@dataclass(frozen=True)
class SparkTable:
    """A table or view as Spark's catalog has it.

    Attributes:
        kind: EXTERNAL, MANAGED or VIEW
        schema: Spark's JSON of all columns, partition keys last
        provider: ``parquet``, ``csv``, …; ``hive`` of a Hive table
        keys: names of the partition keys
        buckets: how many, by which columns, sorted by which
        options: of the data source, or parameters of a Hive table's SerDe
        storage: of a Hive table
        properties: what TBLPROPERTIES says, without what Spark keeps there for itself
        text: of a view, its query
        statistics: ``rowCount`` and ``sizeInBytes``, where they are known
        created: when Spark made it, in milliseconds since 1970
    """

    database: str
    name: str
    kind: str
    schema: str
    provider: str = ""
    keys: tuple[str, ...] = ()
    buckets: tuple[int, tuple[str, ...], tuple[str, ...]] | None = None
    location: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    storage: HiveStorage | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    owner: str = ""
    version: str = ""
    text: str = ""
    statistics: Mapping[str, int] = field(default_factory=dict)
    created: int = 0

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The columns as in Spark's JSON."""
        found: list[dict[str, Any]] = json.loads(self.schema)["fields"]
        return found


def is_of_spark(definition: Mapping[str, Any]) -> bool:
    """Whether Spark itself says how a table of the Data Catalog is read: a data source table."""
    return _PROVIDER in definition.get("Parameters", {})


def is_view(definition: Mapping[str, Any]) -> bool:
    """Whether a table of the Data Catalog is a view."""
    return definition.get("TableType") == _TABLE_TYPES[VIEW]


def from_glue(database: str, definition: Mapping[str, Any], parse: Any) -> SparkTable:
    """A table of the Glue API as Spark has it.

    Args:
        parse: gives the JSON of Spark's schema for a list of ``(name, type, comment)``
    """
    given = dict(definition.get("Parameters", {}))
    storage = definition.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    parameters = dict(serde.get("Parameters", {}))
    keys = definition.get("PartitionKeys", ())
    kinds = {name: kind for kind, name in _TABLE_TYPES.items()}
    kind = kinds.get(definition.get("TableType", ""), EXTERNAL)
    columns = [*storage.get("Columns", ()), *keys]
    schema = _joined(given, _SCHEMA)
    if not (schema and (is_of_spark(definition) or _says(schema, columns))):
        schema = parse(
            [(c["Name"], c.get("Type") or "string", c.get("Comment") or "") for c in columns]
        )
    found = SparkTable(
        database=database,
        name=definition["Name"],
        kind=kind,
        schema=schema,
        keys=_numbered(given, "Part") or tuple(key["Name"] for key in keys),
        location=storage.get("Location", ""),
        properties={k: v for k, v in given.items() if not _own(k)},
        comment=given.get("comment", ""),
        owner=definition.get("Owner", ""),
        version=given.get(_VERSION, ""),
        text=definition.get("ViewOriginalText", ""),
    )
    if kind == VIEW:
        return found
    of = {**vars(found)}
    if is_of_spark(definition):
        path = parameters.pop("path", "")
        parameters.pop("serialization.format", None)
        location = path if found.location.endswith(_PLACEHOLDER) or not found.location else ""
        of.update(
            provider=given[_PROVIDER].lower(),
            location=location or found.location,
            options=parameters,
        )
        if count := int(given.get(_SOURCES + "schema.numBuckets", 0)):
            of["buckets"] = (count, _numbered(given, "Bucket"), _numbered(given, "Sort"))
        return SparkTable(**of)
    of.update(
        provider=HIVE,
        options=parameters,
        storage=HiveStorage(
            storage.get("InputFormat", ""),
            storage.get("OutputFormat", ""),
            serde.get("SerializationLibrary", ""),
        ),
    )
    return SparkTable(**of)


def table_input(table: SparkTable) -> dict[str, Any]:
    """A table as the Hive client gives it to CreateTable."""
    parameters = {
        **table.properties,
        **_schema_parameters(table),
        **_statistics(table),
        "transient_lastDdlTime": str(int(time.time())),
    }
    if table.comment:
        parameters["comment"] = table.comment
    made: dict[str, Any] = {
        "Name": table.name.lower(),
        "Owner": table.owner,
        "TableType": _TABLE_TYPES[table.kind],
        "PartitionKeys": [_column(each) for each in _of_keys(table)],
    }
    if table.kind == VIEW:
        parameters = {k: v for k, v in parameters.items() if not k.startswith(_NOT_OF_VIEWS)}
        storage = _descriptor(SEQUENCE, _columns(table), "", {"serialization.format": "1"})
        views = {"ViewOriginalText": table.text, "ViewExpandedText": table.text}
        return {**made, **views, "StorageDescriptor": storage, "Parameters": parameters}
    if table.kind == EXTERNAL:
        parameters["EXTERNAL"] = "TRUE"
    if table.provider == HIVE:
        hive = table.storage or TEXT
        given = {"serialization.format": "1", **table.options}
        storage = _descriptor(hive, _columns(table), table.location, given)
        return {**made, "StorageDescriptor": _bucketed(storage, table), "Parameters": parameters}
    parameters[_PROVIDER] = table.provider
    if table.keys:
        parameters[_BY_CATALOG] = "catalog"
    given = {"serialization.format": "1", **table.options, "path": table.location}
    if of_hive := STORED_AS.get(table.provider):
        storage = _descriptor(of_hive, _columns(table), table.location, given)
        return {**made, "StorageDescriptor": _bucketed(storage, table), "Parameters": parameters}
    location = table.location + _PLACEHOLDER if table.kind == EXTERNAL else table.location
    storage = _descriptor(SEQUENCE, [dict(_ONE_COLUMN)], location, given)
    return {**made, "StorageDescriptor": storage, "Parameters": parameters}


def changed_input(
    before: SparkTable, after: SparkTable, definition: Mapping[str, Any]
) -> dict[str, Any]:
    """A table as the Hive client gives it to UpdateTable.

    What has not changed stays as the Data Catalog has it, types as they are spelt there included.

    Args:
        definition: the table as GetTable answers
    """
    made = table_input(after)
    kept = {
        **{k: v for k, v in definition.items() if k in ("Description", "Retention", "TargetTable")},
        **made,
    }
    if definition.get("Owner"):
        kept["Owner"] = definition["Owner"]
    old, new = definition.get("StorageDescriptor", {}), made["StorageDescriptor"]
    if after.provider == HIVE or after.kind == VIEW:
        same = _same_fields(before, after)
        known = {
            c["Name"]: c for c in [*old.get("Columns", ()), *definition.get("PartitionKeys", ())]
        }
        for columns in (new["Columns"], kept["PartitionKeys"]):
            columns[:] = [
                known[c["Name"]] if c["Name"] in same and c["Name"] in known else c for c in columns
            ]
        serde = {**old.get("SerdeInfo", {})}
        gone = before.options.keys() - after.options.keys()
        was = {k: v for k, v in serde.get("Parameters", {}).items() if k not in gone}
        serde["Parameters"] = {**was, **after.options}
        changed = {"Columns": new["Columns"], "SerdeInfo": serde}
        if after.location != before.location:
            changed["Location"] = after.location
        kept["StorageDescriptor"] = {**old, **changed}
    if after.schema == before.schema and after.provider == HIVE:
        # A table that Spark did not make gets Spark's parameters once its schema changes.
        had = definition.get("Parameters", {})
        kept["Parameters"] = {
            k: v for k, v in made["Parameters"].items() if k in had or not _of_schema(k)
        }
        if "EXTERNAL" not in had:
            kept["Parameters"].pop("EXTERNAL", None)
    return kept


def partition_input(
    values: Sequence[str], location: str, definition: Mapping[str, Any]
) -> dict[str, Any]:
    """A partition as the Hive client gives it to CreatePartition, with its table's classes."""
    storage = {**definition["StorageDescriptor"], "Location": location}
    return {
        "Values": list(values),
        "StorageDescriptor": storage,
        "Parameters": {"transient_lastDdlTime": str(int(time.time()))},
    }


def _same_fields(before: SparkTable, after: SparkTable) -> set[str]:
    old = {each["name"].lower(): each for each in before.fields}
    return {each["name"].lower() for each in after.fields if old.get(each["name"].lower()) == each}


def _says(schema: str, columns: Sequence[Mapping[str, str]]) -> bool:
    """Whether Spark's schema of a Hive table still is that of its columns: it knows their case."""
    own = [_column(each) for each in json.loads(schema)["fields"]]
    return [(c["Name"], c["Type"].lower()) for c in own] == [
        (c["Name"].lower(), (c.get("Type") or "string").lower()) for c in columns
    ]


def _own(parameter: str) -> bool:
    return parameter.startswith(_OF_SPARK) or parameter in _OF_HIVE


def _of_schema(parameter: str) -> bool:
    return parameter.startswith((_SOURCES, _VERSION, _BY_CATALOG))


def _schema_parameters(table: SparkTable) -> dict[str, str]:
    found = {_VERSION: table.version} if table.version else {}
    if len(table.schema) <= _LONGEST_PARAMETER:
        found[_SCHEMA] = table.schema
    else:
        parts = [
            table.schema[at : at + _LONGEST_PARAMETER]
            for at in range(0, len(table.schema), _LONGEST_PARAMETER)
        ]
        found[f"{_SCHEMA}.numParts"] = str(len(parts))
        found.update({f"{_SCHEMA}.part.{i}": part for i, part in enumerate(parts)})
    lists = {"Part": table.keys}
    if table.buckets:
        count, columns, order = table.buckets
        found[f"{_SCHEMA}.numBuckets"] = str(count)
        lists |= {"Bucket": columns, "Sort": order}
    for word, names in lists.items():
        if names:
            found[f"{_SCHEMA}.num{word}Cols"] = str(len(names))
            found.update({f"{_SCHEMA}.{word.lower()}Col.{i}": n for i, n in enumerate(names)})
    return found


def _statistics(table: SparkTable) -> dict[str, str]:
    names = {"sizeInBytes": "totalSize", "rowCount": "numRows"}
    return {f"spark.sql.statistics.{names[k]}": str(v) for k, v in table.statistics.items()}


def _joined(parameters: Mapping[str, str], name: str) -> str:
    if name in parameters:
        return parameters[name]
    count = int(parameters.get(f"{name}.numParts", 0))
    return "".join(parameters[f"{name}.part.{i}"] for i in range(count))


def _numbered(parameters: Mapping[str, str], word: str) -> tuple[str, ...]:
    count = int(parameters.get(f"{_SCHEMA}.num{word}Cols", 0))
    return tuple(parameters[f"{_SCHEMA}.{word.lower()}Col.{i}"] for i in range(count))


def _of_keys(table: SparkTable) -> list[dict[str, Any]]:
    by_name = {each["name"]: each for each in table.fields}
    return [by_name[key] for key in table.keys]


def _columns(table: SparkTable) -> list[dict[str, str]]:
    return [_column(each) for each in table.fields if each["name"] not in table.keys]


def _column(of_spark: Mapping[str, Any]) -> dict[str, str]:
    about = of_spark.get("metadata") or {}
    made = {
        "Name": of_spark["name"].lower(),
        "Type": about.get(_CHAR_TYPE) or hive_type(of_spark["type"]),
    }
    return {**made, **({"Comment": about["comment"]} if about.get("comment") else {})}


_HIVE_WORDS = {
    "long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint", "void": "void",
    "timestamp_ntz": "timestamp",
}  # fmt: skip


def hive_type(kind: Any) -> str:
    """A type of Spark's JSON as Hive spells it."""
    if isinstance(kind, str):
        return _HIVE_WORDS.get(kind, kind)
    word = kind["type"]
    if word == "struct":
        inner = ",".join(f"{f['name']}:{hive_type(f['type'])}" for f in kind["fields"])
        return f"struct<{inner}>"
    if word == "array":
        return f"array<{hive_type(kind['elementType'])}>"
    if word == "map":
        return f"map<{hive_type(kind['keyType'])},{hive_type(kind['valueType'])}>"
    return hive_type(kind.get("sqlType", word))  # a type of a user


def _descriptor(
    classes: HiveStorage,
    columns: list[dict[str, str]],
    location: str,
    parameters: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "Columns": columns,
        **({"Location": location} if location else {}),
        "InputFormat": classes.input_format,
        "OutputFormat": classes.output_format,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": classes.serde, "Parameters": dict(parameters)},
        "BucketColumns": [],
        "SortColumns": [],
        "StoredAsSubDirectories": False,
    }


def _bucketed(storage: dict[str, Any], table: SparkTable) -> dict[str, Any]:
    # Of Spark's buckets Hive knows nothing: they are hashed otherwise.
    if table.buckets and table.provider == HIVE:
        count, columns, order = table.buckets
        storage["NumberOfBuckets"] = count
        storage["BucketColumns"] = [name.lower() for name in columns]
        storage["SortColumns"] = [{"Column": name.lower(), "SortOrder": 1} for name in order]
    return storage

"""Formats of Hive tables: the classes that read and write them, and Spark's data source for each.

Apache Spark, "Hive Tables: Specifying storage format for Hive tables"; Apache Hive, "LanguageManual
DDL: Storage Formats".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import CatalogError, UnsupportedApiError

_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


@dataclass(frozen=True)
class HiveStorage:
    """The classes of Hive that read and write a table."""

    input_format: str
    output_format: str
    serde: str


TEXT = HiveStorage(
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    _LAZY,
)
SEQUENCE = HiveStorage(
    "org.apache.hadoop.mapred.SequenceFileInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
    _LAZY,
)
STORED_AS: Mapping[str, HiveStorage] = {
    "textfile": TEXT,
    "parquet": HiveStorage(
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": HiveStorage(
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    "avro": HiveStorage(
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
}
"""By the word after STORED AS. A data source table of these formats but text is Hive's too."""


FIELD_SEPARATOR = "\x01"
"""Between the fields of Hive's text, where the table names nothing else."""

TEXT_OPTIONS = {
    "quote": "",
    "nullValue": "\\N",
    "emptyValue": "",
    "header": "false",
    "ignoreLeadingWhiteSpace": "false",
    "ignoreTrailingWhiteSpace": "false",
    "timestampFormat": "yyyy-MM-dd HH:mm:ss[.SSSSSS]",
}
"""Of Spark's CSV files, so that they are what LazySimpleSerDe writes."""


def storage_of(stored_as: str, classes: tuple[str, str] | None, serde: str) -> HiveStorage:
    """The classes of a CREATE TABLE.

    Args:
        stored_as: the word after STORED AS, or nothing
        classes: after STORED AS INPUTFORMAT … OUTPUTFORMAT
        serde: after ROW FORMAT SERDE, or nothing

    Raises:
        UnsupportedApiError: Spark has no data source for the format
    """
    word = stored_as.lower() or "textfile"
    if word not in STORED_AS:
        raise UnsupportedApiError(f"STORED AS {stored_as.upper()}")
    found = STORED_AS[word]
    input_format, output_format = classes or (found.input_format, found.output_format)
    return HiveStorage(input_format, output_format, serde or found.serde)


def data_source(
    storage: HiveStorage, parameters: Mapping[str, str], properties: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The data source that reads and writes the files of a Hive table, and its options.

    Args:
        parameters: of the SerDe
        properties: of the table, where crawlers leave the ``classification``

    Raises:
        CatalogError: there is none
    """
    library = storage.serde.lower()
    for kind in ("parquet", "orc", "avro", "json"):
        if kind in library:
            return kind, {}
    if "csv" in library:
        given = {
            "sep": parameters.get("separatorChar", ","),
            "quote": parameters.get("quoteChar", '"'),
            "escape": parameters.get("escapeChar", "\\"),
        }
        return "csv", {**TEXT_OPTIONS, **given, "quoteAll": "true"}
    kind = properties.get("classification", "").lower()
    if "lazysimple" in library or kind == "csv":
        separator = parameters.get("field.delim") or properties.get("delimiter")
        default = "," if kind == "csv" else FIELD_SEPARATOR
        return "csv", {**TEXT_OPTIONS, "sep": separator or default}
    if kind in ("parquet", "orc", "avro", "json"):
        return kind, {}
    raise CatalogError(
        f"nothing here writes tables with the SerDe {storage.serde or '(none)'}; LazySimpleSerDe, "
        "OpenCSVSerde and those of Parquet, ORC, Avro and JSON are written"
    )

"""`glueContext.write_dynamic_frame` and `getSink`: write a DynamicFrame to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import dynamodb_sink, dynamodb_source
from .catalog import read_table
from .catalog_sink import BEHAVIORS, CatalogUpdate
from .dynamicframe import DynamicFrame
from .errors import NamesWhatIsMissing, UnsupportedApiError
from .format_options import options_of

if TYPE_CHECKING:
    from .session import HasSession

Options = Mapping[str, Any]
FILE_CONNECTIONS = ("s3", "file")
_PARQUET = ("compression", "blocksize", "pagesize", "useglueparquetwriter")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "csv": ("separator", "quotechar", "writeheader", "escaper", "compression"),
    "json": ("compression",),
    "orc": ("compression",),
    "avro": ("compression", "version"),
    "parquet": _PARQUET,
    "glueparquet": _PARQUET,
}


class DynamicFrameWriter(NamesWhatIsMissing):
    """Writes DynamicFrames. As on AWS, files are added to what a folder holds already."""

    aws_name = "write_dynamic_frame"

    def __init__(self, glue_context: HasSession) -> None:
        self._glue_context = glue_context

    def from_options(
        self,
        frame: DynamicFrame,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,  # noqa: A002 - AWS's signature
        format_options: Options | None = None,
        transformation_ctx: str = "",  # noqa: ARG002
    ) -> DynamicFrame:
        """Write files below ``connection_options["path"]``, or items of a DynamoDB table.

        Raises:
            UnsupportedApiError: another connection type, format or option
        """
        if connection_type == "dynamodb":
            return _write_dynamodb(frame, connection_options or {})
        if connection_type not in FILE_CONNECTIONS:
            raise UnsupportedApiError(f"write_dynamic_frame to connection_type={connection_type!r}")
        sink = DataSink(connection_options or {})
        sink.setFormat(format or "", **(format_options or {}))
        return sink.writeFrame(frame)

    def from_catalog(
        self,
        frame: DynamicFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",  # noqa: ARG002 - AWS's signature
        transformation_ctx: str = "",  # noqa: ARG002
        additional_options: Options | None = None,
        catalog_id: str | None = None,
        name_space: str | None = None,
    ) -> DynamicFrame:
        """Write to the location of a catalog table, in its format, or to its DynamoDB table.

        Raises:
            UnsupportedApiError: the table's format, or an option, is not available here
        """
        database = database or name_space
        if not (database and table_name):
            raise ValueError("write_dynamic_frame.from_catalog needs database and table_name")
        options = dict(additional_options or {})
        keys = options.pop("partitionKeys", None) or []
        update = _catalog_update(options, database, table_name)
        for name in options:
            raise UnsupportedApiError(f"write_dynamic_frame option {name!r}")
        table = read_table(database, table_name, catalog_id=catalog_id)
        if table.classification == "dynamodb":
            dynamodb_sink.write(
                frame.toDF(), dynamodb_source.table_name(table.location) or table.name
            )
            return frame
        form: dict[str, Any] = {}
        if table.classification == "csv":
            header = int(table.parameters.get("skip.header.line.count", "0")) > 0
            form = {"writeHeader": header, "separator": table.serde.get("separatorChar", ",")}
        write_files(frame, table.location, keys, table.classification, form)
        if update:
            update.apply(frame.toDF(), table.location, keys, table.classification, form)
        return frame


class DataSink(NamesWhatIsMissing):
    """Where `GlueContext.getSink` writes: a folder, in a format that is set before writing.

    Args:
        options: ``path``, ``partitionKeys``, ``enableUpdateCatalog``, ``updateBehavior``
    """

    aws_name = "DataSink"

    def __init__(self, options: Options) -> None:
        given = dict(options)
        self._path = given.pop("path", None)
        self._keys = list(given.pop("partitionKeys", None) or [])
        self._update = _catalog_update(given, "", "")
        for name in given:
            raise UnsupportedApiError(f"write_dynamic_frame option {name!r}")
        if not self._path:
            raise ValueError('writing needs the option "path"')
        self._format = ""
        self._options: dict[str, Any] = {}

    def setFormat(self, format: str, **options: Any) -> None:  # noqa: A002, N802
        """Set the format and its options."""
        self._format, self._options = format, options

    def setCatalogInfo(  # noqa: N802
        self,
        catalogDatabase: str | None = None,  # noqa: N803 - AWS's names
        catalogTableName: str | None = None,  # noqa: N803
        catalogId: str = "",  # noqa: ARG002, N803 - there is one catalog
    ) -> None:
        """Name the table that `writeFrame` makes or updates, with ``enableUpdateCatalog``."""
        if self._update:
            self._update = replace(
                self._update, database=catalogDatabase or "", table=catalogTableName or ""
            )

    def writeFrame(  # noqa: N802
        self,
        dynamic_frame: DynamicFrame,
        info: str = "",  # noqa: ARG002 - AWS's signature
    ) -> DynamicFrame:
        """Add files, and with ``enableUpdateCatalog`` their table; returns the frame."""
        update = self._update
        if update and not (update.database and update.table):
            raise ValueError("enableUpdateCatalog needs setCatalogInfo(database, table)")
        path, kind = str(self._path), self._format
        write_files(dynamic_frame, path, self._keys, kind, self._options)
        if update:
            kind = kind.removeprefix("glue")  # glueparquet makes tables of parquet
            update.apply(dynamic_frame.toDF(), path, self._keys, kind, self._options)
        return dynamic_frame

    def write(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Same as `writeFrame`."""
        return self.writeFrame(dynamic_frame, info)


def _catalog_update(options: dict[str, Any], database: str, table: str) -> CatalogUpdate | None:
    """Take the options away that say what happens to the Data Catalog."""
    enabled = str(options.pop("enableUpdateCatalog", False)).lower() == "true"
    behavior = options.pop("updateBehavior", None) or BEHAVIORS[0]
    return CatalogUpdate(database, table, behavior) if enabled else None


def _write_dynamodb(frame: DynamicFrame, options: Options) -> DynamicFrame:
    given = dict(options)
    table = given.pop("dynamodb.output.tableName", None)
    for name in given:  # two tune how AWS writes and do not change what is written
        if name not in ("dynamodb.throughput.write.percent", "dynamodb.output.retry"):
            raise UnsupportedApiError(f"write_dynamic_frame option {name!r}")
    if not table:
        raise ValueError('writing needs the option "dynamodb.output.tableName"')
    dynamodb_sink.write(frame.toDF(), table)
    return frame


def write_files(
    frame: DynamicFrame, path: str, keys: Sequence[str], kind: str, options: Options
) -> None:
    """Add files of a format to a folder.

    Raises:
        UnsupportedApiError: another format or option
    """
    if kind not in _OPTIONS:
        raise UnsupportedApiError(f"format {kind!r}")
    given = options_of(kind, options, _OPTIONS[kind])
    writer = frame.toDF().write.mode("append")
    if keys:
        writer = writer.partitionBy(*keys)
    if "compression" in given:
        writer = writer.option("compression", given["compression"])
    if kind != "csv":
        writer.format("parquet" if kind == "glueparquet" else kind).save(path)
        return
    quote = given.get("quotechar", '"')
    writer.options(
        header=given.get("writeheader", "true"),  # Glue writes one by default
        sep=given.get("separator", ","),
        quote="" if quote == "-1" else quote,
        escape=given.get("escaper", '"'),
        ignoreLeadingWhiteSpace="false",
        ignoreTrailingWhiteSpace="false",
    ).csv(path)

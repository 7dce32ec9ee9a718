"""`glueContext.write_dynamic_frame` and `getSink`: write a DynamicFrame to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from . import connectors, csv_source, dynamodb_sink, dynamodb_source, jdbc, jdbc_sink, table_formats
from .catalog import TABLE_FORMATS, read_table
from .catalog_sink import BEHAVIORS, CatalogUpdate
from .coverage.connections import SINKS, WRITE_FORMATS, instead
from .dynamicframe import DynamicFrame
from .errors import NamesWhatIsMissing, UnsupportedApiError
from .exact_names import exact_names
from .file_names import as_glue_names
from .options import CATALOG_SINK, DYNAMODB_SINK, JDBC_SINK, LOG, S3_SINK, WRITERS, is_true

if TYPE_CHECKING:
    from .session import HasSession

Options = Mapping[str, Any]
FILE_CONNECTIONS = ("s3", "file")


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
        connection_type, kind = connection_type.lower(), (format or "").lower()
        if connection_type == "dynamodb":
            return _write_dynamodb(frame, connection_options or {})
        if connection_type in jdbc.CONNECTION_TYPES:
            return _write_jdbc(frame, connection_type, connection_options or {})
        if connectors.known(connection_type):
            connectors.write(frame.toDF(), connection_type, connection_options or {})
            return frame
        if connection_type not in FILE_CONNECTIONS:
            raise UnsupportedApiError(
                f"write_dynamic_frame to connection_type={connection_type!r}",
                instead(SINKS, connection_type),
            )
        if kind in table_formats.AT_PATHS:
            table_formats.append_path(frame.toDF(), kind, connection_options or {})
            return frame
        sink = DataSink(connection_options or {})
        sink.setFormat(kind, **(format_options or {}))
        return sink.writeFrame(frame)

    def from_jdbc_conf(
        self,
        frame: DynamicFrame,
        catalog_connection: str,
        connection_options: Options | None = None,
        redshift_tmp_dir: str = "",  # noqa: ARG002 - AWS's signature
        transformation_ctx: str = "",  # noqa: ARG002
        catalog_id: str | None = None,
    ) -> DynamicFrame:
        """Add rows to ``connection_options["dbtable"]`` of ``["database"]`` of a Glue connection.

        Raises:
            CatalogError: there is no such connection
            SourceError: the database or its driver says no
        """
        given = JDBC_SINK.taken("write_dynamic_frame.from_jdbc_conf", connection_options or {})
        properties = jdbc.connection(catalog_connection, catalog_id)
        target = jdbc.of_connection(properties, str(given.get("database") or ""))
        jdbc_sink.write(frame.toDF(), target, given)
        return frame

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
        """Write to the location of a catalog table, in its format, or to the table it stands for.

        That is one of DynamoDB, or of a database.

        To a table of Iceberg, Delta Lake or Hudi with the additional options as the format's.

        Raises:
            CatalogError: there is no such table, or the format's jars are not there
            UnsupportedApiError: the table's format, or an option, is not available here
        """
        database = database or name_space
        if not (database and table_name):
            raise ValueError("write_dynamic_frame.from_catalog needs database and table_name")
        table = read_table(database, table_name, catalog_id=catalog_id)
        if table.classification in TABLE_FORMATS:
            table_formats.append(frame.toDF(), table, additional_options or {}, catalog_id)
            return frame
        if table.classification in jdbc.VENDORS:
            options = jdbc.of_table(table, additional_options or {}, JDBC_SINK)
            return _write_jdbc(frame, table.classification, options)
        given = CATALOG_SINK.taken("write_dynamic_frame.from_catalog", additional_options or {})
        keys = list(given.get("partitionkeys") or [])
        update = _catalog_update(given, database, table_name, catalog_id or "")
        if table.classification == "dynamodb":
            dynamodb_sink.write(
                frame.toDF(), dynamodb_source.table_name(table.location) or table.name
            )
            return frame
        form: dict[str, Any] = {}
        if table.classification == "csv":
            read = csv_source.options_of(table)
            form = {
                "writeHeader": read["header"],
                "separator": read["sep"],
                "quoteChar": read["quote"] or "-1",
                "escaper": read["escape"],
            }
        if compression := given.get("compression"):
            form["compression"] = compression
        write_files(frame, table.location, keys, table.classification, form)
        if update:
            update.apply(frame.toDF(), table.location, keys, table.classification, form)
        return frame


class DataFrameWriter(NamesWhatIsMissing):
    """`glueContext.write_data_frame`: writes Spark DataFrames as DynamicFrames are written."""

    aws_name = "write_data_frame"

    def __init__(self, glue_context: HasSession) -> None:
        self._glue_context = glue_context
        self._writer = DynamicFrameWriter(glue_context)

    def from_catalog(
        self, frame: DataFrame, database: str, table_name: str, *args: Any, **kwargs: Any
    ) -> DataFrame:
        """Write to the location of a catalog table, in its format, or to its DynamoDB table."""
        self._writer.from_catalog(self._frame(frame), database, table_name, *args, **kwargs)
        return frame

    def from_options(
        self, frame: DataFrame, connection_type: str, *args: Any, **kwargs: Any
    ) -> DataFrame:
        """Write files below ``connection_options["path"]``, or items of a DynamoDB table."""
        self._writer.from_options(self._frame(frame), connection_type, *args, **kwargs)
        return frame

    def _frame(self, frame: DataFrame) -> DynamicFrame:
        return DynamicFrame(frame, self._glue_context, "frame")


class DataSink(NamesWhatIsMissing):
    """Where `GlueContext.getSink` writes: a folder, in a format that is set before writing.

    Args:
        options: ``path``, ``partitionKeys``, ``compression``, ``enableUpdateCatalog``,
            ``updateBehavior``
    """

    aws_name = "DataSink"

    def __init__(self, options: Options) -> None:
        given = S3_SINK.taken("a sink of connection type s3", options)
        self._path = given.get("path")
        self._keys = list(given.get("partitionkeys") or [])
        self._update = _catalog_update(given, "", "")
        self._compression = given.get("compression")
        if not self._path:
            raise ValueError('writing needs the option "path"')
        self._format = ""
        self._options: dict[str, Any] = {}

    def setFormat(self, format: str, **options: Any) -> None:  # noqa: A002, N802
        """Set the format and its options."""
        self._format, self._options = format.lower(), options

    def setAccumulableSize(self, size: int) -> None:  # noqa: N802
        """Take how many error records AWS keeps in memory, which changes nothing here."""

    def setCatalogInfo(  # noqa: N802
        self,
        catalogDatabase: str | None = None,  # noqa: N803 - AWS's names
        catalogTableName: str | None = None,  # noqa: N803
        catalogId: str = "",  # noqa: N803
    ) -> None:
        """Name the table that `writeFrame` makes or updates, with ``enableUpdateCatalog``."""
        if self._update is None:
            LOG.warning(
                "setCatalogInfo has no effect without enableUpdateCatalog=True: %s.%s stays as it "
                "is, as on AWS",
                catalogDatabase,
                catalogTableName,
            )
            return
        self._update = replace(
            self._update,
            database=catalogDatabase or "",
            table=catalogTableName or "",
            catalog=catalogId or "",
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
        path, kind, options = str(self._path), self._format, self._options
        if self._compression and "compression" not in options:
            options = {**options, "compression": self._compression}
        write_files(dynamic_frame, path, self._keys, kind, options)
        if update:
            kind = kind.removeprefix("glue")  # glueparquet makes tables of parquet
            update.apply(dynamic_frame.toDF(), path, self._keys, kind, options)
        return dynamic_frame

    def write(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Same as `writeFrame`."""
        return self.writeFrame(dynamic_frame, info)


def _catalog_update(
    given: Options, database: str, table: str, catalog: str = ""
) -> CatalogUpdate | None:
    """What happens to the Data Catalog, by options in lower case; None: nothing."""
    if not is_true(given.get("enableupdatecatalog")):
        return None
    behavior = given.get("updatebehavior") or BEHAVIORS[0]
    return CatalogUpdate(database, table, str(behavior), catalog)


def _write_jdbc(frame: DynamicFrame, connection_type: str, options: Options) -> DynamicFrame:
    given = JDBC_SINK.taken(f"a sink of connection type {connection_type}", options)
    jdbc_sink.write(frame.toDF(), jdbc.target(connection_type, given), given)
    return frame


def _write_dynamodb(frame: DynamicFrame, options: Options) -> DynamicFrame:
    table = DYNAMODB_SINK.taken("a sink of connection type dynamodb", options).get(
        "dynamodb.output.tablename"
    )
    if not table:
        raise ValueError('writing needs the option "dynamodb.output.tableName"')
    dynamodb_sink.write(frame.toDF(), table)
    return frame


def write_files(
    frame: DynamicFrame, path: str, keys: Sequence[str], kind: str, options: Options
) -> None:
    """Add files of a format to a folder; of a frame without fields, which has no records, none.

    Raises:
        UnsupportedApiError: another format or option
    """
    if kind not in WRITERS:
        raise UnsupportedApiError(f"writing format {kind!r}", instead(WRITE_FORMATS, kind))
    given = WRITERS[kind].taken(f"format {kind}", options)
    typed = frame.toDF()
    if not typed.columns:
        LOG.warning("nothing is written to %s: there are no records", path)
        return
    writer = as_glue_names(typed.write.mode("append"))
    if keys:
        writer = writer.partitionBy(*keys)
    if compression := given.get("compression"):
        writer = writer.option("compression", str(compression).lower())
    if kind != "csv":
        with exact_names(typed):
            writer.format("parquet" if kind == "glueparquet" else kind).save(path)
        return
    quote = given.get("quotechar", '"')
    writer = writer.options(
        header=str(is_true(given.get("writeheader", True))).lower(),  # Glue writes one by default
        sep=given.get("separator", ","),
        quote="" if str(quote) == "-1" else quote,
        escape=given.get("escaper", '"'),
        emptyValue="",  # as it is read
        ignoreLeadingWhiteSpace="false",
        ignoreTrailingWhiteSpace="false",
    )
    with exact_names(typed):
        writer.csv(path)

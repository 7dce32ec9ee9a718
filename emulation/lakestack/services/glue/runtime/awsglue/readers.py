"""`glueContext.create_dynamic_frame`: the ways to make a DynamicFrame."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pyspark import RDD
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from . import bookmark, connectors, dynamodb_source, jdbc, jdbc_source, s3_source, table_formats
from .catalog import TABLE_FORMATS, CatalogTable, read_table
from .columns import quoted
from .coverage.connections import SOURCES, instead
from .dynamicframe import DynamicFrame
from .errors import NamesWhatIsMissing, SourceError, UnsupportedApiError
from .json_schema import with_choices
from .options import CATALOG_SOURCE, DYNAMODB_SOURCE, JDBC_SOURCE, S3_SOURCE, is_true
from .s3_objects import Bound, Listing, exclusions_of
from .s3_source import Read
from .streaming import kafka, kinesis
from .type_names import spark_type
from .writers import FILE_CONNECTIONS

if TYPE_CHECKING:
    from .session import HasSession

Options = Mapping[str, Any]
ITEMS_LOOKED_AT = 100  # before all of a table are read for attributes that none of these has


class DynamicFrameReader(NamesWhatIsMissing):
    """Makes DynamicFrames of catalog tables, of files and of RDDs."""

    aws_name = "create_dynamic_frame"

    def __init__(self, glue_context: HasSession) -> None:
        self._glue_context = glue_context

    def from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",  # noqa: ARG002 - AWS's signature
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Options | None = None,
        catalog_id: str | None = None,
        name_space: str | None = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """Read a table of the Data Catalog: files in S3, or a DynamoDB table.

        Args:
            push_down_predicate: Spark SQL over the partition keys; other partitions are not read.
                ``additional_options["catalogPartitionPredicate"]`` does the same

        Raises:
            CatalogError: there is no such table
            UnsupportedApiError: an option that is not available here
        """
        database = database or name_space
        if not (database and table_name):
            raise ValueError("from_catalog needs database and table_name")
        options = {**(additional_options or {}), **kwargs}
        table = read_table(database, table_name, catalog_id=catalog_id)
        _refuse_stream("from_catalog", table.parameters.get("typeofdata", "").lower())
        if table.classification == "dynamodb":
            if push_down_predicate or options.get("catalogPartitionPredicate"):
                raise UnsupportedApiError("push_down_predicate on a DynamoDB table")
            given = DYNAMODB_SOURCE.taken(
                "create_dynamic_frame.from_catalog of a DynamoDB table", options
            )
            if given.get("dynamodb.export"):
                source = dynamodb_source.table_name(table.location) or table.name
                return self._export(source, given, transformation_ctx or table_name)
            read = _read_dynamodb(self._glue_context, table, given)
            return self._frame(read.of_data(), transformation_ctx or table_name)
        if table.classification in TABLE_FORMATS:
            found = table_formats.read(
                self._glue_context.spark_session, table, additional_options or {}, catalog_id
            )
            found = found.where(push_down_predicate) if push_down_predicate else found
            return DynamicFrame(found, self._glue_context, transformation_ctx or table_name)
        if table.classification in jdbc.VENDORS:
            return self._jdbc(
                table.classification,
                jdbc.of_table(table, options, JDBC_SOURCE),
                transformation_ctx,
            )
        given = CATALOG_SOURCE.taken("create_dynamic_frame.from_catalog", options)
        both = (push_down_predicate, given.pop("catalogpartitionpredicate", ""))
        read = s3_source.read_catalog(
            self._glue_context.spark_session,
            table,
            bookmark.selection(transformation_ctx),
            [predicate for predicate in both if predicate],
            _listing(given, recurse=True),
            given,
        )
        _fail_fast(read, given)
        whole = is_true(given.get("usecatalogschema"))
        return self._frame(read if whole else read.of_data(), transformation_ctx or table_name)

    def from_options(
        self,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,  # noqa: A002 - AWS's signature
        format_options: Options | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DynamicFrame:
        """Read files of ``connection_options["paths"]``, or a DynamoDB table.

        Of a folder in S3 the files that lie directly in it; those of its subfolders too with
        ``"recurse": True``. ``"exclusions"`` is a JSON list of glob patterns.

        Raises:
            UnsupportedApiError: another connection type, format or option
        """
        if push_down_predicate:
            raise UnsupportedApiError("from_options(push_down_predicate)")
        options = {**(connection_options or {}), **kwargs}
        connection_type, kind = connection_type.lower(), (format or "").lower()
        if connection_type == "dynamodb":
            given = DYNAMODB_SOURCE.taken("connection type dynamodb", options)
            if given.get("dynamodb.export"):
                arn = str(given.get("dynamodb.tablearn") or "")
                if ":table/" not in arn:
                    raise ValueError("dynamodb.export needs the option dynamodb.tableArn")
                return self._export(arn.partition(":table/")[2], given, transformation_ctx)
            read = _read_dynamodb_items(self._glue_context, given)
            return self._frame(read.of_data(), transformation_ctx)
        if connection_type in jdbc.CONNECTION_TYPES:
            return self._jdbc(connection_type, options, transformation_ctx)
        if connectors.known(connection_type):
            session = self._glue_context.spark_session
            rows = connectors.read(session, connection_type, options, transformation_ctx)
            return DynamicFrame(rows, self._glue_context, transformation_ctx)
        _refuse_stream("from_options", connection_type)
        if connection_type not in FILE_CONNECTIONS:
            raise UnsupportedApiError(
                f"from_options(connection_type={connection_type!r})",
                instead(SOURCES, connection_type),
            )
        if kind in table_formats.AT_PATHS:
            found = table_formats.read_path(self._glue_context.spark_session, kind, options)
            return DynamicFrame(found, self._glue_context, transformation_ctx)
        given = S3_SOURCE.taken(f"connection type {connection_type}", options)
        paths = given.get("paths") or given.get("path")
        if not paths:
            raise ValueError('from_options needs connection_options={"paths": [...]}')
        if not kind:
            raise ValueError("from_options needs a format, such as csv, json or parquet")
        read = s3_source.read_paths(
            self._glue_context.spark_session,
            [paths] if isinstance(paths, str) else list(paths),
            kind,
            format_options or {},
            bookmark.selection(transformation_ctx) if connection_type == "s3" else None,
            _listing(given, recurse=connection_type != "s3"),
        )
        _fail_fast(read, given)
        return self._frame(read.of_data(), transformation_ctx)

    def _jdbc(self, connection_type: str, options: Options, context: str) -> DynamicFrame:
        given = JDBC_SOURCE.taken(f"connection type {connection_type}", options)
        target = jdbc.target(connection_type, given)
        frame = jdbc_source.read(self._glue_context.spark_session, target, given, context)
        return DynamicFrame(frame, self._glue_context, context)

    def _export(self, table: str, given: Options, name: str) -> DynamicFrame:
        """The items of a table as an export has them, in DynamoDB's JSON, or without its types."""
        if str(given["dynamodb.export"]).lower() != "ddb":
            raise UnsupportedApiError(f"dynamodb.export {given['dynamodb.export']!r}")
        if str(given.get("dynamodb.exporttype") or "FULL_EXPORT").upper() != "FULL_EXPORT":
            raise UnsupportedApiError(f"dynamodb.exportType {given['dynamodb.exporttype']!r}")
        spark = self._glue_context.spark_session
        items = dynamodb_source.read_json(spark, table, segments=_segments(given), typed=True)
        frame = self._frame(Read(*with_choices(spark, items)).of_data(), name)
        if is_true(given.get("dynamodb.unnestddbjson")):
            return frame.unnest_ddb_json()
        return (
            frame.simplify_ddb_json() if is_true(given.get("dynamodb.simplifyddbjson")) else frame
        )

    def from_rdd(
        self,
        data: RDD[Any],
        name: str,
        schema: Any = None,
        sampleRatio: float | None = None,  # noqa: N803 - AWS's signature
        transformation_ctx: str = "",  # noqa: ARG002
    ) -> DynamicFrame:
        """Make a DynamicFrame of an RDD of rows, tuples or dictionaries."""
        made = self._glue_context.spark_session.createDataFrame(data, schema, sampleRatio)
        return DynamicFrame(made, self._glue_context, name)

    def _frame(self, read: Read, name: str) -> DynamicFrame:
        pending = {column: spark_type(kind) for column, kind in read.types.items()}
        return DynamicFrame(
            read.frame,
            self._glue_context,
            name,
            pending=pending,
            choices=read.choices,
            errors=read.errors,
        )


class _Stream(Protocol):
    """A module of streams."""

    def from_options(self, spark: SparkSession, options: Options) -> DataFrame:
        """The stream that options name."""

    def from_table(self, spark: SparkSession, table: CatalogTable, options: Options) -> DataFrame:
        """The stream that a table stands for."""


STREAMS: Mapping[str, _Stream] = {"kafka": kafka, "kinesis": kinesis}
"""Connection types that are read as streams."""


def _refuse_stream(method: str, kind: str) -> None:
    """Refuse to read a stream as a batch.

    Raises:
        UnsupportedApiError: it is one
    """
    if kind in STREAMS:
        raise UnsupportedApiError(
            f"create_dynamic_frame.{method} of {kind}", f"create_data_frame.{method}, as a stream"
        )


class DataFrameReader(NamesWhatIsMissing):
    """`glueContext.create_data_frame`: the same as Spark DataFrames."""

    aws_name = "create_data_frame"

    def __init__(self, glue_context: HasSession) -> None:
        self._glue_context = glue_context
        self._reader = DynamicFrameReader(glue_context)

    def from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Options | None = None,
        **kwargs: Any,
    ) -> DataFrame:
        """Read a table of the Data Catalog, with its types; one of a stream as a stream."""
        name = database or kwargs.get("name_space")
        if name and table_name:
            table = read_table(name, table_name, catalog_id=kwargs.get("catalog_id"))
            stream = STREAMS.get(table.parameters.get("typeofdata", "").lower())
            if stream:
                session = self._glue_context.spark_session
                return stream.from_table(session, table, additional_options or {})
        return self._reader.from_catalog(
            database,
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            push_down_predicate,
            additional_options,
            **kwargs,
        ).toDF()

    def from_options(
        self,
        connection_type: str,
        connection_options: Options | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> DataFrame:
        """Read files or a DynamoDB table, with the types found in them; a stream as one."""
        if stream := STREAMS.get(connection_type.lower()):
            session = self._glue_context.spark_session
            return stream.from_options(session, connection_options or {})
        frame = self._reader.from_options(connection_type, connection_options, *args, **kwargs)
        return frame.toDF()


def _listing(given: Options, *, recurse: bool) -> Listing:
    """Which objects are read, by options in lower case."""
    files, size = given.get("boundedfiles"), given.get("boundedsize")
    bound = Bound(_whole(files), _whole(size)) if files or size else None
    exclusions, classes = given.get("exclusions"), given.get("excludestorageclasses")
    return Listing(
        is_true(given.get("recurse", recurse)),
        exclusions_of(exclusions) if exclusions else (),
        exclusions_of(classes) if classes else (),
        str(given.get("compressiontype") or "").lower(),
        bound,
    )


def _whole(number: Any) -> int | None:
    return int(str(number)) if number else None


def _fail_fast(read: Read, given: Options) -> None:
    """Raise where ``isFailFast`` asks for it and something read is no record."""
    if is_true(given.get("isfailfast")) and read.errors is not None:
        for row in read.errors.take(1):
            raise SourceError(f"isFailFast: this is no record: {row['error'][:500]}")


def _read_dynamodb_items(glue_context: HasSession, given: Options) -> Read:
    table = given.get("dynamodb.input.tablename")
    if not table:
        raise ValueError('from_options needs connection_options={"dynamodb.input.tableName": …}')
    spark = glue_context.spark_session
    items = dynamodb_source.read_json(spark, table, segments=_segments(given))
    return Read(*with_choices(spark, items))


def _read_dynamodb(glue_context: HasSession, table: CatalogTable, given: Options) -> Read:
    names = [name for name, _ in table.columns]
    frame = dynamodb_source.read(
        glue_context.spark_session,
        dynamodb_source.table_name(table.location) or table.name,
        names,
        types=dict(table.columns),
        segments=_segments(given),
    )
    types = {n: t for n, t in table.columns if t != "string"}
    return Read(frame, types, declared=tuple(names), fields=partial(_set_somewhere, frame))


def _set_somewhere(frame: DataFrame) -> frozenset[str]:
    """The columns, in lower case, that are not null in each record, and "" if there is one."""
    first = frame.take(ITEMS_LOOKED_AT)
    found = {n.lower() for n in frame.columns if any(row[n] is not None for row in first)}
    rest = [name for name in frame.columns if name.lower() not in found]
    if rest and len(first) == ITEMS_LOOKED_AT:
        some = frame.agg(*(F.max(quoted(n).isNotNull()).alias(n) for n in rest)).collect()[0]
        found |= {name.lower() for name in rest if some[name]}
    return frozenset({*found, *([""] if first else [])})


def _segments(given: Options) -> int | None:
    splits = given.get("dynamodb.splits")
    return int(splits) if splits else None

"""`glueContext.create_dynamic_frame`: the ways to make a DynamicFrame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark import RDD
from pyspark.sql import DataFrame

from . import bookmark, dynamodb_source, s3_source
from .catalog import CatalogTable, read_table
from .dynamicframe import DynamicFrame
from .errors import NamesWhatIsMissing, UnsupportedApiError
from .gluetypes import spark_type
from .json_schema import with_choices
from .s3_objects import Listing, exclusions_of
from .s3_source import Read
from .writers import FILE_CONNECTIONS

if TYPE_CHECKING:
    from .session import HasSession

Options = Mapping[str, Any]
# Options that tune how AWS reads and do not change what is read.
_TUNING = (
    "compressiontype",
    "groupfiles",
    "groupsize",
    "inpartition",
    "maxband",
    "maxfilesinband",
    "uses3listimplementation",
)

_DYNAMODB_OPTIONS = ("dynamodb.splits", "dynamodb.throughput.read.percent")


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
        server_side = options.pop("catalogPartitionPredicate", "")
        predicates = [p for p in (push_down_predicate, server_side) if p]
        table = read_table(database, table_name, catalog_id=catalog_id)
        if table.classification == "dynamodb":
            if predicates:
                raise UnsupportedApiError("push_down_predicate on a DynamoDB table")
            read = _read_dynamodb(self._glue_context, table, options)
        else:
            listing = _listing(options, recurse=True)
            _check(options, "from_catalog", _TUNING)
            select = bookmark.selection(transformation_ctx)
            read = s3_source.read_catalog(
                self._glue_context.spark_session, table, select, predicates, listing
            )
        return self._frame(read, transformation_ctx or table_name)

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
        if connection_type == "dynamodb":
            read = _read_dynamodb_items(self._glue_context, options)
            return self._frame(read, transformation_ctx)
        if connection_type not in FILE_CONNECTIONS:
            raise UnsupportedApiError(f"from_options(connection_type={connection_type!r})")
        paths = options.pop("paths", None) or options.pop("path", None)
        listing = _listing(options, recurse=connection_type != "s3")
        _check(options, "from_options", _TUNING)
        if not paths:
            raise ValueError('from_options needs connection_options={"paths": [...]}')
        if not format:
            raise ValueError("from_options needs a format, such as csv, json or parquet")
        read = s3_source.read_paths(
            self._glue_context.spark_session,
            [paths] if isinstance(paths, str) else list(paths),
            format,
            format_options or {},
            bookmark.selection(transformation_ctx) if connection_type == "s3" else None,
            listing,
        )
        return self._frame(read, transformation_ctx)

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


class DataFrameReader(NamesWhatIsMissing):
    """`glueContext.create_data_frame`: the same as Spark DataFrames."""

    aws_name = "create_data_frame"

    def __init__(self, glue_context: HasSession) -> None:
        self._reader = DynamicFrameReader(glue_context)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DataFrame:
        """Read a table of the Data Catalog, with its types."""
        return self._reader.from_catalog(*args, **kwargs).toDF()

    def from_options(self, *args: Any, **kwargs: Any) -> DataFrame:
        """Read files or a DynamoDB table, with the types found in them."""
        return self._reader.from_options(*args, **kwargs).toDF()


def _listing(options: dict[str, Any], *, recurse: bool) -> Listing:
    """Take the options away that say which objects are read."""
    given = str(options.pop("recurse", recurse)).lower()
    exclusions = options.pop("exclusions", None)
    return Listing(given == "true", exclusions_of(exclusions) if exclusions else ())


def _check(options: Options, method: str, known: tuple[str, ...]) -> None:
    for name in options:
        if name.lower() not in known:
            raise UnsupportedApiError(f"{method} option {name!r}")


def _read_dynamodb_items(glue_context: HasSession, options: dict[str, Any]) -> Read:
    table = options.pop("dynamodb.input.tableName", None)
    if not table:
        raise ValueError('from_options needs connection_options={"dynamodb.input.tableName": …}')
    spark, segments = glue_context.spark_session, _segments(options, "from_options")
    items = dynamodb_source.read_json(spark, table, segments=segments)
    return Read(*with_choices(spark, items))


def _read_dynamodb(glue_context: HasSession, table: CatalogTable, options: Options) -> Read:
    segments = _segments(options, "from_catalog")
    frame = dynamodb_source.read(
        glue_context.spark_session,
        dynamodb_source.table_name(table.location) or table.name,
        [name for name, _ in table.columns],
        segments=segments,
    )
    return Read(frame, {n: t for n, t in table.columns if t != "string"})


def _segments(options: Options, method: str) -> int | None:
    _check(options, method, _DYNAMODB_OPTIONS)
    splits = options.get("dynamodb.splits")
    return int(splits) if splits else None

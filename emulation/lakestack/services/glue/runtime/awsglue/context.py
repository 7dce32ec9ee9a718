"""GlueContext: the entry point of a Glue script."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession, SQLContext
from pyspark.sql.types import StructType

from . import jdbc, purge
from .catalog import read_table
from .coverage.connections import SINKS, instead
from .data_source import DataSource
from .dynamicframe import DynamicFrame, DynamicFrameCollection
from .errors import NamesWhatIsMissing, UnsupportedApiError
from .ingestion_time import with_ingestion_time
from .readers import DataFrameReader, DynamicFrameReader
from .retention import Retention
from .storage_classes import Transition
from .streaming.for_each_batch import for_each_batch
from .type_names import spark_type
from .writers import FILE_CONNECTIONS, DataFrameWriter, DataSink, DynamicFrameWriter


class GlueContext(NamesWhatIsMissing, SQLContext):
    """Wraps a SparkContext, as on AWS.

    Args:
        sparkContext: the running SparkContext
    """

    aws_name = "GlueContext"

    def __init__(self, sparkContext: SparkContext, **options: Any) -> None:  # noqa: N803
        for name in options:
            if name not in ("minPartitions", "targetPartitions"):
                raise UnsupportedApiError(f"GlueContext({name}=…)")
        session = SparkSession.builder.getOrCreate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # SQLContext's own notice
            super().__init__(sparkContext, session)
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.write_data_frame = DataFrameWriter(self)

    @property
    def spark_session(self) -> SparkSession:
        """The SparkSession."""
        return self.sparkSession

    def get_logger(self) -> logging.Logger:
        """Logger whose lines go to the run's error stream."""
        logger = logging.getLogger("GlueLogger")
        if not logger.handlers:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(
                logging.Formatter(
                    "%(asctime)s %(levelname)s GlueLogger: %(message)s", "%y/%m/%d %H:%M:%S"
                )
            )
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False
        return logger

    def create_dynamic_frame_from_catalog(
        self, database: str, table_name: str, *args: Any, **kwargs: Any
    ) -> DynamicFrame:
        """Same as ``create_dynamic_frame.from_catalog``."""
        return self.create_dynamic_frame.from_catalog(database, table_name, *args, **kwargs)

    def create_dynamic_frame_from_options(
        self, connection_type: str, *args: Any, **kwargs: Any
    ) -> DynamicFrame:
        """Same as ``create_dynamic_frame.from_options``."""
        return self.create_dynamic_frame.from_options(connection_type, *args, **kwargs)

    def create_dynamic_frame_from_rdd(
        self, data: Any, name: str, *args: Any, **kwargs: Any
    ) -> DynamicFrame:
        """Same as ``create_dynamic_frame.from_rdd``."""
        return self.create_dynamic_frame.from_rdd(data, name, *args, **kwargs)

    def create_data_frame_from_catalog(
        self, database: str, table_name: str, **kwargs: Any
    ) -> DataFrame:
        """Same as ``create_data_frame.from_catalog``."""
        return self.create_data_frame.from_catalog(
            database=database, table_name=table_name, **kwargs
        )

    def create_data_frame_from_options(self, connection_type: str, **kwargs: Any) -> DataFrame:
        """Same as ``create_data_frame.from_options``."""
        return self.create_data_frame.from_options(connection_type, **kwargs)

    def forEachBatch(  # noqa: N802
        self,
        frame: DataFrame,
        batch_function: Callable[[DataFrame, int], Any],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Call a function with each micro-batch of a stream, until the job is stopped.

        Args:
            options: ``windowSize``, ``checkpointLocation`` and perhaps ``batchMaxRetries``

        Raises:
            StreamingQueryException: a batch has failed more often than may be
            ValueError: an option is missing, or the frame is no stream
        """
        for_each_batch(frame, batch_function, options or {})

    def write_data_frame_from_catalog(
        self, frame: DataFrame, database: str, table_name: str, *args: Any, **kwargs: Any
    ) -> DataFrame:
        """Same as ``write_data_frame.from_catalog``."""
        return self.write_data_frame.from_catalog(frame, database, table_name, *args, **kwargs)

    def write_dynamic_frame_from_options(
        self, frame: DynamicFrame, connection_type: str, *args: Any, **kwargs: Any
    ) -> DynamicFrame:
        """Same as ``write_dynamic_frame.from_options``."""
        return self.write_dynamic_frame.from_options(frame, connection_type, *args, **kwargs)

    def write_dynamic_frame_from_catalog(
        self, frame: DynamicFrame, database: str, table_name: str, *args: Any, **kwargs: Any
    ) -> DynamicFrame:
        """Same as ``write_dynamic_frame.from_catalog``."""
        return self.write_dynamic_frame.from_catalog(frame, database, table_name, *args, **kwargs)

    def write_dynamic_frame_from_jdbc_conf(
        self, frame: DynamicFrame, catalog_connection: str, *args: Any, **kwargs: Any
    ) -> DynamicFrame:
        """Same as ``write_dynamic_frame.from_jdbc_conf``."""
        return self.write_dynamic_frame.from_jdbc_conf(frame, catalog_connection, *args, **kwargs)

    def create_sample_dynamic_frame_from_catalog(
        self,
        database: str,
        table_name: str,
        num: int,
        *args: Any,
        sample_options: Mapping[str, Any] | None = None,  # noqa: ARG002 - how AWS looks for them
        **kwargs: Any,
    ) -> DynamicFrame:
        """The first `num` records of ``create_dynamic_frame.from_catalog``."""
        return self._first(self.create_dynamic_frame_from_catalog(
            database, table_name, *args, **kwargs
        ), num)  # fmt: skip

    def create_sample_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        num: int = 0,
        sample_options: Mapping[str, Any] | None = None,  # noqa: ARG002 - how AWS looks for them
        **kwargs: Any,
    ) -> DynamicFrame:
        """The first `num` records of ``create_dynamic_frame.from_options``."""
        return self._first(self.create_dynamic_frame_from_options(
            connection_type, connection_options, **kwargs
        ), num)  # fmt: skip

    def _first(self, frame: DynamicFrame, number: int) -> DynamicFrame:
        return frame._with(frame._frame.limit(int(number)))

    def getSource(  # noqa: N802
        self, connection_type: str, transformation_ctx: str = "", **options: Any
    ) -> DataSource:
        """A source to read: ``getSource("file", paths=[…])``, then setFormat, getFrame."""

        def read(kind: str | None, format_options: Mapping[str, Any]) -> DynamicFrame:
            return self.create_dynamic_frame.from_options(
                connection_type, options, kind, format_options, transformation_ctx
            )

        return DataSource(read)

    def get_catalog_schema_as_spark_schema(
        self, database: str, table_name: str, catalog_id: str | None = None
    ) -> StructType:
        """The columns and partition keys of a catalog table.

        Raises:
            CatalogError: there is no such table
        """
        table = read_table(database, table_name, catalog_id=catalog_id)
        columns = (*table.columns, *table.partition_keys)
        described = ", ".join(f"{_ticked(name)} {spark_type(kind)}" for name, kind in columns)
        return self.spark_session.createDataFrame([], described).schema

    def add_ingestion_time_columns(
        self,
        dataFrame: DataFrame,  # noqa: N803 - AWS's names
        timeGranularity: str = "",  # noqa: N803
    ) -> DataFrame:
        """The records with ``ingest_year``, ``ingest_month`` and so on, down to a granularity.

        Args:
            timeGranularity: ``day``, ``hour`` or ``minute``
        """
        return with_ingestion_time(dataFrame, timeGranularity)

    def write_from_options(
        self,
        frame_or_dfc: DynamicFrame | DynamicFrameCollection,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> DynamicFrame | DynamicFrameCollection:
        """Write a frame, or each of a collection: below the path, or to the table, of its name."""
        if isinstance(frame_or_dfc, DynamicFrame):
            return self.write_dynamic_frame.from_options(
                frame_or_dfc, connection_type, connection_options, *args, **kwargs
            )
        for name, frame in frame_or_dfc.items():
            options = _of_one(connection_options or {}, name)
            self.write_dynamic_frame.from_options(frame, connection_type, options, *args, **kwargs)
        return frame_or_dfc

    def write_from_jdbc_conf(
        self,
        frame_or_dfc: DynamicFrame | DynamicFrameCollection,
        catalog_connection: str,
        connection_options: Mapping[str, Any] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> DynamicFrame | DynamicFrameCollection:
        """The same to a Glue connection."""
        write = self.write_dynamic_frame.from_jdbc_conf
        if isinstance(frame_or_dfc, DynamicFrame):
            return write(frame_or_dfc, catalog_connection, connection_options, *args, **kwargs)
        for name, frame in frame_or_dfc.items():
            options = _of_one(connection_options or {}, name)
            write(frame, catalog_connection, options, *args, **kwargs)
        return frame_or_dfc

    def extract_jdbc_conf(
        self, connection_name: str, catalog_id: str | None = None
    ) -> dict[str, str]:
        """The properties of a Glue connection: url, fullUrl, user, password and others.

        Raises:
            CatalogError: there is no such JDBC connection
        """
        return jdbc.extract_conf(jdbc.connection(connection_name, catalog_id))

    def getSink(  # noqa: N802
        self,
        connection_type: str,
        format: str | None = None,  # noqa: A002 - AWS's signature
        transformation_ctx: str = "",  # noqa: ARG002
        **options: Any,
    ) -> DataSink:
        """A folder to write to: ``getSink("s3", path="s3://…")``, then setFormat, writeFrame.

        Raises:
            UnsupportedApiError: another connection type, or an option that is not available here
        """
        if connection_type.lower() not in FILE_CONNECTIONS:
            raise UnsupportedApiError(
                f"getSink(connection_type={connection_type!r})", instead(SINKS, connection_type)
            )
        sink = DataSink(options)
        if format:
            sink.setFormat(format)
        return sink

    def purge_s3_path(
        self,
        s3_path: str,
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",  # noqa: ARG002 - AWS's signature
    ) -> None:
        """Delete the objects below a path that are older than ``retentionPeriod`` hours (168).

        Objects of the storage classes in ``excludeStorageClasses`` (GLACIER and DEEP_ARCHIVE) stay.
        """
        purge.path(s3_path, Retention.of(options or {}, "purge_s3_path"))

    def purge_table(
        self,
        database: str,
        table_name: str,
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",  # noqa: ARG002 - AWS's signature
        catalog_id: str | None = None,
    ) -> None:
        """The same of a catalog table; partitions without objects leave the catalog.

        Raises:
            CatalogError: there is no such table
        """
        retention = Retention.of(options or {}, "purge_table")
        purge.table(database, table_name, retention, catalog_id)

    def transition_s3_path(
        self,
        s3_path: str,
        transition_to: str,
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",  # noqa: ARG002 - AWS's signature
    ) -> None:
        """Move objects below a path, older than ``retentionPeriod`` hours, to a storage class."""
        Transition.of(transition_to, options or {}, "transition_s3_path").path(s3_path)

    def transition_table(
        self,
        database: str,
        table_name: str,
        transition_to: str,
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",  # noqa: ARG002 - AWS's signature
        catalog_id: str | None = None,
    ) -> None:
        """The same of the objects of a catalog table.

        Raises:
            CatalogError: there is no such table
        """
        transition = Transition.of(transition_to, options or {}, "transition_table")
        transition.table(database, table_name, catalog_id)


def _ticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _of_one(options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The options for one frame of a collection: our guess of how AWS tells them apart."""
    if path := options.get("path"):
        return {**options, "path": f"{str(path).rstrip('/')}/{name}"}
    return {**options, "dbtable": name}

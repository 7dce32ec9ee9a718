"""GlueContext: the entry point of a Glue script."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession, SQLContext

from . import jdbc, purge
from .dynamicframe import DynamicFrame
from .errors import NamesWhatIsMissing, UnsupportedApiError
from .readers import DataFrameReader, DynamicFrameReader
from .streaming.for_each_batch import for_each_batch
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
        if connection_type not in FILE_CONNECTIONS:
            raise UnsupportedApiError(f"getSink(connection_type={connection_type!r})")
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
        purge.path(s3_path, purge.Retention.of(options or {}, "purge_s3_path"))

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
        retention = purge.Retention.of(options or {}, "purge_table")
        purge.table(database, table_name, retention, catalog_id)

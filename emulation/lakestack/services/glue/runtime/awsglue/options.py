"""The options of sources, sinks and formats that AWS documents, and what happens to each here.

AWS Glue Developer Guide, "Connection types and options for ETL in AWS Glue for Spark" (Amazon S3,
DynamoDB) and "Data format options for inputs and outputs in AWS Glue for Spark". An option that is
in no table is ignored, as AWS does, with a warning in the job's log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UnsupportedApiError

LOG = logging.getLogger("GlueLogger")


@dataclass(frozen=True)
class Known:
    """Documented options, in lower case.

    Attributes:
        applied: what they say is done
        tuning: they change how fast or where AWS works, not what comes of it
        refused: they would change what comes of it, and are not here
    """

    applied: frozenset[str]
    tuning: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    def taken(self, where: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that are applied, by their names in lower case.

        Args:
            where: what has the options, for the messages

        Raises:
            UnsupportedApiError: a documented option that is not here
        """
        given = {}
        for name, value in options.items():
            key = str(name).lower()
            if key in self.applied:
                given[key] = value
            elif key in self.refused:
                raise UnsupportedApiError(f"option {name!r} of {where}")
            elif key not in self.tuning:
                LOG.warning("option %r of %s is not known and is ignored, as on AWS", name, where)
        return given


def is_true(value: object) -> bool:
    """A switch as scripts spell it: ``True``, ``"true"``, ``"True"``."""
    return str(value).lower() == "true"


def _names(*names: str) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


_ATTACHED = _names("attachFilename", "attachTimestamp")
_S3_LISTING = _names(
    "boundedFiles", "boundedSize", "compressionType", "exclusions", "excludeStorageClasses",
    "isFailFast", "recurse",
)  # fmt: skip
_S3_TUNING = _names(
    "enableSamplePath", "groupFiles", "groupSize", "inPartition", "maxBand", "maxFilesInBand",
    "mergeSchema", "samplePath", "useS3ListImplementation",
    "jobBookmarkKeys", "jobBookmarkKeysSortOrder",  # of JDBC sources alone
)  # fmt: skip
S3_SOURCE = Known(_S3_LISTING | _names("paths", "path"), _S3_TUNING)
CATALOG_SOURCE = Known(
    _S3_LISTING | _ATTACHED | _names("catalogPartitionPredicate", "multiLine", "useCatalogSchema"),
    _S3_TUNING | _names("useSparkDataSource"),
)
S3_SINK = Known(
    _names("path", "partitionKeys", "enableUpdateCatalog", "updateBehavior", "compression"),
    _names("groupFiles", "groupSize"),
)
CATALOG_SINK = Known(
    _names("partitionKeys", "enableUpdateCatalog", "updateBehavior", "compression"),
    _names("useGlueParquetWriter"),
)
_EXPORT = _names(
    "dynamodb.export", "dynamodb.tableArn", "dynamodb.exportType", "dynamodb.unnestDDBJson",
    "dynamodb.simplifyDDBJson",
)  # fmt: skip
_EXPORT_PLACE = _names(  # nothing is written on the way
    "dynamodb.s3.bucket", "dynamodb.s3.bucketOwner", "dynamodb.s3.prefix"
)
_ROLE = _names(  # there are no roles here
    "dynamodb.sts.roleArn", "dynamodb.sts.roleSessionName", "dynamodb.sts.region"
)
DYNAMODB_SOURCE = Known(
    _EXPORT | _names("dynamodb.input.tableName", "dynamodb.splits"),
    _ROLE | _EXPORT_PLACE | _names("dynamodb.throughput.read.percent", "dynamodb.region"),
    _names("dynamodb.exportTime"),
)
DYNAMODB_SINK = Known(
    _names("dynamodb.output.tableName"),
    _ROLE
    | _names(
        "dynamodb.throughput.write.percent",
        "dynamodb.output.numParallelTasks",
        "dynamodb.output.retry",
        "dynamodb.region",
    ),
)
_JDBC = _names(
    "url", "dbtable", "table", "user", "password", "secretId", "connectionName", "database",
    "useConnectionProperties", "customJdbcDriverS3Path", "customJdbcDriverClassName",
)  # fmt: skip
_JDBC_TUNING = _names(
    "redshiftTmpDir", "aws_iam_role", "aws_iam_user", "extracopyoptions", "extraunloadoptions",
    "tempformat", "bulkSize", "fetchsize", "batchsize", "autopushdown",
)  # fmt: skip
JDBC_SOURCE = Known(
    _JDBC
    | _names(
        "hashfield", "hashexpression", "hashpartitions", "sampleQuery",
        "enablePartitioningForSampleQuery", "jobBookmarkKeys", "jobBookmarkKeysSortOrder", "query",
    ),
    _JDBC_TUNING,
    _names("sampleSize", "bookmarkFilter"),
)  # fmt: skip
CONNECTOR_JDBC = Known(
    _names(
        "className", "url", "dbTable", "tableName", "query", "user", "password", "secretId",
        "connectionName", "filterPredicate", "partitionColumn", "lowerBound", "upperBound",
        "numPartitions", "jobBookmarkKeys",
    ),
    _names("jobBookmarkKeysSortOrder"),
    _names("dataTypeMapping"),
)  # fmt: skip
JDBC_SINK = Known(_JDBC | _names("preactions", "postactions"), _JDBC_TUNING)

_CSV = _names("separator", "quoteChar", "escaper")
_PARQUET_TUNING = _names("useGlueParquetWriter", "blockSize", "pageSize")
READERS: Mapping[str, Known] = {
    "csv": Known(
        _ATTACHED | _CSV | _names("withHeader", "multiLine", "skipFirst"),
        _names("optimizePerformance", "writeHeader", "strictCheckForQuoting"),
    ),
    "json": Known(_ATTACHED | _names("jsonPath", "multiLine"), _names("optimizePerformance")),
    "parquet": Known(_ATTACHED, _PARQUET_TUNING | _names("compression")),
    "orc": Known(_ATTACHED),
    "avro": Known(_ATTACHED, _names("version")),
    "groklog": Known(
        _names("logFormat", "customPatterns", "MISSING", "LineCount"),
        _names("StrictMode"),  # a value that does not fit its type is null, or an error record
        _ATTACHED,
    ),
    "xml": Known(
        _names(
            "rowTag",
            "encoding",
            "excludeAttribute",
            "treatEmptyValuesAsNulls",
            "attributePrefix",
            "valueTag",
            "ignoreSurroundingSpaces",
        ),
        frozenset(),
        _ATTACHED | _names("withSchema"),
    ),
}
_COMPRESSION = _names("compression")
WRITERS: Mapping[str, Known] = {
    "csv": Known(
        _CSV | _COMPRESSION | _names("writeHeader"),
        # Quotes stand only where they must, whether that is asked for or not.
        _names("strictCheckForQuoting", "optimizePerformance", "withHeader", "multiLine"),
    ),
    "json": Known(_COMPRESSION, _names("optimizePerformance", "multiLine")),
    "parquet": Known(_COMPRESSION, _PARQUET_TUNING),
    "glueparquet": Known(_COMPRESSION, _PARQUET_TUNING),
    "orc": Known(_COMPRESSION),
    "avro": Known(_COMPRESSION, _names("version")),
}

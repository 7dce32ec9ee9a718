"""Connectors: data sources of Spark and JDBC drivers that a job or its connection brings.

AWS Glue Developer Guide, "Connection types and options for ETL in AWS Glue for Spark" ("Custom and
AWS Marketplace connectionType values"): a connector is a class on the class path, named by
``className`` or by the connection. AWS's own types, such as ``snowflake``, are data sources of
Spark that AWS brings and a job here must bring itself, but for MongoDB's, which is fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from . import bookmark, mongodb
from .catalog_connection import catalog_connection
from .clients import client
from .errors import SourceError, UnsupportedApiError
from .options import CONNECTOR_JDBC

Options = Mapping[str, Any]

SPARK, JDBC, ATHENA = "spark", "jdbc", "athena"
KINDS: Mapping[str, str] = {
    f"{origin}.{kind}": kind
    for origin in ("custom", "marketplace")
    for kind in (SPARK, JDBC, ATHENA)
}
"""The types whose class a connection or an option names."""

NATIVE: Mapping[str, str] = {
    "azurecosmos": "cosmos.oltp",
    "azuresql": "com.microsoft.sqlserver.jdbc.spark",
    "bigquery": "com.google.cloud.spark.bigquery",
    "documentdb": "com.mongodb.spark.sql.connector.MongoTableProvider",
    "mongodb": "com.mongodb.spark.sql.connector.MongoTableProvider",
    "opensearch": "org.opensearch.spark.sql",
    "snowflake": "net.snowflake.spark.snowflake",
    "teradata": "com.teradata.spark.TeradataConnector",
    "vertica": "com.vertica.spark.datasource.VerticaSource",
}
"""The data source of Spark behind a type of AWS's own; its options are the script's."""

_OURS = frozenset({"classname", "connectionname", "secretid"})
_PLACE = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")
_MISSING = re.compile(
    r"ClassNotFoundException|DATA_SOURCE_NOT_FOUND|Failed to find (the )?data source"
    r"|No suitable driver"
)


def known(connection_type: str) -> bool:
    """Whether a type is one of a connector."""
    return connection_type in KINDS or connection_type in NATIVE


def read(spark: SparkSession, connection_type: str, options: Options, context: str) -> DataFrame:
    """Read what a connector gives.

    Args:
        spark: the session
        connection_type: one that is `known`
        options: ``connection_options``
        context: the transformation_ctx

    Raises:
        CatalogError: there is no such connection
        SourceError: the class is not there, or says no
        UnsupportedApiError: a connector for Athena, or an option that is not here
        ValueError: an option is missing
    """
    connector = _Connector(connection_type, options)
    with connector.errors_named("reading"):
        if connector.kind == JDBC:
            return _read_jdbc(spark, connector, context)
        return spark.read.format(connector.class_name).options(**connector.others()).load()


def write(frame: DataFrame, connection_type: str, options: Options) -> None:
    """Write rows by a connector; they are added to what there is.

    Raises:
        as `read`
    """
    connector = _Connector(connection_type, options)
    with connector.errors_named("writing"):
        if connector.kind != JDBC:
            writer = frame.write.format(connector.class_name).options(**connector.others())
            writer.mode("append").save()
            return
        given = CONNECTOR_JDBC.taken(f"connection type {connection_type}", options)
        table = given.get("dbtable") or given.get("tablename")
        if not table:
            raise ValueError(f'connection type {connection_type} needs the option "dbTable"')
        login = connector.login()
        frame.write.jdbc(connector.url(), str(table), mode="append", properties=login)


class _Connector:
    """A type with its options and its connection."""

    def __init__(self, connection_type: str, options: Options) -> None:
        self.type = connection_type
        self.kind = KINDS.get(connection_type, SPARK)
        if self.kind == ATHENA:
            raise UnsupportedApiError(f"connection type {connection_type}")
        self._options = options
        self._given = {str(name).lower(): value for name, value in options.items()}
        name = self._given.get("connectionname")
        found = catalog_connection(str(name)) if name else {}
        self._connection: dict[str, str] = dict(found.get("ConnectionProperties") or {})
        secret = self._given.get("secretid") or self._connection.get("SECRET_ID")
        self._secret = _secret(str(secret)) if secret else {}
        named = self._given.get("classname") or self._connection.get("CONNECTOR_CLASS_NAME")
        self.class_name = str(named or NATIVE.get(connection_type) or "")
        if not self.class_name:
            raise ValueError(
                f"connection type {connection_type} needs the option className, or a connection "
                "with CONNECTOR_CLASS_NAME"
            )

    def others(self) -> dict[str, str]:
        """The options of a data source: what is not ours, and what its secret holds.

        Raises:
            as `mongodb.options`, of its types
        """
        if self.type in mongodb.TYPES:
            connection = self._connection
            names = {"username": "USERNAME", "password": "PASSWORD"}
            login = {name: connection.get(key, "") for name, key in names.items()}
            address = connection.get("CONNECTION_URL") or connection.get("JDBC_CONNECTION_URL", "")
            return mongodb.options(self._options, {**login, **self._secret}, address)
        kept = {
            name: _text(value)
            for name, value in self._options.items()
            if str(name).lower() not in _OURS
        }
        return {**self._secret, **kept}

    def url(self) -> str:
        """The URL of a database, with the values of the secret in its ``${…}``.

        Raises:
            ValueError: there is none, or the secret has not what it asks for
        """
        connection = self._connection
        template = (
            self._given.get("url")
            or connection.get("JDBC_CONNECTION_URL")
            or connection.get("CONNECTION_URL")
        )
        if not template:
            raise ValueError(f'connection type {self.type} needs the option "url"')

        def value(found: re.Match[str]) -> str:
            if found[1] not in self._secret:
                raise ValueError(f"the secret has no {found[1]!r}, which the url asks for")
            return self._secret[found[1]]

        return _PLACE.sub(value, str(template))

    def login(self) -> dict[str, str]:
        """The driver, and who logs in: by options, the secret or the connection."""
        connection, secret = self._connection, self._secret
        user = self._given.get("user") or secret.get("username") or secret.get("user")
        password = self._given.get("password") or secret.get("password")
        found = {
            "driver": self.class_name,
            "user": user or connection.get("USERNAME"),
            "password": password or connection.get("PASSWORD"),
        }
        return {name: str(value) for name, value in found.items() if value}

    @contextmanager
    def errors_named(self, what: str) -> Iterator[None]:
        """Say what is missing, or why a connector failed.

        Raises:
            SourceError: it did
        """
        try:
            yield
        except (Py4JJavaError, PySparkException) as e:
            reason = str(e)
            if _MISSING.search(reason):
                raise SourceError(
                    f"connection type {self.type} needs the class {self.class_name}, which is on "
                    "no class path: bring its jar by --extra-jars, or by CONNECTOR_URL of a "
                    "connection that the job has"
                ) from e
            line = next((each for each in reason.splitlines() if ": " in each), reason[:500])
            raise SourceError(f"{what} by {self.type} ({self.class_name}): {line}") from e


def _read_jdbc(spark: SparkSession, connector: _Connector, context: str) -> DataFrame:
    given = CONNECTOR_JDBC.taken(f"connection type {connector.type}", connector._options)
    if given.get("jobbookmarkkeys") and bookmark.current(context) is not None:
        raise UnsupportedApiError(f"jobBookmarkKeys of connection type {connector.type}")
    table, query = given.get("dbtable") or given.get("tablename"), given.get("query")
    if bool(table) == bool(query):
        raise ValueError(f"connection type {connector.type} needs dbTable or query")
    source = f"({query}) lake_query" if query else str(table)
    if condition := given.get("filterpredicate"):
        # SQL of the script, which may do all that its user may.
        source = f"(select * from {source} where {condition}) lake_filtered"  # noqa: S608
    parts = {
        name: _text(given[name.lower()])
        for name in ("partitionColumn", "lowerBound", "upperBound", "numPartitions")
        if given.get(name.lower()) is not None
    }
    options = {**connector.login(), **parts, "url": connector.url(), "dbtable": source}
    return spark.read.format("jdbc").options(**options).load()


def _secret(name: str) -> dict[str, str]:
    """What a secret of Secrets Manager holds.

    Raises:
        SourceError: there is none, or it is no JSON object
    """
    manager = client("secretsmanager")
    try:
        found = json.loads(manager.get_secret_value(SecretId=name)["SecretString"])
        return {key: _text(value) for key, value in found.items()}
    except manager.exceptions.ResourceNotFoundException as e:
        raise SourceError(f"the secret {name} is not in Secrets Manager") from e
    except (ValueError, KeyError, AttributeError) as e:
        raise SourceError(f"the secret {name} is no JSON object") from e


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

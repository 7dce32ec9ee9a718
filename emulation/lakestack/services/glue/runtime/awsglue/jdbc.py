"""JDBC databases: their kinds, Glue connections to them, and what Spark is told.

AWS Glue Developer Guide, "JDBC connections" and "Adding a JDBC connection using your own JDBC
drivers". Redshift is spoken to as the PostgreSQL that it looks like: rows go by JDBC, and not by
UNLOAD and COPY through a temporary folder in S3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from . import session_jars
from .catalog import CatalogTable
from .catalog_connection import catalog_connection
from .clients import client
from .errors import CatalogError, SourceError, UnsupportedApiError
from .options import Known

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Vendor:
    """A kind of database.

    Attributes:
        scheme: how its JDBC URLs begin
        driver: class of its driver
        port: its usual one
        hashed: SQL of a whole number that is made of a column of any type
        remainder: SQL of the remainder of a whole number
        encrypted: properties that let its driver refuse connections without TLS
    """

    scheme: str
    driver: str
    hashed: str
    remainder: str = "abs(mod({0}, {1}))"
    encrypted: Mapping[str, str] = field(default_factory=dict)


_POSTGRESQL = Vendor(
    "jdbc:postgresql:",
    "org.postgresql.Driver",
    "('x' || substr(md5(cast({0} as text)), 1, 7))::bit(28)::int",
    encrypted={"ssl": "true", "sslmode": "require"},
)
VENDORS: Mapping[str, Vendor] = {
    "postgresql": _POSTGRESQL,
    "redshift": _POSTGRESQL,
    "mysql": Vendor(
        "jdbc:mysql:",
        "com.mysql.cj.jdbc.Driver",
        "crc32(cast({0} as char))",
        encrypted={"sslMode": "REQUIRED"},
    ),
    "sqlserver": Vendor(
        "jdbc:sqlserver:",
        "com.microsoft.sqlserver.jdbc.SQLServerDriver",
        "cast(checksum({0}) as bigint)",
        "abs(({0}) % {1})",
        {"encrypt": "true", "trustServerCertificate": "true"},
    ),
    "oracle": Vendor("jdbc:oracle:", "oracle.jdbc.OracleDriver", "ora_hash({0})"),
}
ANY_VENDOR = "jdbc"
"""The connection type that published scripts name instead of the kind: its URL says it. AWS's pages
have no row for it."""
CONNECTION_TYPES = frozenset({*VENDORS, ANY_VENDOR})
_OWN_DRIVER = (
    ("customjdbcdrivers3path", "JDBC_DRIVER_JAR_URI"),
    ("customjdbcdriverclassname", "JDBC_DRIVER_CLASS_NAME"),
)
"""A driver of one's own: by options, and by properties of a connection."""
_URL = re.compile(r"jdbc:(?P<vendor>[a-z0-9]+):(?:thin:)?/*@?/*(?P<host>[^/;?]*)(?P<rest>.*)")


@dataclass(frozen=True)
class Target:
    """A database and how to log in.

    Attributes:
        vendor: a key of `VENDORS`
        url: for Spark
        properties: for the driver; with the password, so never shown
        jar: of a driver of the script's own, in S3
    """

    vendor: str
    url: str
    properties: Mapping[str, str] = field(repr=False)
    jar: str = ""

    @property
    def kind(self) -> Vendor:
        return VENDORS[self.vendor]

    @contextmanager
    def used(self, spark: SparkSession, what: str) -> Iterator[None]:
        """Bring the driver, and turn its errors into one that says what failed, and why.

        Args:
            spark: the session
            what: for the message, such as ``reading table t``

        Raises:
            SourceError: the driver is missing, the database is down, or refuses something
        """
        if self.jar:
            session_jars.add(spark, self.jar)
        try:
            yield
        except Py4JJavaError as e:
            text = reason(e.java_exception)
            if "ClassNotFoundException" in text or "No suitable driver" in text:
                text = (
                    f"the JDBC driver {self.properties['driver']} is not on the class path; run "
                    "the job once with a network, so that it is fetched, or bring it by "
                    "--extra-jars or customJdbcDriverS3Path"
                )
            place = self.url.partition("?")[0].partition(";")[0]
            raise SourceError(f"{what} at {place}: {text}") from e


def reason(error: Any) -> str:
    """The text of the innermost cause that has one."""
    found = f"{error.getClass().getName()}: {error.getMessage()}"
    while (error := error.getCause()) is not None:
        if error.getMessage():
            found = f"{error.getClass().getName()}: {error.getMessage()}"
    return found.strip()


def target(connection_type: str, given: Options) -> Target:
    """The database that options name.

    Args:
        connection_type: one of `CONNECTION_TYPES`
        given: options, by their names in lower case

    Raises:
        CatalogError: there is no such connection
        ValueError: neither a URL nor a connection is given
    """
    name = given.get("connectionname")
    if name and (str(given.get("useconnectionproperties")).lower() == "true" or "url" not in given):
        properties = dict(connection(str(name)))
        properties.update({own: str(given[key]) for key, own in _OWN_DRIVER if given.get(key)})
        return of_connection(properties, str(given.get("database") or ""))
    if not given.get("url"):
        raise ValueError(f'connection type {connection_type} needs the options "url" and "dbtable"')
    login = dict(given)
    if given.get("secretid"):
        login.update(_secret(str(given["secretid"])))
    own = {name: str(given[key]) for key, name in _OWN_DRIVER if given.get(key)}
    return _target(str(given["url"]), login.get("user"), login.get("password"), own)


def connection(name: str, catalog_id: str | None = None) -> Mapping[str, str]:
    """The properties of a JDBC connection of the Data Catalog, with user and password.

    Raises:
        CatalogError: there is none, or it is no JDBC connection
    """
    found = catalog_connection(name, catalog_id)
    properties: dict[str, str] = dict(found.get("ConnectionProperties") or {})
    if found.get("ConnectionType") != "JDBC" or not properties.get("JDBC_CONNECTION_URL"):
        raise CatalogError(
            f"connection {name} is of type {found.get('ConnectionType')}, not a JDBC connection "
            "with JDBC_CONNECTION_URL"
        )
    if properties.get("SECRET_ID"):
        login = _secret(properties["SECRET_ID"])
        properties.update(USERNAME=login["user"], PASSWORD=login["password"])
    return properties


def of_connection(properties: Mapping[str, str], database: str = "") -> Target:
    """The database of a Glue connection.

    Args:
        properties: from `connection`
        database: another one of the same server
    """
    url = properties["JDBC_CONNECTION_URL"]
    encrypted = properties.get("JDBC_ENFORCE_SSL", "false").lower() == "true"
    return _target(
        with_database(url, database) if database else url,
        properties.get("USERNAME"),
        properties.get("PASSWORD"),
        properties,
        encrypted=encrypted,
    )


def extract_conf(properties: Mapping[str, str]) -> dict[str, str]:
    """What `GlueContext.extract_jdbc_conf` returns: ``url`` without, ``fullUrl`` with database."""
    full = properties["JDBC_CONNECTION_URL"]
    found = _parsed(full)
    host = full[: found.end("host")]
    return {
        "user": properties.get("USERNAME", ""),
        "password": properties.get("PASSWORD", ""),
        "vendor": found["vendor"],
        "url": host,
        "fullUrl": full,
        "enforceSSL": properties.get("JDBC_ENFORCE_SSL", "false").lower(),
        "customJDBCCert": properties.get("CUSTOM_JDBC_CERT", ""),
        "customJDBCCertString": properties.get("CUSTOM_JDBC_CERT_STRING", ""),
        "skipCustomJDBCCertValidation": properties.get(
            "SKIP_CUSTOM_JDBC_CERT_VALIDATION", "false"
        ).lower(),
    }


def with_database(url: str, database: str) -> str:
    """A JDBC URL with another database."""
    found = _parsed(url)
    host, rest = url[: found.end("host")], found["rest"]
    if found["vendor"] == "sqlserver":
        kept = [p for p in rest.split(";") if p and not re.match(r"(?i)database(name)?=", p)]
        return ";".join([host, f"databaseName={database}", *kept])
    query = rest[rest.index("?") :] if "?" in rest else ""
    return f"{host}/{database}{query}"


def _target(
    url: str, user: Any, password: Any, own: Mapping[str, str], *, encrypted: bool = False
) -> Target:
    """A database.

    Args:
        own: properties of a connection, of which those of its own driver count
    """
    vendor = _parsed(url)["vendor"]
    if vendor not in VENDORS:
        raise UnsupportedApiError(f"a JDBC URL of {vendor!r}")
    kind = VENDORS[vendor]
    if encrypted and not kind.encrypted:
        raise UnsupportedApiError(f"JDBC_ENFORCE_SSL of {vendor}")
    jar, driver = (own.get(name, "") for _, name in _OWN_DRIVER)
    properties = {"driver": driver or kind.driver, **(kind.encrypted if encrypted else {})}
    properties.update({k: str(v) for k, v in (("user", user), ("password", password)) if v})
    if vendor == "redshift" and not driver:
        url = kind.scheme + url.removeprefix("jdbc:redshift:")
    if vendor == "oracle":  # AWS writes thin://@host, the driver reads thin:@//host
        url = url.replace("thin://@", "thin:@//")
    return Target(vendor, url, properties, jar)


def _parsed(url: str) -> re.Match[str]:
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(
            f"{url.partition('?')[0]!r} is no JDBC URL, such as jdbc:postgresql://host:5432/database"
        )
    return found


def _secret(secret: str) -> dict[str, str]:
    """User and password of a secret of Secrets Manager (``username``, ``password``).

    Raises:
        SourceError: there is no such secret, or it is not such JSON
    """
    manager = client("secretsmanager")
    try:
        text = manager.get_secret_value(SecretId=secret)["SecretString"]
        found = json.loads(text)
        return {"user": found.get("username") or found["user"], "password": found["password"]}
    except manager.exceptions.ResourceNotFoundException as e:
        raise SourceError(f"the secret {secret} is not in Secrets Manager") from e
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise SourceError(f'the secret {secret} is not JSON with "username" and "password"') from e


def of_table(table: CatalogTable, options: Options, known: Known) -> Options:
    """The options of a catalog table that stands for a table of a database.

    Its location is ``database.schema.table``, or ``database.table``; the connection is named in its
    parameter ``connectionName``, as crawlers write it. Options of the table may be overridden.

    Args:
        known: the options of a source or a sink, of which the table's parameters may be some
    """
    database, _, name = table.location.partition(".")
    own = {k: v for k, v in table.parameters.items() if k in known.applied}
    return {"dbtable": name or table.name, "database": database, **own, **options}

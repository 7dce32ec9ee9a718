"""The script of a crawler's JDBC target: the tables of a database that an include path names.

Its one argument is a file with connection, path and exclusions as JSON; a line of its output, after
`MARK`, is what it found, or why it could not (`glue.jdbc_crawler` reads it). Tables and columns are
those of `java.sql.DatabaseMetaData`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from awsglue import jdbc
from awsglue.errors import AwsGlueError, SourceError, UnsupportedApiError
from awsglue.jdbc_paths import ANY, MARK, WITHOUT_SCHEMAS, Wanted, hive_type
from py4j.protocol import Py4JJavaError
from pyspark import SparkContext

KINDS = ("TABLE", "PARTITIONED TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW")
REFUSED = (
    "Check that your connection definition references your JDBC database with correct URL syntax, "
    "username, and password. "
)
"""How AWS begins when a database does not let it in."""
LOGIN_SECONDS = 30


def main(file: str) -> None:
    """Print what is found, or why it is not."""
    asked = json.loads(Path(file).read_text())
    try:
        found: Mapping[str, Any] = crawled(asked)
    except (AwsGlueError, ValueError) as e:
        found = {"error": str(e)}
    print(MARK + json.dumps(found), flush=True)


def crawled(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """The kind of database, its name, and its tables with their columns.

    Raises:
        AwsGlueError: there is no such connection, or the database cannot be read
        ValueError: the path is none
    """
    properties = jdbc.connection(asked["connection"])
    vendor = jdbc.of_connection(properties).vendor
    wanted = Wanted.of(vendor, asked["path"], asked["exclusions"])
    target = jdbc.of_connection(properties, wanted.database)
    if target.jar:
        raise UnsupportedApiError("JDBC_DRIVER_JAR_URI of a crawler's connection")
    ensure: Any = SparkContext
    ensure._ensure_initialized()
    jvm = ensure._jvm
    try:
        with closing(_opened(jvm, target)) as connection:
            tables = list(_tables(connection, vendor, wanted))
    except Py4JJavaError as e:
        raise SourceError(REFUSED + jdbc.reason(e.java_exception)) from e
    return {"vendor": vendor, "database": wanted.database, "tables": tables}


def _opened(jvm: Any, target: jdbc.Target) -> Any:
    properties = jvm.java.util.Properties()
    for name, value in target.properties.items():
        if name != "driver":
            properties.setProperty(name, value)
    jvm.java.sql.DriverManager.setLoginTimeout(LOGIN_SECONDS)
    return jvm.java.sql.DriverManager.getConnection(target.url, properties)


def _tables(connection: Any, vendor: str, wanted: Wanted) -> Iterator[dict[str, Any]]:
    metadata = connection.getMetaData()
    escape = metadata.getSearchStringEscape()
    catalog = wanted.database if vendor == "mysql" else None
    own = metadata.getUserName() if vendor == "oracle" else None
    found = metadata.getTables(catalog, own, ANY, _strings(KINDS))
    for owner, name, kind in list(_rows(found, "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE")):
        schema = "" if vendor in WITHOUT_SCHEMAS else owner
        if not wanted.takes(schema, name):
            continue
        exact = "".join(f"{escape}{c}" if c in "_%" or c == escape else c for c in name)
        columns = metadata.getColumns(catalog, own or schema or None, exact, ANY)
        fields = "COLUMN_NAME", "DATA_TYPE", "COLUMN_SIZE", "DECIMAL_DIGITS"
        yield {
            "schema": schema,
            "name": name,
            "view": "VIEW" in kind,
            "columns": [
                [column, hive_type(int(code), int(size or 0), int(digits or 0))]
                for column, code, size, digits in _rows(columns, *fields)
            ],
        }


def _strings(texts: Sequence[str]) -> Any:
    """An array of Java."""
    gateway: Any = SparkContext._gateway
    made = gateway.new_array(gateway.jvm.java.lang.String, len(texts))
    for at, text in enumerate(texts):
        made[at] = text
    return made


def _rows(found: Any, *names: str) -> Iterator[list[str]]:
    """The rows of a ResultSet, as texts; "" for null."""
    with closing(found):
        while found.next():
            yield [found.getString(name) or "" for name in names]


if __name__ == "__main__":
    main(sys.argv[1])

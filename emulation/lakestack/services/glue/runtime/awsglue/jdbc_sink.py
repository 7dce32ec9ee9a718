"""Tables of JDBC databases as sinks: rows are added, and a table that is not there is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from .errors import UnsupportedApiError
from .jdbc import Target

Options = Mapping[str, Any]


def write(frame: DataFrame, target: Target, given: Options) -> None:
    """Add rows to a table.

    ``preactions`` and ``postactions`` (of Redshift) are run before and after, each statement by
    itself: not in one transaction with the rows, as on AWS.

    Args:
        frame: the rows
        target: the database
        given: options by their names in lower case: ``dbtable``

    Raises:
        SourceError: the database or its driver says no
        ValueError: ``dbtable`` is missing
    """
    table = given.get("dbtable") or given.get("table")
    if not table:
        raise ValueError('a JDBC sink needs the option "dbtable"')
    actions = {key: given.get(key) for key in ("preactions", "postactions") if given.get(key)}
    if actions and target.vendor != "redshift":
        raise UnsupportedApiError(f"option {next(iter(actions))!r} of {target.vendor}")
    with target.used(frame.sparkSession, f"writing {table}"):
        run(frame.sparkSession, target, actions.get("preactions"))
        frame.write.jdbc(target.url, str(table), mode="append", properties=dict(target.properties))
        run(frame.sparkSession, target, actions.get("postactions"))


def run(spark: SparkSession, target: Target, statements: Any) -> None:
    """Run SQL statements that stand one after another with semicolons; None: there are none."""
    if not statements:
        return
    jvm: Any = spark._jvm
    properties = jvm.java.util.Properties()
    for name in ("user", "password"):
        if name in target.properties:
            properties.setProperty(name, target.properties[name])
    opened = jvm.java.sql.DriverManager.getConnection(target.url, properties)
    try:
        opened.createStatement().execute(str(statements))
    finally:
        opened.close()

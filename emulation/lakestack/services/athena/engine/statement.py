"""What a statement is: its kind, and its parts.

Amazon Athena User Guide, "DDL statements" and "DML queries, functions, and operators"; API
Reference, "QueryExecution", StatementType and SubstatementType.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lakestack.services.athena.engine import table_statement
from lakestack.services.athena.engine.errors import not_supported
from lakestack.services.athena.engine.lexer import Words
from lakestack.services.athena.engine.table_statement import table_name

DDL, DML, UTILITY = "DDL", "DML", "UTILITY"
_OTHERS = (
    *("ANALYZE", "CALL", "COMMIT", "DELETE", "GRANT", "MERGE", "OPTIMIZE", "REFRESH", "REVOKE"),
    *("ROLLBACK", "SET", "START", "TRUNCATE", "UPDATE", "USE", "VACUUM"),
)
"""Statements of Athena's or Trino's that are not emulated."""
_DATA = re.compile(r"\s+WITH\s+(NO\s+)?DATA\s*\Z", re.IGNORECASE)
QUERIES = ("SELECT", "WITH", "VALUES", "(", "TABLE")


@dataclass
class Statement:
    """A statement.

    Attributes:
        kind: SubstatementType, such as ``SELECT`` and ``SHOW_TABLES``
        type: StatementType
        parts: what its kind needs
    """

    kind: str
    type: str
    parts: dict[str, Any] = field(default_factory=dict)


def read(sql: str) -> Statement:
    """Read a statement.

    Raises:
        QueryError: it cannot be read, or is none of the emulated ones
    """
    words = Words(sql)
    first = words.here.text.upper()
    if first in QUERIES:
        return Statement("SELECT", DML, {"sql": words.sql})
    reader = _READERS.get(first)
    if reader is None:
        if first in _OTHERS:
            raise not_supported(f"The statement {first}")
        raise words.error("Expecting: a statement")
    words.next()
    return reader(words)


def _create(words: Words) -> Statement:
    replace = words.take("OR", "REPLACE")
    if words.take("VIEW"):
        name = table_name(words)
        words.need("AS")
        return Statement(
            "CREATE_VIEW", DDL, {"table": name, "replace": replace, "sql": words.rest()}
        )
    if words.take("DATABASE") or words.take("SCHEMA"):
        return Statement("CREATE_DATABASE", DDL, table_statement.database(words))
    external = words.take("EXTERNAL")
    words.need("TABLE")
    exists = words.take("IF", "NOT", "EXISTS")
    name = table_name(words)
    if words.ahead("WITH") or words.ahead("AS"):
        properties = table_statement.with_properties(words) if words.take("WITH") else {}
        words.need("AS")
        sql, with_data = _with_data(words.rest())
        parts = {"table": name, "properties": properties, "sql": sql, "exists": exists}
        parts["with_data"] = with_data
        return Statement("CREATE_TABLE_AS_SELECT", DDL, parts)
    parts = table_statement.table(words, external=external)
    return Statement("CREATE_TABLE", DDL, {"table": name, "exists": exists, **parts})


def _with_data(sql: str) -> tuple[str, bool]:
    """A CTAS's query, and whether its rows are wanted."""
    found = _DATA.search(sql)
    return (sql[: found.start()], not found[1]) if found else (sql, True)


def _drop(words: Words) -> Statement:
    kind = words.next().text.upper()
    if kind not in ("TABLE", "VIEW", "DATABASE", "SCHEMA"):
        raise not_supported(f"DROP {kind}")
    exists = words.take("IF", "EXISTS")
    if kind in ("DATABASE", "SCHEMA"):
        database = words.names()[-1]
        cascade = words.take("CASCADE")
        words.take("RESTRICT")
        words.end()
        return Statement(
            "DROP_DATABASE", DDL, {"name": database, "exists": exists, "cascade": cascade}
        )
    name = table_name(words)
    words.take("PURGE")
    words.end()
    return Statement(f"DROP_{kind}", DDL, {"table": name, "exists": exists})


def _insert(words: Words) -> Statement:
    words.need("INTO")
    words.take("TABLE")
    name = table_name(words)
    columns = None
    if words.here.text == "(" and not _is_query(words):
        columns = [c.strip().strip('"`').lower() for c in words.bracketed().split(",")]
    parts = {"table": name, "columns": columns, "sql": words.rest()}
    return Statement("INSERT", DML, parts)


def _is_query(words: Words) -> bool:
    return any(words.ahead("(", word) for word in ("SELECT", "WITH", "VALUES", "("))


def _unload(words: Words) -> Statement:
    sql = words.bracketed()
    words.need("TO")
    location = words.string(escapes=False)
    properties = table_statement.with_properties(words) if words.take("WITH") else {}
    words.end()
    return Statement("UNLOAD", DML, {"sql": sql, "location": location, "properties": properties})


def _show(words: Words) -> Statement:
    if words.take("CREATE", "TABLE") or words.take("CREATE", "VIEW"):
        name = table_name(words)
        words.end()
        return Statement("SHOW_CREATE_TABLE", UTILITY, {"table": name})
    what = words.next().text.upper()
    if what in ("DATABASES", "SCHEMAS"):
        return Statement("SHOW_DATABASES", UTILITY, {"pattern": _pattern(words)})
    if what in ("TABLES", "VIEWS"):
        database = words.names()[-1] if words.take("IN") or words.take("FROM") else None
        return Statement(
            f"SHOW_{what}", UTILITY, {"database": database, "pattern": _pattern(words)}
        )
    if what == "PARTITIONS":
        name = table_name(words)
        words.end()
        return Statement("SHOW_PARTITIONS", UTILITY, {"table": name})
    if what == "COLUMNS":
        if not words.take("IN"):
            words.need("FROM")
        name = table_name(words)
        if words.take("IN") or words.take("FROM"):
            name = (words.name(), name[1])
        words.end()
        return Statement("SHOW_COLUMNS", UTILITY, {"table": name})
    if what == "TBLPROPERTIES":
        name = table_name(words)
        key = table_statement.properties(words) if words.here.text == "(" else None
        return Statement("SHOW_TBLPROPERTIES", UTILITY, {"table": name, "key": key})
    raise not_supported(f"SHOW {what}")


def _pattern(words: Words) -> str | None:
    if words.here.kind == "end":
        return None
    words.take("LIKE")
    pattern = words.string()
    words.end()
    return pattern


def _describe(words: Words) -> Statement:
    words.take("EXTENDED") or words.take("FORMATTED")
    name = table_name(words)
    words.end()
    return Statement("DESCRIBE_TABLE", UTILITY, {"table": name})


def _repair(words: Words) -> Statement:
    words.need("REPAIR")
    words.need("TABLE")
    name = table_name(words)
    words.end()
    return Statement("REPAIR_TABLE", DDL, {"table": name})


def _alter(words: Words) -> Statement:
    if not words.take("TABLE"):
        raise not_supported(f"ALTER {words.here.text.upper()}")
    kind, parts = table_statement.alteration(words)
    return Statement(kind, DDL, parts)


def _prepare(words: Words) -> Statement:
    name = words.next().text
    words.need("FROM")
    return Statement("PREPARE", UTILITY, {"name": name, "sql": words.rest()})


def _execute(words: Words) -> Statement:
    name = words.next().text
    given = None
    if words.take("USING"):
        given = []
        while words.here.kind != "end":
            given.append(words.until(lambda token: token.text == ","))
            words.take(",")
    words.end()
    return Statement("EXECUTE", DML, {"name": name, "parameters": given})


def _deallocate(words: Words) -> Statement:
    words.need("PREPARE")
    return Statement("DEALLOCATE", UTILITY, {"name": words.next().text})


def _explain(words: Words) -> Statement:
    raise not_supported(f"EXPLAIN {words.here.text.upper()}")


_READERS = {
    "CREATE": _create,
    "DROP": _drop,
    "INSERT": _insert,
    "UNLOAD": _unload,
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
    "MSCK": _repair,
    "ALTER": _alter,
    "PREPARE": _prepare,
    "EXECUTE": _execute,
    "DEALLOCATE": _deallocate,
    "EXPLAIN": _explain,
}

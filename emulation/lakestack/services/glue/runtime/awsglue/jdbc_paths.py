"""Include paths of a crawler's JDBC targets, and the Hive types of a database's columns.

AWS Glue Developer Guide, "Define crawlers in AWS Glue", "Include and exclude patterns". The types
are those of JDBC (java.sql.Types).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .globs import glob_pattern

ANY = "%"
MARK = "CRAWLED"
"""Begins the line of `jdbc_tables` that has what it found."""
WITHOUT_SCHEMAS = ("mysql", "oracle")
"""Kinds of databases whose include paths have no schema: MyDatabase/%."""
LARGEST_PRECISION = 38

_TYPES = {  # java.sql.Types
    -7: "boolean", 16: "boolean", -6: "tinyint", 5: "smallint", 4: "int", -5: "bigint",
    6: "double", 8: "double", 7: "float", 91: "date", 93: "timestamp", 2014: "timestamp",
    -2: "binary", -3: "binary", -4: "binary", 2004: "binary",
}  # fmt: skip
_DECIMAL = (2, 3)


@dataclass(frozen=True)
class Wanted:
    """Which tables of a database are crawled.

    Attributes:
        schema: pattern of schemas; "" where the kind of database has none
        table: pattern of tables
    """

    database: str
    schema: str
    table: str
    exclusions: Sequence[str] = ()

    @classmethod
    def of(cls, vendor: str, path: str, exclusions: Sequence[str] = ()) -> Wanted:
        """By an include path: MyDatabase/MySchema/MyTable, where % stands for any text.

        Raises:
            ValueError: it is none
        """
        parts = [part for part in path.strip("/").split("/") if part]
        form = "MyDatabase/%" if vendor in WITHOUT_SCHEMAS else "MyDatabase/MySchema/%"
        most = form.count("/") + 1
        if not parts or len(parts) > most or ANY in parts[0]:
            raise ValueError(f"include path {path!r} is not valid for {vendor}; expected {form}")
        schema, table = [*parts[1:], ANY, ANY][:2] if most > 2 else ["", [*parts[1:], ANY][0]]
        return cls(parts[0], schema, table, tuple(exclusions))

    def takes(self, schema: str, table: str) -> bool:
        """Whether a table is among them. Exclusions are below the include path, or of all of it."""
        if not (_like(self.table, table) and (not self.schema or _like(self.schema, schema))):
            return False
        whole = "/".join(part for part in (self.database, schema, table) if part)
        names = [table, whole, *([f"{schema}/{table}"] if schema else [])]
        patterns = [glob_pattern(exclusion.replace(ANY, "*")) for exclusion in self.exclusions]
        return not any(pattern.fullmatch(name) for pattern in patterns for name in names)


def _like(pattern: str, name: str) -> bool:
    return bool(glob_pattern("*".join(map(_escaped, pattern.split(ANY)))).fullmatch(name))


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if not c.isalnum() and c != "_" else c for c in text)


def hive_type(code: int, size: int, digits: int) -> str:
    """Hive's type of a column.

    Args:
        code: of java.sql.Types
        size: its precision
        digits: those after the point
    """
    if code in _DECIMAL:
        if not 0 < size <= LARGEST_PRECISION or not 0 <= digits <= size:  # numeric without any
            return f"decimal({LARGEST_PRECISION},18)"
        return f"decimal({size},{digits})"
    return _TYPES.get(code, "string")

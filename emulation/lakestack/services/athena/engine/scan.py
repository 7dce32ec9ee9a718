"""Tables of the catalog as views in DuckDB: of the partitions that a query can need.

Conditions on partition keys alone are evaluated by DuckDB over the list of partitions, so that what
they exclude is neither listed nor fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lakestack.services.athena.engine import formats, iceberg, injection, projection, types
from lakestack.services.athena.engine.catalog import Catalog, columns, descriptor, keys
from lakestack.services.athena.engine.objects import Objects, StoredObject
from lakestack.services.athena.engine.relation import file_list
from lakestack.services.athena.engine.translation import Source
from lakestack.services.athena.engine.types import literal, quoted

DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
Place = tuple[list[str], str]
"""Values and location of a partition."""


class Scan:
    """Makes the tables of one query.

    Args:
        connection: DuckDB's
        now: the present time

    Attributes:
        scanned: bytes of the objects that were read
    """

    def __init__(
        self, connection: Any, catalog: Catalog, objects: Objects, now: Callable[[], datetime]
    ) -> None:
        self._connection, self._catalog, self._objects = connection, catalog, objects
        self._now = now
        self.scanned = 0

    def make(self, source: Source, *, paths: bool, empty: bool = False) -> None:
        """Make the view of a table.

        Args:
            paths: with the column ``$path``
            empty: without rows

        Raises:
            QueryError: it cannot be read
        """
        table = source.table
        if iceberg.is_one(table):
            self._make_iceberg(source, paths=paths, empty=empty)
            return
        found: list[tuple[list[str], StoredObject]] = [
            (values, each)
            for values, location in ([] if empty else self._places(source))
            for each in self._objects.below(location)
        ]
        self.scanned += sum(each.size for _, each in found)
        files = self._objects.files([each for _, each in found])
        relation = (
            formats.relation(self._connection, table, files) if files else formats.empty(table)
        )
        picked = [
            f"{value} AS {quoted(column['Name'].lower())}"
            for value, column in zip(relation.values, columns(table), strict=True)
        ]
        sql = f"FROM {relation.sql} f"
        if keys(table) or paths:
            names = [key["Name"].lower() for key in keys(table)]
            self._connection.execute(self._parts_table(source, names))
            rows = [
                [str(file), each.path, *(None if v == DEFAULT_PARTITION else v for v in values)]
                for file, (values, each) in zip(files, found, strict=True)
            ]
            self._insert(f"{source.name}_files", rows)
            sql += f" JOIN {source.name}_files p ON f.filename = p.lake_file"
            picked += [
                f"CAST(p.{quoted(name)} AS {types.of_hive(key['Type'])}) AS {quoted(name)}"
                for name, key in zip(names, keys(table), strict=True)
            ]
            if paths:
                picked.append('p.lake_path AS "$path"')
        self._connection.execute(
            f"CREATE TEMP VIEW {source.name} AS SELECT {', '.join(picked)} {sql}"
        )

    def _make_iceberg(self, source: Source, *, paths: bool, empty: bool) -> None:
        name = f"{source.table['DatabaseName']}.{source.table['Name']}"
        meta = iceberg.metadata(source.table, self._objects)
        found = iceberg.contents(meta, self._objects, self._version(source), name)
        if empty:
            found.files, found.deletes = [], []
        self.scanned += sum(each.size for each in (*found.files, *found.deletes))
        files = self._objects.files(found.files)
        sql = formats.iceberg_relation(self._connection, found, files)
        if found.deletes or paths:
            names = f"{source.name}_names"
            self._connection.execute(
                f"CREATE TEMP TABLE {names} (lake_file VARCHAR, lake_path VARCHAR)"
            )
            pairs = zip(files, found.files, strict=True)
            self._insert(names, [[str(file), each.path] for file, each in pairs])
            sql += f" JOIN {names} p ON f.filename = p.lake_file"
        if found.deletes:
            deleted = file_list(self._objects.files(found.deletes))
            sql += (
                f" WHERE NOT EXISTS (FROM read_parquet({deleted}) d "
                "WHERE d.file_path = p.lake_path AND d.pos = f.file_row_number)"
            )
        picked = [f"f.{quoted(each.name)}" for each in found.fields]
        picked += ['p.lake_path AS "$path"'] if paths else []
        self._connection.execute(
            f"CREATE TEMP VIEW {source.name} AS SELECT {', '.join(picked)} FROM {sql}"
        )

    def _version(self, source: Source) -> iceberg.Version | None:
        if source.version is None:
            return None
        if source.version.by_time:
            sql = f"SELECT epoch_ms(CAST({source.version.sql} AS TIMESTAMPTZ))"
            return iceberg.Version(milliseconds=self._connection.execute(sql).fetchone()[0])
        sql = f"SELECT CAST({source.version.sql} AS VARCHAR)"
        return iceberg.Version(snapshot=self._connection.execute(sql).fetchone()[0])

    def _parts_table(self, source: Source, names: list[str]) -> str:
        members = "".join(f", {quoted(name)} VARCHAR" for name in names)
        return (
            f"CREATE TEMP TABLE {source.name}_files (lake_file VARCHAR, lake_path VARCHAR{members})"
        )

    def _insert(self, name: str, rows: list[list[str | None]]) -> None:
        for at in range(0, len(rows), 500):
            texts = [
                f"({', '.join('NULL' if v is None else literal(v) for v in row)})"
                for row in rows[at : at + 500]
            ]
            self._connection.execute(f"INSERT INTO {name} VALUES {', '.join(texts)}")

    def _places(self, source: Source) -> list[Place]:
        """The folders to read."""
        table = source.table
        if not keys(table):
            return [([], str(descriptor(table).get("Location") or ""))]
        if projection.is_on(table):
            places = list(projection.partitions(table, self._now, self._stated(source)))
        else:
            places = [
                (list(each["Values"]), str(descriptor(each).get("Location") or ""))
                for each in self._catalog.partitions(table)
            ]
        return self._chosen(source, places)

    def _stated(self, source: Source) -> dict[str, list[str]]:
        """The values that the query states of each key.

        Raises:
            QueryError: it states none of one
        """
        found: dict[str, list[str]] = {}
        for key in keys(source.table):
            name, kind = key["Name"].lower(), types.of_hive(key["Type"])
            if name not in source.stated:
                continue
            if not source.stated[name]:
                raise injection.refusal(name)
            sets = [
                f"SELECT CAST(CAST(v AS {kind}) AS VARCHAR) v FROM (VALUES "
                + ", ".join(f"({each})" for each in expressions)
                + ") t(v)"
                for expressions in source.stated[name]
            ]
            rows = self._connection.execute(" INTERSECT ".join(sets) + " ORDER BY 1").fetchall()
            found[name] = list(dict.fromkeys(row[0] for row in rows if row[0] is not None))
        return found

    def _chosen(self, source: Source, places: list[Place]) -> list[Place]:
        if not source.conditions or not places:
            return places
        named = keys(source.table)
        members = ", ".join(
            f"CAST(v{at} AS {types.of_hive(key['Type'])}) AS {quoted(key['Name'].lower())}"
            for at, key in enumerate(named)
        )
        name = f"{source.name}_places"
        parts = "".join(f", v{at} VARCHAR" for at in range(len(named)))
        self._connection.execute(f"CREATE TEMP TABLE {name} (lake_number INTEGER{parts})")
        rows = [
            [str(at), *(None if v == DEFAULT_PARTITION else v for v in values)]
            for at, (values, _) in enumerate(places)
        ]
        self._insert(name, rows)
        where = " AND ".join(f"({each})" for each in source.conditions)
        found = self._connection.execute(
            f"SELECT lake_number FROM (SELECT lake_number, {members} FROM {name}) "
            f"WHERE {where} ORDER BY 1"
        ).fetchall()
        return [places[row[0]] for row in found]

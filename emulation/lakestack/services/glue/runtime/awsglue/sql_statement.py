"""A statement of Spark SQL as its parser gives it: what it changes, and which tables it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from .errors import UnsupportedApiError
from .hive_serde import HiveStorage, data_source, storage_of

_CHANGES = re.compile(
    r"InsertInto(?!Dir).*|Create(Table.*|View|Namespace)|Drop(?!TempView|Function).*|Alter(?!Function)"
    r".*|Add.*|Rename.*|Replace.*|RecoverPartitions|RepairTable|Truncate.*|LoadData"
    r"|Set(Table|Namespace|View).*|Unset.*|CommentOn.*|Analyze.*|Delete.*|Update.*|Merge.*"
)
WRITER = "DataFrameWriter"
CREATE_LIKE = "CreateTableLikeCommand"
_OF_ROWS = {"MergeIntoTable": "targetTable", "UpdateTable": "table", "DeleteFromTable": "table"}
"""Statements of single rows, and the method that gives the table they change."""

_DATABASE = re.compile(r".*Namespace.*")
# Nothing of it changes, but it tells what a table has, which a copy to read from has not.
_TELLS = re.compile(r"ShowTableProperties")
_REFUSED = {
    "RenameTable": "ALTER TABLE … RENAME TO (AWS Glue's catalog: Table rename is not supported)",
    "RenamePartitions": "ALTER TABLE … PARTITION … RENAME TO",
    "LoadData": "LOAD DATA",
}
# As Spark 3.5 and 4 print a plan.
_INSERT = re.compile(r"'InsertIntoStatement 'UnresolvedRelation \[([^\]]*)\]")
_RELATION = re.compile(r"'UnresolvedRelation \[([^\]]*)\]")
_TARGET = re.compile(r"'Unresolved(?:Identifier|Table|TableOrView|View|Namespace) \[([^\]]*)\]")


class Statement:
    """A statement.

    Args:
        plan: Spark's LogicalPlan, as it is parsed

    Attributes:
        kind: name of the plan's class
        text: the plan as Spark prints it
        inserts: records are written to a table that is there
        changes: the Data Catalog is not the same afterwards
        reads: tables beside those that it changes
        hive_plan: what to run instead: Spark without Hive makes no Hive tables
    """

    def __init__(self, plan: Any) -> None:
        self._plan = plan
        self.kind: str = plan.getClass().getSimpleName()
        self.text: str = plan.toString()
        self._parts: list[list[str]] = []
        self.inserts = self.kind != "ExplainCommand" and bool(_INSERT.search(self.text))
        self.changes = bool(
            self.inserts or _CHANGES.fullmatch(self.kind) or _TELLS.fullmatch(self.kind)
        )
        if self.kind == "DescribeRelation":
            self.changes = bool(plan.isExtended())
        self.reads = self.inserts or self.kind.endswith("AsSelect") or self._row_table() is not None
        self._hive = self._hive_table()
        self.hive_plan = WithoutHive(plan, *data_source(*self._hive, {})) if self._hive else None

    @classmethod
    def of_writer(cls, parts: Sequence[str], *, inserts: bool) -> Statement:
        """What a DataFrameWriter does to a table of this name."""
        made = cls.__new__(cls)
        made.kind, made.text, made._parts = WRITER, "", [list(parts)]
        made.inserts, made.changes, made.reads = inserts, True, False
        made._hive, made.hive_plan = None, None
        return made

    def names(self) -> list[list[str]]:
        """The tables that it changes, as they are named.

        Raises:
            UnsupportedApiError: it is not done here
        """
        if self.kind in _REFUSED:
            raise UnsupportedApiError(_REFUSED[self.kind])
        if self._parts or self.of_database or self._row_table() is not None:
            return self._parts
        return self.targets()

    def targets(self) -> list[list[str]]:
        """The tables or databases that it changes, as they are named, in whatever catalog."""
        if self._parts:
            return self._parts
        row_table = self._row_table()
        if row_table is not None:
            found = _RELATION.findall(row_table.toString())[:1]
        elif self.inserts:
            found = _INSERT.findall(self.text)
        elif self.kind == CREATE_LIKE:
            tables = (self._plan.targetTable(), self._plan.sourceTable())
            return [
                [*([t.database().get()] if t.database().isDefined() else []), t.table()]
                for t in tables
            ]
        else:
            found = _TARGET.findall(self.text)[:1]
        return [name.split(", ") for name in found]

    def _row_table(self) -> Any:
        """The plan of the table whose rows it changes; None where it is no such statement."""
        method = _OF_ROWS.get(self.kind)
        return getattr(self._plan, method)() if method else None

    @property
    def of_database(self) -> bool:
        """It makes, drops or describes a database."""
        return bool(_DATABASE.fullmatch(self.kind))

    def dropped_database(self) -> str:
        """The database that it drops, or nothing."""
        found = _TARGET.search(self.text) if self.kind == "DropNamespace" else None
        return found[1].split(", ")[-1].lower() if found else ""

    @property
    def cascades(self) -> bool:
        """It drops a database with its tables."""
        return self.kind == "DropNamespace" and bool(self._plan.cascade())

    def created_hive_table(self) -> tuple[HiveStorage, dict[str, str]] | None:
        """Of a Hive table that it makes, the classes and the SerDe's parameters."""
        return self._hive

    def _hive_table(self) -> tuple[HiveStorage, dict[str, str]] | None:
        if self.kind not in ("CreateTable", "CreateTableAsSelect"):
            return None
        spec = self._plan.tableSpec()
        provider, serde = spec.provider(), spec.serde()
        if provider.isDefined() and provider.get().lower() != "hive":
            return None
        if serde.isEmpty():
            return storage_of("", None, ""), {}
        said = serde.get()
        classes = said.formatClasses()
        storage = storage_of(
            _text(said.storedAs()),
            (classes.get().input(), classes.get().output()) if classes.isDefined() else None,
            _text(said.serde()),
        )
        return storage, _properties(said.serdeProperties())


def of_plan(spark: SparkSession, plan: WithoutHive) -> DataFrame:
    """What a plan gives."""
    java: Any = spark._jvm
    rows = java.org.apache.spark.sql.Dataset.ofRows(spark._jsparkSession, plan.made(java))
    return DataFrame(rows, spark)


class WithoutHive:
    """A CREATE TABLE of a Hive table, as one of a data source."""

    def __init__(self, plan: Any, provider: str, options: dict[str, str]) -> None:
        self._plan, self._provider, self._options = plan, provider, options

    def made(self, java: Any) -> Any:
        """The plan."""
        plan, spec = self._plan, self._plan.tableSpec()
        option = java.scala.Option
        expressions = java.org.apache.spark.sql.catalyst.expressions
        logical = java.org.apache.spark.sql.catalyst.plans.logical
        literals = [
            java.scala.Tuple2(name, expressions.Literal.create(value, _string(java)))
            for name, value in self._options.items()
        ]
        changed = spec.copy(
            spec.properties(),
            option.apply(self._provider),
            logical.OptionList(java.PythonUtils.toSeq(literals)),
            spec.location(),
            spec.comment(),
            option.apply(None),
            spec.external(),
        )
        if plan.getClass().getSimpleName() == "CreateTable":
            return plan.copy(
                plan.name(), plan.tableSchema(), plan.partitioning(), changed, plan.ignoreIfExists()
            )
        return plan.copy(
            plan.name(), plan.partitioning(), plan.query(), changed, plan.writeOptions(),
            plan.ignoreIfExists(), plan.isAnalyzed(),
        )  # fmt: skip


def _string(java: Any) -> Any:
    types = java.org.apache.spark.sql.types
    return getattr(getattr(types, "StringType$"), "MODULE$")


def _text(option: Any) -> str:
    return str(option.get()) if option.isDefined() else ""


def _properties(values: Any) -> dict[str, str]:
    found = {}
    entries = values.iterator()
    while entries.hasNext():
        entry = entries.next()
        found[entry._1()] = entry._2()
    return found

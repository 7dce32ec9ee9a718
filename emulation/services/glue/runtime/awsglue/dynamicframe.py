"""DynamicFrame: records with a schema that is settled late.

A frame from a source without types of its own keeps its columns as text together with the
catalog's types (`pending`), and puts the types on in `toDF`. So `resolveChoice` with
``cast:string`` gives every value as it was received, and a value that does not fit its type is
null only once it is typed. AWS shows such a column as a choice of two types instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import StructType

from .errors import UnsupportedApi
from .gluetypes import is_complex, spark_type

if TYPE_CHECKING:
    from .context import GlueContext

Mapping4 = tuple[str, str, str, str]


class DynamicRecord(dict[str, Any]):
    """A record as `filter` and `map` functions see it: ``record["a"]`` and ``record.a``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as e:
            raise AttributeError(name) from e


class DynamicFrame:
    """Records of a source or a transformation.

    :param frame: the records
    :param glue_ctx: the context that made it
    :param name: a name for messages
    :param pending: Spark type of each text column that is to be typed
    :param errors: error records, one column ``error``
    """

    def __init__(
        self,
        frame: DataFrame,
        glue_ctx: GlueContext,
        name: str = "",
        *,
        pending: Mapping[str, str] | None = None,
        errors: DataFrame | None = None,
    ) -> None:
        self._frame = frame
        self._pending = dict(pending or {})
        self._errors = errors
        self.glue_ctx = glue_ctx
        self.name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedApi(f"DynamicFrame.{name}")

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str = "") -> DynamicFrame:  # noqa: N802
        """Make a DynamicFrame of a DataFrame."""
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Sequence[Any] | None = None) -> DataFrame:  # noqa: N802
        """Return the records as a DataFrame with the schema's types."""
        if options:
            raise UnsupportedApi("DynamicFrame.toDF(options)")
        if not self._pending:
            return self._frame
        return self._frame.select(*(self._typed(name) for name in self._frame.columns))

    def _typed(self, name: str) -> Column:
        column = F.col(f"`{name}`")
        if name not in self._pending:
            return column
        return convert(column, "string", self._pending[name]).alias(name)

    # What a frame is

    def schema(self) -> StructType:
        """Return the schema, as a Spark StructType."""
        return self.toDF().schema

    def printSchema(self) -> None:  # noqa: N802
        """Print the schema."""
        self.toDF().printSchema()

    def count(self) -> int:
        """Count the records."""
        return self._frame.count()

    def show(self, num_rows: int = 20) -> None:
        """Print records as JSON, one a line."""
        for line in self.toDF().toJSON().take(num_rows):
            print(line)

    def getNumPartitions(self) -> int:  # noqa: N802
        """Return the number of partitions."""
        return self._frame.rdd.getNumPartitions()

    def repartition(self, num_partitions: int, **common: Any) -> DynamicFrame:
        """Return the records in `num_partitions` partitions."""
        check_common("DynamicFrame.repartition", common)
        return self._with(self._frame.repartition(num_partitions))

    def coalesce(self, num_partitions: int, **common: Any) -> DynamicFrame:
        """Return the records in at most `num_partitions` partitions, without a shuffle."""
        check_common("DynamicFrame.coalesce", common)
        return self._with(self._frame.coalesce(num_partitions))

    def errorsCount(self) -> int:  # noqa: N802
        """Count what the source held and was no record."""
        return self._errors.count() if self._errors is not None else 0

    def errorsAsDynamicFrame(self) -> DynamicFrame:  # noqa: N802
        """Return what was no record, one column ``error`` with its text."""
        empty = "error string"
        errors = self._errors
        if errors is None:
            errors = self.glue_ctx.spark_session.createDataFrame([], empty)
        return DynamicFrame(errors, self.glue_ctx, f"{self.name} errors")

    # Transformations

    def apply_mapping(
        self, mappings: Sequence[Mapping4], case_sensitive: bool = False, **common: Any
    ) -> DynamicFrame:
        """Select, rename and cast: ``(source, source type, target, target type)``.

        A source may be a path into structs (``a.b``); a source that is not there is left out.
        """
        check_common("DynamicFrame.apply_mapping", common)
        frame = self._flat(m[0] for m in mappings)
        columns: dict[str, Column] = {}
        for mapping in mappings:
            if len(mapping) != 4:
                raise ValueError(f"{mapping!r} is no (source, source type, target, target type)")
            source, source_type, target, target_type = mapping
            if "." in target:
                raise UnsupportedApi(f"apply_mapping to the nested target {target!r}")
            column = find_column(frame, source, case_sensitive)
            if column is not None:
                columns[target] = convert(column, source_type, target_type).alias(target)
        return self._with(frame.select(*columns.values()), pending={})

    def _flat(self, sources: Any) -> DataFrame:
        """The frame as it is for a selection: typed only where a mapping reads into a struct."""
        nested = any("." in source for source in sources)
        return self.toDF() if nested else self._frame

    def select_fields(self, paths: str | Sequence[str], **common: Any) -> DynamicFrame:
        """Keep the named top-level fields, in the given order."""
        check_common("DynamicFrame.select_fields", common)
        wanted = _listed(paths)
        present = set(self._frame.columns)
        missing = [name for name in wanted if "." in name]
        if missing:
            raise UnsupportedApi(f"select_fields of the nested field {missing[0]!r}")
        return self._with(self._frame.select(*(_quoted(n) for n in wanted if n in present)))

    def drop_fields(self, paths: str | Sequence[str], **common: Any) -> DynamicFrame:
        """Leave out the named top-level fields."""
        check_common("DynamicFrame.drop_fields", common)
        dropped = _listed(paths)
        nested = [name for name in dropped if "." in name]
        if nested and not set(nested) <= set(self._frame.columns):
            raise UnsupportedApi(f"drop_fields of the nested field {nested[0]!r}")
        kept = [_quoted(n) for n in self._frame.columns if n not in dropped]
        return self._with(self._frame.select(*kept))

    def rename_field(self, oldName: str, newName: str, **common: Any) -> DynamicFrame:  # noqa: N803
        """Rename a top-level field."""
        check_common("DynamicFrame.rename_field", common)
        old, new = oldName.strip("`"), newName.strip("`")
        frame = self._frame
        if "." in old and old not in frame.columns:
            raise UnsupportedApi(f"rename_field of the nested field {oldName!r}")
        renamed = [_quoted(n).alias(new) if n == old else _quoted(n) for n in frame.columns]
        pending = {new if n == old else n: t for n, t in self._pending.items()}
        return self._with(frame.select(*renamed), pending=pending)

    def resolveChoice(  # noqa: N802
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        **options: Any,
    ) -> DynamicFrame:
        """Settle the types of fields: ``specs=[("rating", "cast:double")]``.

        ``choice`` settles the fields that are ambiguous; with the catalog's types none is, so it
        changes nothing. ``match_catalog`` puts the catalog's types on.
        """
        if specs and choice:
            raise ValueError("resolveChoice takes specs or choice, not both")
        check_common("DynamicFrame.resolveChoice", options)
        if choice and not choice.startswith(
            ("cast:", "project:", "make_cols", "make_struct", "match_catalog")
        ):
            raise ValueError(f"{choice!r} is no action of resolveChoice")
        columns = {name: _quoted(name) for name in self._frame.columns}
        pending = dict(self._pending)
        for path, action in specs or ():
            name, (kind, _, target) = path.strip("`"), action.partition(":")
            if name not in columns:
                raise UnsupportedApi(f"resolveChoice of the field {path!r}, which is not top-level")
            if kind in ("make_cols", "make_struct"):
                continue  # one type only: nothing to separate
            if kind not in ("cast", "project") or not target:
                raise ValueError(f"{action!r} is no action of resolveChoice")
            declared = "string" if name in pending else ""
            pending.pop(name, None)
            columns[name] = convert(columns[name], declared, target).alias(name)
        return self._with(self._frame.select(*columns.values()), pending=pending)

    def filter(self, f: Callable[[DynamicRecord], Any], **common: Any) -> DynamicFrame:
        """Keep the records for which `f` is true."""
        check_common("DynamicFrame.filter", common)
        frame = self.toDF()
        kept = frame.rdd.filter(lambda row: bool(f(DynamicRecord(row.asDict(recursive=True)))))
        return self._with(
            self.glue_ctx.spark_session.createDataFrame(kept, frame.schema), pending={}
        )

    def map(
        self,
        f: Callable[[DynamicRecord], Mapping[str, Any]],
        preservesPartitioning: bool = False,  # noqa: N803 - AWS's signature
        **common: Any,
    ) -> DynamicFrame:
        """Replace each record by what `f` returns for it; the schema is taken from the results."""
        check_common("DynamicFrame.map", common)
        results = self.toDF().rdd.map(
            lambda row: Row(**f(DynamicRecord(row.asDict(recursive=True)))), preservesPartitioning
        )
        return self._with(self.glue_ctx.spark_session.createDataFrame(results), pending={})

    def join(
        self, paths1: Sequence[str], paths2: Sequence[str], frame2: DynamicFrame, **common: Any
    ) -> DynamicFrame:
        """Inner join on equal fields; a name that both have is ``.name`` on the right."""
        check_common("DynamicFrame.join", common)
        left, right = self.toDF(), frame2.toDF()
        taken = set(left.columns)
        renamed = right.toDF(*(f".{n}" if n in taken else n for n in right.columns))
        names = dict(zip(right.columns, renamed.columns, strict=True))
        keys = zip(_listed(paths1), _listed(paths2), strict=True)
        condition = reduce(
            lambda a, b: a & b,
            (left[f"`{a}`"] == renamed[f"`{names[b]}`"] for a, b in keys),
        )
        return self._with(left.join(renamed, condition), pending={})

    def union(self, frame2: DynamicFrame, **common: Any) -> DynamicFrame:
        """All records of both, matched by field name."""
        check_common("DynamicFrame.union", common)
        both = self.toDF().unionByName(frame2.toDF(), allowMissingColumns=True)
        return self._with(both, pending={})

    def _with(self, frame: DataFrame, *, pending: Mapping[str, str] | None = None) -> DynamicFrame:
        types = self._pending if pending is None else pending
        kept = {n: t for n, t in types.items() if n in frame.columns}
        return DynamicFrame(frame, self.glue_ctx, self.name, pending=kept, errors=self._errors)


def check_common(api: str, options: Mapping[str, Any]) -> None:
    """Accept the parameters that every transformation has on AWS and that change no record.

    :raises UnsupportedApi: an error threshold above 0, or any other parameter
    """
    for name, value in options.items():
        threshold = name in ("stageThreshold", "totalThreshold")
        if name not in ("transformation_ctx", "info") and not (threshold and not value):
            raise UnsupportedApi(f"{api}({name}={value!r})")


def convert(column: Column, source_type: str, target_type: str) -> Column:
    """Cast a column to a Glue type; text becomes an array, map or struct by reading it as JSON.

    What cannot be cast is null, whatever ``spark.sql.ansi.enabled`` says.
    """
    target = spark_type(target_type)
    if source_type == "string" and is_complex(target):
        return F.from_json(column, target)
    # A whole number may come as "31.0" or 3.1E1: text is read as a decimal on its way.
    if source_type == "string" and target in ("bigint", "int", "smallint", "tinyint"):
        return _try_cast(_try_cast(column, "decimal(38,6)"), target)
    return _try_cast(column, target)


def _try_cast(column: Column, target: str) -> Column:
    # Spark 4 has Column.try_cast; in Spark 3.5 a plain cast gives null, as ANSI is off.
    attempt = getattr(column, "try_cast", None)
    return (
        attempt(target)
        if callable(attempt) and not isinstance(attempt, Column)
        else (column.cast(target))
    )


def find_column(frame: DataFrame, path: str, case_sensitive: bool) -> Column | None:
    """Find a field by its path (``a.b``; back-ticks around a name with a dot), else None."""
    whole = path.strip("`")
    names = {(n if case_sensitive else n.lower()): n for n in frame.columns}

    def key(name: str) -> str:
        return name if case_sensitive else name.lower()

    if key(whole) in names:
        return _quoted(names[key(whole)])
    schema: Any = frame.schema
    column: Column | None = None
    for part in path.split("."):
        if not isinstance(schema, StructType):
            return None
        found = next((f for f in schema.fields if key(f.name) == key(part)), None)
        if found is None:
            return None
        column = _quoted(found.name) if column is None else column[found.name]
        schema = found.dataType
    return column


def _quoted(name: str) -> Column:
    return F.col(f"`{name}`")


def _listed(paths: str | Sequence[str]) -> list[str]:
    return [p.strip("`") for p in ([paths] if isinstance(paths, str) else paths)]

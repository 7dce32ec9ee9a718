"""Transformations of a DynamicFrame's fields: the same records with other fields or types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, TypeVar

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from . import choice as choices_of
from . import ddb_json, field_paths, nested_data
from .catalog import read_table
from .collection import FrameCollection
from .columns import convert, find_column, listed, mapped_type, nested, quoted
from .error_limits import limited
from .errors import UnsupportedApiError
from .exact_names import selected
from .frame_core import FrameCore, check_common
from .type_names import spark_type

Frame = TypeVar("Frame", bound=FrameCore)
Mapping = tuple[str, ...]


class FieldTransforms(FrameCore):
    """Select, rename, cast, nest and flatten fields."""

    @limited
    def apply_mapping(
        self, mappings: Sequence[Mapping], case_sensitive: bool = False, **common: Any
    ) -> Self:
        """Select, rename and cast: ``(source, source type, target, target type)``.

        AWS's library also takes ``(source, target)``, which keeps the type, and ``(source, target,
        target type)``. Source and target may be paths into structs (``a.b``); a source that is not
        there is left out.
        """
        check_common("DynamicFrame.apply_mapping", common)
        mapped = [_mapping(each) for each in _several(mappings)]
        # As it is for a selection: typed only where a path reads into a struct, or a type is kept.
        typed = any("." in source or source_type is None for source, source_type, *_ in mapped)
        frame = self.toDF() if typed else self._frame
        found = []
        for source, source_type, target, target_type in mapped:
            name = source.strip("`")
            column: Column | None
            if name in self._choices and target_type is not None:
                column, source_type = choices_of.one_of(frame, name), "string"  # noqa: PLW2901
            else:
                column = find_column(frame, source, case_sensitive)
            if column is not None and target_type is not None:
                column = convert(column, source_type or "", mapped_type(target_type))
            if column is not None:
                found.append((target, column))
        return self._with(selected(frame, *nested(found)), pending={}, choices=frozenset())

    def applyMapping(self, *args: Any, **kwargs: Any) -> Self:  # noqa: N802 - AWS's name
        """`apply_mapping` by keywords: as in AWS's library, the first positional argument is lost.

        ``applyMapping([…])`` fails on AWS, too, for want of mappings.
        """
        return self.apply_mapping(*args[1:], **kwargs)

    @limited
    def select_fields(self, paths: str | Sequence[str], **common: Any) -> Self:
        """Keep the named fields, in the given order; ``a.b`` keeps b alone of the struct a."""
        check_common("DynamicFrame.select_fields", common)
        wanted = [paths] if isinstance(paths, str) else list(paths)
        if all(path.strip("`") in self._frame.columns or "." not in path for path in wanted):
            names = [name for name in listed(wanted) if name in self._frame.columns]
            return self._with(selected(self._frame, *(quoted(name) for name in names)))
        frame = self.toDF()
        found = [(path, find_column(frame, path)) for path in wanted]
        columns = nested([(path, column) for path, column in found if column is not None])
        return self._with(selected(frame, *columns), pending={}, choices=self._types().choices)

    @limited
    def drop_fields(self, paths: str | Sequence[str], **common: Any) -> Self:
        """Leave out the named fields; ``a.b`` leaves b out of the struct a."""
        check_common("DynamicFrame.drop_fields", common)
        dropped = listed(paths)
        inner = [p for p in dropped if "." in p and p not in self._frame.columns]
        kept = [quoted(n) for n in self._frame.columns if n not in dropped]
        frame = self._with(selected(self._frame, *kept))
        if not inner:
            return frame
        typed = frame.toDF()
        for path in inner:
            if find_column(typed, path) is not None:
                top, _, rest = path.partition(".")
                typed = typed.withColumn(top, quoted(top).dropFields(rest))
        return self._with(typed, pending={}, choices=frame._types().choices)

    @limited
    def rename_field(self, oldName: str, newName: str, **common: Any) -> Self:  # noqa: N803
        """Rename a field; names are full paths, a name with dots in it stands in back-ticks."""
        check_common("DynamicFrame.rename_field", common)
        old, new = oldName.strip("`"), newName.strip("`")
        frame = self._frame
        if ("." in old and old not in frame.columns) or ("." in new and "`" not in newName):
            typed = self._types()
            moved = field_paths.renamed(typed.frame, oldName, newName)
            return self._with(moved, pending={}, choices=typed.choices)
        renamed = [quoted(n).alias(new) if n == old else quoted(n) for n in frame.columns]
        pending = {new if n == old else n: t for n, t in self._pending.items()}
        choices = frozenset(new if n == old else n for n in self._choices)
        return self._with(selected(frame, *renamed), pending=pending, choices=choices)

    @limited
    def resolveChoice(  # noqa: N802
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        **options: Any,
    ) -> Self:
        """Settle the types of fields: ``specs=[("rating", "cast:double")]``.

        ``choice`` is the action for all choices; ``match_catalog`` casts to the types of a table.
        Actions: cast:type, project:type, make_cols, make_struct.
        """
        catalog = options.pop("catalog_id", None)
        check_common("DynamicFrame.resolveChoice", options)
        return resolve_choice(self, specs, choice, (database, table_name, catalog))

    @limited
    def split_fields(
        self, paths: str | Sequence[str], name1: str, name2: str, **common: Any
    ) -> FrameCollection[Any]:
        """Two frames: with the named top-level fields, and with the others."""
        check_common("DynamicFrame.split_fields", common)
        return self._collection({name1: self.select_fields(paths), name2: self.drop_fields(paths)})

    @limited
    def drop_nulls(self, **common: Any) -> Self:
        """Leave out the fields that are null in every record, in structs and arrays too."""
        check_common("DynamicFrame.drop_nulls", common)
        typed = self._types()
        frame = nested_data.without_nulls(typed.frame, typed.choices)
        return self._with(frame, pending={}, choices=typed.choices)

    @limited
    def unnest(self, **common: Any) -> Self:
        """Make each field of a struct a top-level field, named ``struct.field``."""
        check_common("DynamicFrame.unnest", common)
        return self._with(nested_data.unnest(self.toDF()), pending={}, choices=frozenset())

    @limited
    def simplify_ddb_json(self, **common: Any) -> Self:
        """Items in DynamoDB's JSON without its types; maps stay structs."""
        check_common("DynamicFrame.simplify_ddb_json", common)
        return self._with(ddb_json.simplify(self.toDF()), pending={}, choices=frozenset())

    @limited
    def unnest_ddb_json(self, **common: Any) -> Self:
        """Items in DynamoDB's JSON without its types, each field of a map a top-level field."""
        check_common("DynamicFrame.unnest_ddb_json", common)
        return self._with(ddb_json.unnested(self.toDF()), pending={}, choices=frozenset())

    @limited
    def relationalize(
        self,
        root_table_name: str,
        staging_path: str | None = None,  # noqa: ARG002 - AWS needs space for it
        options: Any = None,  # noqa: ARG002
        **common: Any,
    ) -> FrameCollection[Any]:
        """Flat tables: the root, and one for each array, joined by its ``id``."""
        check_common("DynamicFrame.relationalize", common)
        tables = nested_data.relationalize(self.toDF(), root_table_name)
        return self._collection(
            {name: type(self)(frame, self.glue_ctx, name) for name, frame in tables.items()}
        )

    @limited
    def unbox(self, path: str, format: str, **options: Any) -> Self:  # noqa: A002
        """Replace a text field that holds JSON by what it holds; the schema is taken from all.

        Raises:
            UnsupportedApiError: another format, or a format option
        """
        known = ("transformation_ctx", "info", "stageThreshold", "totalThreshold")
        check_common("DynamicFrame.unbox", {n: v for n, v in options.items() if n in known})
        for name, value in options.items():
            if name not in known and value:
                raise UnsupportedApiError(f"unbox({name}={value!r})")
        if format != "json":
            raise UnsupportedApiError(f"unbox of format {format!r}")
        name = path.strip("`")
        if name not in self._frame.columns:
            return self._with(self._frame)
        frame = self.resolveChoice(specs=[(path, "cast:string")])
        typed, spark = frame.toDF(), self.glue_ctx.spark_session
        texts = selected(typed, quoted(name)).where(quoted(name).isNotNull())
        schema = spark.read.json(texts.rdd.map(lambda row: row[0])).schema
        unboxed = typed.withColumn(name, F.from_json(quoted(name), schema))
        return self._with(unboxed, pending={}, choices=frame._types().choices)


def _mapping(given: Mapping) -> tuple[str, str | None, str, str | None]:
    """Source, its type, target and its type; None for a type that a short mapping leaves out."""
    if len(given) == 4:
        return given
    if len(given) in (2, 3):
        return given[0], None, given[1], given[2] if len(given) == 3 else None
    raise ValueError(
        f"{given!r} is no mapping; expected (source, source type, target, target type), "
        "(source, target, target type) or (source, target)"
    )


def _several(given: Sequence[Any]) -> Sequence[Any]:
    """A list of tuples; AWS also takes one tuple alone."""
    return [given] if isinstance(given, tuple) and isinstance(given[0], str) else given


def resolve_choice(
    frame: Frame,
    specs: Sequence[tuple[str, str]] | None,
    action: str,
    table: tuple[str | None, str | None, str | None],
) -> Frame:
    """Do what `DynamicFrame.resolveChoice` says.

    Args:
        table: database, name and catalog id, for ``match_catalog``
    """
    if bool(specs) == bool(action):
        raise ValueError("resolveChoice takes either specs or choice")
    specs = _several(specs) if specs else None
    if specs and all(choices_of.parse(a)[0] in ("cast", "project") for _, a in specs):
        # From the text as it was received: no need to find out what fits.
        source, pending, choices = frame._frame, frame._pending, frame._choices
    else:
        typed = frame._types()
        source, pending, choices = typed.frame, {}, typed.choices
    if action and choices_of.parse(action)[0] == "match_catalog":
        database, name, catalog = table
        if not (database and name):
            raise ValueError("resolveChoice(choice='match_catalog') needs database and table_name")
        declared = read_table(database, name, catalog_id=catalog)
        types = [*declared.columns, *declared.partition_keys]
        specs = [(f"`{n}`", f"cast:{spark_type(t)}") for n, t in types if n in source.columns]
    elif action:
        specs = [(f"`{name}`", action) for name in sorted(choices)]
    done = choices_of.resolve(source, pending, choices, specs or ())
    columns = [column for each in done.columns.values() for column in each]
    return frame._with(
        selected(source, *columns), pending=done.pending, choices=frozenset(done.choices)
    )

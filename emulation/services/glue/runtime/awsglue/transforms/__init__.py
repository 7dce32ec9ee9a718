"""The transforms as classes: ``ApplyMapping.apply(frame=…, mappings=[…])``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..dynamicframe import DynamicFrame, check_common
from ..errors import UnsupportedApi

__all__ = [
    "ApplyMapping",
    "DropFields",
    "DropNullFields",
    "Filter",
    "Join",
    "Map",
    "RenameField",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
]

Frame = DynamicFrame


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise UnsupportedApi(f"awsglue.transforms.{name}")


class GlueTransform:
    """Base: a transform is called through `apply`, with its parameters by name."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Make the transform and call it."""
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls) -> str:
        """Name of the transform."""
        return cls.__name__

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        raise UnsupportedApi(f"{type(self).__name__}.apply")


class ApplyMapping(GlueTransform):
    """Select, rename and cast fields."""

    def __call__(
        self,
        frame: Frame,
        mappings: Sequence[tuple[str, str, str, str]],
        case_sensitive: bool = False,
        **common: Any,
    ) -> Frame:
        return frame.apply_mapping(mappings, case_sensitive, **common)


class ResolveChoice(GlueTransform):
    """Settle the types of ambiguous fields."""

    def __call__(
        self,
        frame: Frame,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        **options: Any,
    ) -> Frame:
        return frame.resolveChoice(specs, choice, **options)


class DropFields(GlueTransform):
    """Leave fields out."""

    def __call__(self, frame: Frame, paths: Sequence[str], **common: Any) -> Frame:
        return frame.drop_fields(paths, **common)


class SelectFields(GlueTransform):
    """Keep fields."""

    def __call__(self, frame: Frame, paths: Sequence[str], **common: Any) -> Frame:
        return frame.select_fields(paths, **common)


class RenameField(GlueTransform):
    """Rename a field."""

    def __call__(self, frame: Frame, old_name: str, new_name: str, **common: Any) -> Frame:
        return frame.rename_field(old_name, new_name, **common)


class Filter(GlueTransform):
    """Keep the records for which a function is true."""

    def __call__(self, frame: Frame, f: Callable[[Any], Any], **common: Any) -> Frame:
        return frame.filter(f, **common)


class Map(GlueTransform):
    """Replace each record by a function's result."""

    def __call__(self, frame: Frame, f: Callable[[Any], Mapping[str, Any]], **common: Any) -> Frame:
        return frame.map(f, **common)


class Join(GlueTransform):
    """Inner join of two frames on equal fields."""

    def __call__(
        self,
        frame1: Frame,
        frame2: Frame,
        keys1: Sequence[str],
        keys2: Sequence[str],
        **common: Any,
    ) -> Frame:
        return frame1.join(keys1, keys2, frame2, **common)


class DropNullFields(GlueTransform):
    """Leave out the fields that are null in every record, or of the type null."""

    def __call__(self, frame: Frame, **common: Any) -> Frame:
        check_common("DropNullFields", common)
        from pyspark.sql import functions as F  # noqa: N812

        columns = frame.toDF().columns
        if not columns:
            return frame
        counts = frame.toDF().agg(
            *(F.count(F.col(f"`{c}`")).alias(f"c{i}") for i, c in enumerate(columns))
        )
        seen = counts.collect()[0]
        return frame.drop_fields([c for i, c in enumerate(columns) if not seen[i]])


class SelectFromCollection(GlueTransform):
    """Take one frame out of a collection."""

    def __call__(self, dfc: Mapping[str, Frame], key: str, **common: Any) -> Frame:
        check_common("SelectFromCollection", common)
        return dfc[key]

"""The transforms as classes: ``ApplyMapping.apply(frame=…, mappings=[…])``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..collection import FrameCollection
from ..coverage.frames import TRANSFORMS
from ..dynamicframe import DynamicFrame, check_common
from ..errors import UnsupportedApiError

__all__ = [
    "ApplyMapping",
    "DropFields",
    "DropNullFields",
    "ErrorsAsDynamicFrame",
    "Filter",
    "FlatMap",
    "GlueTransform",
    "Join",
    "Map",
    "MapToCollection",
    "Relationalize",
    "RenameField",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
    "SimplifyDDBJson",
    "Spigot",
    "SplitFields",
    "SplitRows",
    "Unbox",
    "UnnestFrame",
    "mergeDynamicFrame",
]

Frame = DynamicFrame
Collection = FrameCollection[Any]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    if name == "EvaluateDataQuality":  # late: it is made of what this module has
        from awsgluedq.transforms import EvaluateDataQuality

        return EvaluateDataQuality
    row = TRANSFORMS.get(name)
    raise UnsupportedApiError(f"awsglue.transforms.{name}", row.instead if row else "")


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

    @classmethod
    def describeArgs(cls) -> list[dict[str, Any]]:  # noqa: N802 - AWS's names
        """The parameters: name, type, description, whether optional, and the default."""
        return [
            {
                "name": name,
                "type": str(each.annotation),
                "description": "",
                "optional": each.default is not each.empty or each.kind is each.VAR_KEYWORD,
                "defaultValue": None if each.default is each.empty else each.default,
            }
            for name, each in inspect.signature(cls.__call__).parameters.items()
            if name != "self"
        ]

    @classmethod
    def describeReturn(cls) -> dict[str, str]:  # noqa: N802
        """What it returns."""
        returned = inspect.signature(cls.__call__).return_annotation
        return {"type": str(returned), "description": ""}

    @classmethod
    def describeTransform(cls) -> str:  # noqa: N802
        """What it does."""
        return inspect.getdoc(cls) or ""

    @classmethod
    def describeErrors(cls) -> list[dict[str, str]]:  # noqa: N802
        """The errors it raises: AWS's pages name none."""
        return []

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """All of this."""
        return {
            "transform": {
                "name": cls.name(),
                "args": cls.describeArgs(),
                "returns": cls.describeReturn(),
                "raises": cls.describeErrors(),
                "description": cls.describeTransform(),
            }
        }

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        raise UnsupportedApiError(f"{type(self).__name__}.apply")


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
        database: str | None = None,
        table_name: str | None = None,
        **options: Any,
    ) -> Frame:
        return frame.resolveChoice(specs, choice, database, table_name, **options)


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
    """Leave out the fields that are null in every record, at any depth."""

    def __call__(self, frame: Frame, **common: Any) -> Frame:
        return frame.drop_nulls(**common)


class SelectFromCollection(GlueTransform):
    """Take one frame out of a collection."""

    def __call__(self, dfc: Mapping[str, Frame], key: str, **common: Any) -> Frame:
        check_common("SelectFromCollection", common)
        return dfc[key]


class Relationalize(GlueTransform):
    """Flat tables of nested records."""

    def __call__(
        self,
        frame: Frame,
        staging_path: str | None = None,
        name: str = "roottable",
        options: Any = None,
        **common: Any,
    ) -> Collection:
        return frame.relationalize(name, staging_path, options, **common)


class SimplifyDDBJson(GlueTransform):
    """Items in DynamoDB's JSON without its types."""

    def __call__(self, frame: Frame, **common: Any) -> Frame:
        return frame.simplify_ddb_json(**common)


class mergeDynamicFrame(GlueTransform):  # noqa: N801 - AWS's name
    """Replace the records whose keys are in a staging frame by that frame's records."""

    def __call__(
        self, source_frame: Frame, staging_frame: Frame, primary_keys: Sequence[str], **common: Any
    ) -> Frame:
        return source_frame.mergeDynamicFrame(staging_frame, primary_keys, **common)


class UnnestFrame(GlueTransform):
    """Fields of structs as top-level fields."""

    def __call__(self, frame: Frame, **common: Any) -> Frame:
        return frame.unnest(**common)


class SplitFields(GlueTransform):
    """Two frames: named fields, and the others."""

    def __call__(
        self,
        frame: Frame,
        paths: Sequence[str],
        name1: str | None = None,
        name2: str | None = None,
        **common: Any,
    ) -> Collection:
        one, two = name1 or f"{frame.name}1", name2 or f"{frame.name}2"
        return frame.split_fields(paths, one, two, **common)


class SplitRows(GlueTransform):
    """Two frames: the records that fulfil comparisons, and the others."""

    def __call__(
        self,
        frame: Frame,
        comparison_dict: Mapping[str, Mapping[str, Any]],
        name1: str = "frame1",
        name2: str = "frame2",
        **common: Any,
    ) -> Collection:
        return frame.split_rows(comparison_dict, name1, name2, **common)


class Unbox(GlueTransform):
    """Read a text field as JSON."""

    def __call__(self, frame: Frame, path: str, format: str, **options: Any) -> Frame:  # noqa: A002
        return frame.unbox(path, format, **options)


class Spigot(GlueTransform):
    """Write sample records on the way."""

    def __call__(
        self, frame: Frame, path: str, options: Mapping[str, Any] | None = None, **common: Any
    ) -> Frame:
        return frame.spigot(path, options, **common)


class ErrorsAsDynamicFrame(GlueTransform):
    """The error records of a frame."""

    def __call__(self, frame: Frame) -> Frame:
        return frame.errorsAsDynamicFrame()


class MapToCollection(GlueTransform):
    """Apply a function to each frame of a collection."""

    def __call__(
        self,
        dfc: Collection,
        callable: Callable[..., Frame],  # noqa: A002 - AWS's signature
        transformation_ctx: str = "",
        **common: Any,
    ) -> Collection:
        check_common("MapToCollection", common)
        return dfc.map(callable, transformation_ctx)


class FlatMap(GlueTransform):
    """Apply a transform to each frame of a collection and put the results together."""

    def __call__(
        self,
        dfc: Collection,
        BaseTransform: type[GlueTransform],  # noqa: N803 - AWS's signature
        frame_name: str,
        transformation_ctx: str = "",
        **base_kwargs: Any,
    ) -> Collection:
        def applied(frame: Frame, context: str) -> Any:
            arguments = {**base_kwargs, frame_name: frame, "transformation_ctx": context}
            return BaseTransform.apply(**arguments)

        return dfc.flatmap(applied, transformation_ctx)

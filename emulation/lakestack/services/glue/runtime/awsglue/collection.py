"""DynamicFrameCollection: frames by name, what `relationalize` and the splits return."""

from __future__ import annotations

from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    ValuesView,
)
from typing import TYPE_CHECKING, Any

from .errors import NamesWhatIsMissing

if TYPE_CHECKING:
    from .context import GlueContext
    from .dynamicframe import DynamicFrame


class DynamicFrameCollection(NamesWhatIsMissing, Mapping[str, Any]):
    """DynamicFrames by name.

    Args:
        dynamic_frames: the frames by name, or frames that have names
        glue_ctx: the context that made them
    """

    aws_name = "DynamicFrameCollection"

    def __init__(
        self,
        dynamic_frames: Mapping[str, DynamicFrame] | Iterable[DynamicFrame],
        glue_ctx: GlueContext,
    ) -> None:
        self._frames: dict[str, DynamicFrame]
        if isinstance(dynamic_frames, Mapping):
            self._frames = dict(dynamic_frames)
        else:
            self._frames = {frame.name: frame for frame in dynamic_frames}
        self.glue_ctx = glue_ctx

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._frames.keys()

    def values(self) -> ValuesView[Any]:
        """The frames."""
        return self._frames.values()

    def items(self) -> ItemsView[str, Any]:
        """Names and frames."""
        return self._frames.items()

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:  # noqa: ARG002
        """The frame of a name; an empty one where there is none."""
        if key in self._frames:
            return self._frames[key]
        from .dynamicframe import DynamicFrame

        empty = self.glue_ctx.spark_session.createDataFrame([], "")
        return DynamicFrame(empty, self.glue_ctx, key)

    def map(
        self,
        callable: Callable[..., DynamicFrame],  # noqa: A002 - AWS's signature
        transformation_ctx: str = "",
    ) -> DynamicFrameCollection:
        """Replace each frame by what ``callable(frame, context)`` makes of it."""
        made = {n: callable(f, f"{transformation_ctx}{n}") for n, f in self._frames.items()}
        return DynamicFrameCollection(made, self.glue_ctx)

    def flatmap(
        self,
        f: Callable[..., DynamicFrame | DynamicFrameCollection],
        transformation_ctx: str = "",
    ) -> DynamicFrameCollection:
        """Put together what ``f(frame, context)`` makes of each frame.

        A frame keeps its name; the frames of a collection become ``<name>_<their name>``.
        """
        made: dict[str, DynamicFrame] = {}
        for name, each in self._frames.items():
            result = f(each, f"{transformation_ctx}{name}")
            if isinstance(result, DynamicFrameCollection):
                made.update({f"{name}_{inner}": frame for inner, frame in result.items()})
            else:
                made[name] = result
        return DynamicFrameCollection(made, self.glue_ctx)

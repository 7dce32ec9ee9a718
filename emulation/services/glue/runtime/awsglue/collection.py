"""DynamicFrameCollection: frames by name, what `relationalize` and the splits return."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

from .errors import UnsupportedApi

if TYPE_CHECKING:
    from .context import GlueContext
    from .dynamicframe import DynamicFrame


class DynamicFrameCollection(Mapping[str, Any]):
    """DynamicFrames by name.

    :param dynamic_frames: the frames
    :param glue_ctx: the context that made them
    """

    def __init__(self, dynamic_frames: Mapping[str, DynamicFrame], glue_ctx: GlueContext) -> None:
        self._frames = dict(dynamic_frames)
        self.glue_ctx = glue_ctx

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedApi(f"DynamicFrameCollection.{name}")

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
        """The frame of a name.

        :raises KeyError: there is none
        """
        return self._frames[key]

    def map(
        self,
        callable: Callable[..., DynamicFrame],  # noqa: A002 - AWS's signature
        transformation_ctx: str = "",
    ) -> DynamicFrameCollection:
        """Replace each frame by what ``callable(frame, context)`` makes of it."""
        made = {n: callable(f, f"{transformation_ctx}{n}") for n, f in self._frames.items()}
        return DynamicFrameCollection(made, self.glue_ctx)

    def flatmap(
        self, f: Callable[..., DynamicFrameCollection], transformation_ctx: str = ""
    ) -> DynamicFrameCollection:
        """Put together what ``f(frame, context)`` makes of each frame, as ``<name>_<its name>``."""
        made = {
            f"{name}_{inner}": frame
            for name, each in self._frames.items()
            for inner, frame in f(each, f"{transformation_ctx}{name}").items()
        }
        return DynamicFrameCollection(made, self.glue_ctx)

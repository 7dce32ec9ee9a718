"""Frames by name: what `relationalize` and the splits return."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    ValuesView,
)
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from .errors import NamesWhatIsMissing

if TYPE_CHECKING:
    from .session import HasSession


class Named(Protocol):
    """A frame, as far as a collection looks at it."""

    @property
    def name(self) -> str:
        """The frame's name."""
        ...


Frame = TypeVar("Frame", bound=Named)


class FrameCollection(NamesWhatIsMissing, Mapping[str, Frame]):
    """Frames by name; `DynamicFrameCollection` says which kind an absent one is.

    Args:
        dynamic_frames: the frames by name, or frames that have names
        glue_ctx: the context that made them
    """

    def __init__(
        self,
        dynamic_frames: Mapping[str, Frame] | Iterable[Frame],
        glue_ctx: HasSession,
    ) -> None:
        self._frames: dict[str, Frame]
        if isinstance(dynamic_frames, Mapping):
            self._frames = dict(dynamic_frames)
        else:
            self._frames = {frame.name: frame for frame in dynamic_frames}
        self.glue_ctx = glue_ctx

    def __getitem__(self, key: str) -> Frame:
        return self._frames[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._frames.keys()

    def values(self) -> ValuesView[Frame]:
        """The frames."""
        return self._frames.values()

    def items(self) -> ItemsView[str, Frame]:
        """Names and frames."""
        return self._frames.items()

    def select(self, key: str, transformation_ctx: str = "") -> Frame:  # noqa: ARG002
        """The frame of a name; an empty one where there is none."""
        if key in self._frames:
            return self._frames[key]
        return self._empty(key)

    @abstractmethod
    def _empty(self, name: str) -> Frame:
        """Make a frame without records or fields."""

    def map(
        self,
        callable: Callable[..., Frame],  # noqa: A002 - AWS's signature
        transformation_ctx: str = "",
    ) -> Self:
        """Replace each frame by what ``callable(frame, context)`` makes of it."""
        made = {n: callable(f, f"{transformation_ctx}{n}") for n, f in self._frames.items()}
        return type(self)(made, self.glue_ctx)

    def flatmap(
        self,
        f: Callable[..., Frame | FrameCollection[Frame]],
        transformation_ctx: str = "",
    ) -> Self:
        """Put together what ``f(frame, context)`` makes of each frame.

        A frame keeps its name; the frames of a collection become ``<name>_<their name>``.
        """
        made: dict[str, Frame] = {}
        for name, each in self._frames.items():
            result = f(each, f"{transformation_ctx}{name}")
            if isinstance(result, FrameCollection):
                made.update({f"{name}_{inner}": frame for inner, frame in result.items()})
            else:
                made[name] = result
        return type(self)(made, self.glue_ctx)

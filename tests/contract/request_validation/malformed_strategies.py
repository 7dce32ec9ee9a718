"""Hypothesis strategies of broken requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.contract.request_validation.malformed_values import JUNK, RAW_BODIES, Base, places, put


@dataclass(frozen=True)
class Broken:
    """One broken request.

    Attributes:
        raw: the body, where it is none that `params` could give
    """

    operation: str
    params: Any
    raw: bytes | None = None


def texts() -> st.SearchStrategy[str]:
    """Any text, control characters and lone surrogates included."""
    return st.text(st.characters(), max_size=40)


def values() -> st.SearchStrategy[Any]:
    """Anything JSON has."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts()
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
        max_leaves=5,
    )


def broken_requests(bases: list[Base]) -> st.SearchStrategy[Broken]:
    """One value of a right request replaced, left out, or the body replaced as a whole."""

    @st.composite
    def mutated(draw: st.DrawFn) -> Broken:
        operation, params = draw(st.sampled_from(bases))
        path = draw(st.sampled_from(list(places(params))))
        junk = draw(st.sampled_from(JUNK) | values())
        return Broken(operation, put(params, path, junk))

    @st.composite
    def raw(draw: st.DrawFn) -> Broken:
        operation, params = draw(st.sampled_from(bases))
        return Broken(operation, params, draw(st.sampled_from(RAW_BODIES) | st.binary(max_size=60)))

    return st.integers(0, 9).flatmap(lambda n: raw() if n == 0 else mutated())


def empty_requests(operations: list[str]) -> st.SearchStrategy[Broken]:
    """Operations for which there is no right request: with nothing, or with anything."""
    return st.builds(
        Broken, st.sampled_from(operations), st.just({}) | st.dictionaries(texts(), values())
    )

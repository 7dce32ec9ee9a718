"""Two first requests of an operation beside each other, while its shapes are being compiled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lakestack.services.compiled_shapes import once


class Model:
    """Shapes of one model, each with the names of the shapes within."""

    def __init__(self, **within: list[str]) -> None:
        self.within, self.resolver = within, SimpleNamespace()
        self.compiled: list[str] = []
        self.at_work, self.go_on = threading.Event(), threading.Event()

    def function(self, name: str, *, slowly: bool = False) -> Callable[[int], list[str]]:
        """Names the shapes that it walks through, down to a depth."""
        shape: Any = SimpleNamespace(name=name, _shape_resolver=self.resolver)

        def make() -> Callable[[int], list[str]]:
            within = [self.function(inner) for inner in self.within[name]]
            if slowly:
                self.at_work.set()
                assert self.go_on.wait(60)
            self.compiled.append(name)
            return lambda depth: [
                name,
                *(text for each in within if depth for text in each(depth - 1)),
            ]

        return once(shape, "names", name, make)


def test_a_shape_may_contain_itself() -> None:
    model = Model(outer=["inner"], inner=["outer"])
    assert model.function("outer")(3) == ["outer", "inner", "outer", "inner"]
    assert model.function("inner")(1) == ["inner", "outer"]
    assert model.compiled == ["inner", "outer"]


@pytest.mark.parametrize("second", ["outer", "inner"])
def test_another_thread_waits_for_a_shape_that_is_being_compiled(second: str) -> None:
    model = Model(outer=["inner"], inner=["outer"])
    found: dict[str, list[str]] = {}

    def ask(name: str, *, slowly: bool = False) -> None:
        found[name] = model.function(name, slowly=slowly)(1)

    first = threading.Thread(target=ask, args=("outer",), kwargs={"slowly": True}, daemon=True)
    other = threading.Thread(target=ask, args=(second,), daemon=True)
    first.start()
    assert model.at_work.wait(60)
    other.start()
    other.join(0.2)
    model.go_on.set()
    first.join(60)
    other.join(60)
    assert found["outer"] == ["outer", "inner"]
    assert found[second][0] == second
    assert model.compiled == ["inner", "outer"]


def test_what_could_not_be_compiled_is_tried_again() -> None:
    shape: Any = SimpleNamespace(_shape_resolver=SimpleNamespace())

    def broken() -> Callable[[int], int]:
        raise ValueError

    with pytest.raises(ValueError):
        once(shape, "names", "s", broken)
    assert once(shape, "names", "s", lambda: abs)(-1) == 1


def test_nothing_to_do_stays_nothing_and_stands_for_itself_within() -> None:
    shape: Any = SimpleNamespace(_shape_resolver=SimpleNamespace())
    inner: list[Callable[[int], int] | None] = []

    def make() -> Callable[[int], int] | None:
        inner.append(once(shape, "names", "s", make))
        return None

    assert once(shape, "names", "s", make) is None
    assert inner[0] is not None
    assert inner[0](5) == 5

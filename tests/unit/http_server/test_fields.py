"""Headers with an index do what werkzeug's do."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.datastructures import Headers, MultiDict

from lakestack.services.http_server.application import fields
from lakestack.services.http_server.fields import Fields

NAMES = ("Content-Type", "content-type", "ETag", "X-Amz-Meta-a", "x-amz-meta-A", "Date")
CHANGES: tuple[Callable[[Any, str, Any], Any], ...] = (
    lambda headers, name, value: headers.add(name, value),
    lambda headers, name, value: headers.set(name, value),
    lambda headers, name, value: headers.set(name, value, charset="utf-8"),
    lambda headers, name, value: headers.__setitem__(name, value),
    lambda headers, name, value: headers.__setitem__(0, (name, value)),
    lambda headers, name, value: headers.__setitem__(slice(0, 1), [(name, value)] * 2),
    lambda headers, name, value: headers.setlist(name, [value, "more"]),
    lambda headers, name, _: headers.setlist(name, []),
    lambda headers, name, value: headers.setdefault(name, value),
    lambda headers, name, value: headers.setlistdefault(name, [value]),
    lambda headers, name, value: headers.update({name: [value, "b"]}),
    lambda headers, name, value: headers.update(Fields([(name, value), ("Age", "1")])),
    lambda headers, name, value: headers.update(Fields([(name, value), (name.upper(), "1")])),
    lambda headers, name, value: headers.update(Headers([(name, value)]), Age="2"),
    lambda headers, name, value: headers.extend([(name, value)]),
    lambda headers, name, _: headers.remove(name),
    lambda headers, name, _: headers.__delitem__(name),
    lambda headers, _, __: headers.__delitem__(0),
    lambda headers, name, _: headers.pop(name),
    lambda headers, name, value: headers.pop(name, value),
    lambda headers, _, __: headers.pop(),
    lambda headers, _, __: headers.pop(0),
    lambda headers, _, __: headers.popitem(),
    lambda headers, name, value: headers.set(name, f"{value}\nx: y"),
    lambda headers, name, value: headers.add(name, f"{value}\rx: y"),
    lambda headers, _, __: headers.get(1),
    lambda headers, _, __: headers.clear(),
)
LOOKS: tuple[Callable[[Any, str], Any], ...] = (
    lambda headers, name: headers[name],
    lambda headers, name: headers.get(name),
    lambda headers, name: headers.get(name, "none"),
    lambda headers, name: headers.get(name, type=int),
    lambda headers, name: headers.getlist(name),
    lambda headers, name: headers.getlist(name, int),
    lambda headers, name: headers.get_all(name),
    lambda headers, name: name in headers,
    lambda headers, _: list(headers),
    lambda headers, _: list(headers.copy()),
    lambda headers, _: headers[0],
    lambda headers, _: len(headers),
    lambda headers, _: str(headers),
)


def _result(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except Exception as e:
        return type(e), str(e)


@pytest.mark.parametrize("seed", range(40))
def test_any_changes(seed: int) -> None:
    """The same result of each call, and the same list, after any changes in any order."""
    drawn = random.Random(seed)
    ours, theirs = Fields(), Headers()
    for _ in range(60):
        change, name = drawn.choice(CHANGES), drawn.choice(NAMES)
        value = drawn.choice(("a", "1", 2))
        assert _result(change, ours, name, value) == _result(change, theirs, name, value)
        asked = drawn.choice(NAMES)
        for look in LOOKS:
            assert _result(look, ours, asked) == _result(look, theirs, asked)
        assert ours == theirs
        assert theirs == ours


def test_of_a_request() -> None:
    """As rolo makes them: values of one name stand together."""
    sent = [("Host", "a"), ("X", "1"), ("x", "2"), ("Y", "\xe4"), ("X", "3")]
    for given in (sent, sent[:4], []):
        assert list(fields(given)) == list(Headers(MultiDict(given)))

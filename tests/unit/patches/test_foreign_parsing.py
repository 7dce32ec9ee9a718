"""What LocalStack and werkzeug let Python parse, is parsed by one thread after another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.routing import Map, Rule

from lakestack.services import python_parsing
from tests.unit.patches.test_parsing import interrupted

__all__ = ["interrupted"]


@pytest.mark.usefixtures("interrupted")
def test_tables_of_routes_are_made_beside_each_other() -> None:
    python_parsing.install()

    def made(number: int) -> int:
        paths = [f"/{number}/<a>/b/<path:c>/<d{n}>" for n in range(40)]
        return len(list(Map([Rule(path, endpoint=path) for path in paths]).iter_rules()))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(made, range(16))) == [40] * 16

"""A LocalStack that was not started by the emulator is the same with it and without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.distribution.environments import Environment
from tests.integration.distribution.plain_runs import reported

STUB = {
    "lakestack",
    "lakestack.extras",
    "lakestack.marks",
    "lakestack.registry",
    "lakestack.services",
    "lakestack.services.plugins",
}
"""What plux imports to see that nothing of it is meant."""


def test_it_is_the_same_with_the_emulator_in_its_environment(
    without_emulator: dict[str, Any], base: Environment, tmp_path: Path
) -> None:
    beside = reported(base, tmp_path)
    modules = beside.pop("lakestack")
    without = {name: said for name, said in without_emulator.items() if name != "lakestack"}

    assert without_emulator["lakestack"] == []
    assert set(modules) <= STUB
    assert beside == without
    assert beside["answers"]["object"] == 200
    assert beside["answers"]["glue"] != 200
    assert "glue" not in beside["services"]

"""An empty emulator for each module: names that AWS fixes, such as dms-vpc-role, exist once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.data import synthetic
from tests import support
from tests.integration.aws_target.calls import Call, recording

SHAPE = {"users": 60, "movies": 120, "ratings": 2_000, "streamed": 400, "tags": 100}
"""Of `synthetic_run`."""


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """URL of an emulator that this module alone uses."""
    with support.emulator() as running:
        yield running.url


@pytest.fixture(scope="module")
def aws(emulator: str) -> Callable[[str], Any]:
    """Factory of boto3 clients at the module's emulator."""
    return support.clients(emulator)


@dataclass
class SyntheticRun:
    """A lake on synthetic data, from nothing to nothing: answers by command, and the calls."""

    answers: dict[str, Any] = field(default_factory=dict)
    """What ``--json`` printed."""
    notes: dict[str, str] = field(default_factory=dict)
    """What was printed on stderr."""
    calls: list[Call] = field(default_factory=list)
    """What the pipeline asked of the emulator."""


@pytest.fixture(scope="session")
def synthetic_run(tmp_path_factory: pytest.TempPathFactory) -> SyntheticRun:
    """What `make local` does without data and network, verified and destroyed.

    With less data than people get, for the sake of time.
    """
    found = SyntheticRun()
    with (
        support.emulator() as running,
        pytest.MonkeyPatch.context() as patch,
        recording() as calls,
    ):
        patch.setenv("LAKE_CACHE", str(tmp_path_factory.mktemp("synthetic") / "cache"))
        patch.setenv("LAKE_OFFLINE", "1")
        patch.delenv("MOVIELENS", raising=False)
        patch.setattr(synthetic, "Shape", partial(synthetic.Shape, **SHAPE))
        for command in ("run", "verify", "destroy"):
            words = [command, "--endpoint", running.url, "--json"]
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, f"{command}: {done.stderr}"
            found.answers[command] = json.loads(done.stdout)
            found.notes[command] = done.stderr
        found.calls = [call for call in calls if call.own]
    return found

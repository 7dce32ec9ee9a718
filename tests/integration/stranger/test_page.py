"""docs/testing.md is true: its Python and the aws CLI's commands run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lakestack.testing import Lake
from tests.documents import aws_commands, blocks
from tests.integration.stranger.test_fixtures import REPOSITORY
from tests.support import PROJECT

PAGE = PROJECT / "docs" / "testing.md"


def programs() -> list[str]:
    return ["\n".join(b.lines) + "\n" for b in blocks(PAGE) if b.language == "python"]


def test_its_pytest_test_is_the_one_of_the_strangers_repository() -> None:
    assert programs()[0] == (REPOSITORY / "test_count_ratings.py").read_text(encoding="utf-8")


@pytest.mark.spark
def test_its_unittest_passes(tmp_path: Path) -> None:
    program = tmp_path / "test_seen.py"
    program.write_text(programs()[1], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 1 test" in done.stderr
    assert len(programs()) == 2


def test_its_aws_commands_run() -> None:
    commands = aws_commands(PAGE)
    assert len(commands) == 2
    with Lake() as lake:
        path = str(Path(sys.executable).parent)
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command.text],
                env={"PATH": f"{path}:/usr/bin:/bin", **lake.env()},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        assert done.stdout == "films\n"

"""Every command of every page runs in a test."""

from __future__ import annotations

from pathlib import Path

from tests.documents import Command
from tests.page_commands import PAGES_TEST, page_of, run_by, written
from tests.support import PROJECT


def test_every_command_of_every_page_runs_in_a_test() -> None:
    without = [f"{command.place}: {command.text}" for command in written() if not run_by(command)]
    assert not without
    assert len(written()) > 120


def test_a_command_of_a_new_page_is_missed() -> None:
    assert run_by(Command(PROJECT / "docs" / "new.md", 1, "lake run", ())) is None


def test_the_tests_are_there() -> None:
    tests = {run_by(command) or "" for command in written()}
    assert len(tests) > 5
    assert not [test for test in tests if not (PROJECT / test).exists()]


def test_the_pages_that_the_one_test_runs_are_in_its_order() -> None:
    from tests.integration.test_pages import ORDER

    its = {page_of(command) for command in written() if run_by(command) == PAGES_TEST}
    assert set(ORDER) == its
    assert all(Path(PROJECT / page).is_file() for page in ORDER)

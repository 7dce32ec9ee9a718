"""The labs and the README as they are written: every command runs, every output has its shape.

The commands run in the documents' order in one shell environment on a machine of their own, with
a small data set; what they print is compared when all have run. So do the aws CLI's commands of the
``sh`` blocks about AWS, which work on both. `make` targets are not run, because they build the
environment that the tests are in, nor is what has ``--target aws``: tests/unit/test_docs.py looks
them up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from lakestack import paths
from tests.documents import LABS, Command, aws_commands, commands
from tests.integration.faults.lake_runs import Machine
from tests.integration.pipeline.movielens_data import write_folder
from tests.page_shell import TERMINAL, Ran, Shell
from tests.support import PROJECT, free_port

pytestmark = pytest.mark.spark

README: Final = PROJECT / "README.md"
PAGES: Final = ("README.md", "1.md", "2.md", "3.md", "4.md")
ENDINGS: Final = ("lake destroy", "lake emulator stop")
"""Commands of the last lab before which the README's commands have their place."""


def is_run(command: Command) -> bool:
    """Whether a command of a document is one that the test runs."""
    return not command.text.startswith("make")


def order() -> list[Command]:
    """All commands in the order in which they run.

    The README's have their place before the end of the last lab, and so have those about AWS.
    """
    labs = [command for page in PAGES for command in commands(LABS / page) if is_run(command)]
    readme = [
        command
        for command in commands(README)
        if is_run(command) and not command.text.startswith(ENDINGS)
    ]
    end = next(n for n, command in enumerate(labs) if command.text.startswith(ENDINGS))
    on_both = [command for page in PAGES for command in aws_commands(LABS / page)]
    return labs[:end] + readme + on_both + labs[end:]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ran]]:
    """Every command after it has run, up to the first that failed."""
    tmp = tmp_path_factory.mktemp("labs")
    machine = Machine(tmp / "machine", free_port())
    machine.folder.mkdir()
    write_folder(tmp / "movielens")
    cache = tmp / "machine" / "cache"
    cache.mkdir()
    for folder in ("java", "localstack"):  # downloads of the whole suite, but cleaned data apart
        (cache / folder).symlink_to(paths.cache() / folder)
    environment = {**machine.environment, **TERMINAL, "MOVIELENS": str(tmp / "movielens")}
    shell = Shell(tmp, environment)
    done: list[Ran] = []
    try:
        for command in order():
            done.append(shell.run(command))
            if done[-1].code:
                break
        yield done
    finally:
        machine.stop()


def complaints(ran: list[Ran], document: Path) -> str:
    """What is wrong with a document's commands."""
    found = [each.complaint() for each in ran if each.command.document == document]
    places = {each.command.place for each in ran}
    found += [
        f"{command.place}: never ran"
        for command in order()
        if command.document == document and command.place not in places
    ]
    return "\n\n".join(filter(None, found))


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_lab_goes_as_its_page_says(ran: list[Ran], page: str) -> None:
    found = complaints(ran, LABS / page)
    assert not found, found


def test_the_commands_of_the_readme_work(ran: list[Ran]) -> None:
    found = complaints(ran, README)
    assert not found, found


def test_every_lab_has_its_parts() -> None:
    for page in PAGES[1:]:
        text = (LABS / page).read_text(encoding="utf-8")
        for part in ("**Goal.**", "**What just happened.**", "## Checkpoint", "## Things to try"):
            assert part in text, f"{page} has no {part}"
        assert "## The same on AWS" in text, page
        assert re.search(rf"^\$ lake verify --lab {page[0]}$", text, re.MULTILINE), page


def test_nothing_runs_twice_as_a_lab_goes_on() -> None:
    """Commands that make something stand once; a lab continues where the former one ended."""
    made = [c.text for c in order() if c.text.startswith("lake run") and c.document != README]
    again = [text for text in made if text != "lake run --only full_load"]
    assert len(again) == len(set(again)), again

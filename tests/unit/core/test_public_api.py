"""What `lakestack` offers by its own name, and what it costs to import it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lakestack
from lakestack import commands, extras, paths, printable
from pipeline.text.printable import printable as the_pipelines
from tests.support import PROJECT

LOADED = """
import json, sys
before = set(sys.modules)
import lakestack
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_importing_it_imports_nothing_but_the_standard_library() -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "emulation")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", LOADED],  # without the finders that editable installs add
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded - sys.stdlib_module_names == {"lakestack"}
    assert len(loaded) <= 20, loaded  # `typing` and what it needs


@pytest.mark.parametrize("name", lakestack.__all__)
def test_all_that_it_offers_is_there_and_explained(name: str) -> None:
    found = getattr(lakestack, name)
    assert name in dir(lakestack)
    assert found == "0.1.0" if name == "__version__" else found.__doc__


def test_what_it_has_not_is_named() -> None:
    with pytest.raises(AttributeError, match="module 'lakestack' has no attribute 'launch'"):
        lakestack.launch  # noqa: B018


def test_every_error_of_the_emulator_has_one_base() -> None:
    errors = [getattr(lakestack, name) for name in lakestack.__all__ if name.endswith("Error")]
    assert len(errors) == 16
    assert all(issubclass(error, lakestack.EmulationError) for error in errors)


def test_both_distributions_make_text_printable_alike() -> None:
    texts = ["Amélie", "\x1b[31mred\n\t", "a\u202eb", "\u200d\u3000x", "\U000e0001\u2028\x7f"]
    for text in texts:
        for lines in (False, True):
            mine = printable.printable(text, lines=lines)
            assert mine == the_pipelines(text, lines=lines)


def test_in_a_clone_its_state_and_commands_are_the_clones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKE_HOME")
    assert paths.checkout() == PROJECT
    assert paths.home() == PROJECT / ".lake"
    assert (commands.setup(), commands.end(4566)) == ("make setup", "make down")
    assert commands.again(4567) == "LAKE_PORT=4567 make local"


def test_elsewhere_they_are_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LAKE_HOME")
    monkeypatch.setattr(paths, "checkout", lambda: None)
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path / name)
    assert paths.home() == tmp_path / "lakestack"
    assert commands.reload(4566) == "create these tables again and load them, or delete them"
    assert commands.examine(4567) == "lakestack logs --port 4567"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extras.PACKAGES, "other", ("json", "surely_not_installed"))
    assert extras.missing("other") == ("surely_not_installed",)
    assert extras.install_command("other") == "pip install 'lakestack[other]'"

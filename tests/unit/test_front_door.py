"""What a newcomer and a build service meet first: hooks, workflow, forms, container, picture."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
from types import ModuleType
from typing import Any

import pytest
import yaml

from pipeline.stages import STAGES
from tests.support import PROJECT

WORKFLOW = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text())
HOOKS = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())["repos"]
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def script(name: str) -> ModuleType:
    """A script of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(name, PROJECT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """The script that draws docs/design.md."""
    return script("pictures")


@pytest.fixture(scope="module")
def terminal() -> ModuleType:
    """The script that draws the picture of README.md."""
    return script("terminal")


def steps() -> list[dict[str, Any]]:
    return [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_the_workflow_pins_its_actions_and_runs_what_decides() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w./-]+@v\d+\.\d+\.\d+", name) for name in used), used
    assert [step["run"] for step in steps() if "run" in step] == [".ci/run"]
    assert (PROJECT / ".ci" / "run").stat().st_mode & 0o100


def test_hooks_are_local_and_exist() -> None:
    hooks = [hook for repo in HOOKS for hook in repo["hooks"]]
    assert [repo["repo"] for repo in HOOKS] == ["local"]
    for hook in hooks:
        program, *arguments = shlex.split(hook["entry"])
        assert hook["language"] == "system"
        assert (PROJECT / program).is_file(), f"{program}: make setup"
        files = [a for a in arguments if a.endswith(".py")]
        assert all((PROJECT / file).is_file() for file in files)


@pytest.mark.parametrize(
    "name", [".github/workflows/ci.yml", ".devcontainer/devcontainer.json", "CONTRIBUTING.md"]
)
def test_make_targets_that_are_named_exist(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:[`$\"] ?|: )make ([a-z-]+)", text))
    assert named <= TARGETS, named - TARGETS


def test_the_container_is_described() -> None:
    found = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text())
    assert found["postCreateCommand"] == "make setup"


@pytest.mark.parametrize(
    "form", sorted((PROJECT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda f: f.stem
)
def test_forms_have_what_a_form_needs(form: Any) -> None:
    found = yaml.safe_load(form.read_text(encoding="utf-8"))
    if form.stem == "config":
        return
    assert {"name", "description", "body"} <= set(found)
    assert all(part.get("id") or part["type"] == "markdown" for part in found["body"])


def test_the_picture_is_up_to_date_and_has_every_stage(pictures: ModuleType) -> None:
    page = pictures.PAGE.read_text(encoding="utf-8")
    assert page == pictures.updated(page), f"run: {pictures.COMMAND}"
    legs = [leg.stage for leg in pictures.WAY]
    order = [stage.name for stage in STAGES if stage.name != "stream"]
    assert list(dict.fromkeys(legs)) == order
    assert {leg.stage for leg in (*pictures.STREAM, *pictures.CONSUMER)} == {"stream"}


def test_a_module_that_is_gone_is_named(
    pictures: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = pictures.Leg("land", "x", "pipeline.stages.land", "pipeline.gone")
    monkeypatch.setattr(pictures, "WAY", (gone,))
    with pytest.raises(ValueError, match=r"pipeline\.gone"):
        pictures.drawn()


def test_the_picture_of_a_run_is_drawn_from_one_with_every_stage(terminal: ModuleType) -> None:
    assert terminal.PICTURE.read_text(encoding="utf-8") == terminal.drawn(), "make pictures"
    text = terminal.RECORDED.read_text(encoding="utf-8")
    shown = re.findall(r"^✓ (\w+) ", text, re.MULTILINE)
    assert {stage.name for stage in STAGES} <= set(shown)
    assert terminal.excerpt(f"before\n{text}; data: x\nafter\n") == text
    assert "(docs/run.svg)" in (PROJECT / "README.md").read_text(encoding="utf-8")


def test_the_picture_of_a_run_loads_nothing(terminal: ModuleType) -> None:
    assert "url(http" not in terminal.drawn()
    assert "@font-face" not in terminal.drawn()


def test_a_run_that_was_cut_off_gives_no_picture(terminal: ModuleType) -> None:
    with pytest.raises(ValueError, match="has ended"):
        terminal.excerpt("✓ land 1.0 s\n")

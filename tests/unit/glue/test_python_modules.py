"""Modules that a job asks for: installed beside the emulator's own, once, from wheels only."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lakestack.services.glue import python_modules
from lakestack.services.glue.python_modules import ModuleError, Modules
from tests.wheels import index, wheel


class Pip:
    """Runs pip, and keeps what it was asked to do and said."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.output = ""
        self.notices: list[str] = []

    def __call__(self, command: list[str], environment: dict[str, str]) -> int:
        self.commands.append(command)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        self.output += done.stdout + done.stderr
        return done.returncode

    def environment(self, wanted: Modules) -> Path | None:
        return python_modules.environment(wanted, self, self.notices.append)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pip:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LAKE_OFFLINE", "1")
    return Pip()


def imported(folder: Path, code: str) -> str:
    """What a job's Python prints with the folder on its path."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_what_the_emulator_has_is_not_installed(pip: Pip) -> None:
    assert pip.environment(Modules(("numpy", "pandas>=1", "nothing; python_version < '3'"))) is None
    assert pip.commands == []


def test_a_wheel_is_installed_once_and_its_dependencies_may_be_the_emulator_s(
    pip: Pip, tmp_path: Path
) -> None:
    file = wheel(tmp_path, "greeting", "1.0", "import numpy\nWORD = 'hello'\n", "numpy>1")

    folder = pip.environment(Modules(wheels=(file,)))

    assert folder is not None
    assert imported(folder, "import greeting; print(greeting.WORD)") == "hello"
    assert not list(folder.glob("numpy*"))  # the emulator's is used
    again = Modules(wheels=(wheel(tmp_path / "again", "greeting", "1.0", "", "numpy>1"),))
    assert pip.environment(Modules(wheels=(file,))) == folder
    assert len(pip.commands) == 1
    assert pip.environment(again) != folder  # another content under the same name


def test_another_version_stands_before_the_emulator_s_which_stays(pip: Pip, tmp_path: Path) -> None:
    before = importlib.metadata.version("packaging")
    file = wheel(tmp_path, "packaging", "999.0", "VERSION = 'other'\n")

    folder = pip.environment(Modules(wheels=(file,)))

    assert folder is not None
    assert imported(folder, "import packaging; print(packaging.VERSION)") == "other"
    assert importlib.metadata.version("packaging") == before
    assert imported(tmp_path / "none", "import packaging.version; print(1)") == "1"


def test_names_come_from_an_index_and_a_list_of_them_from_a_file(
    pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAKE_OFFLINE")
    for version in ("1.0", "2.0"):
        wheel(tmp_path / "served" / "greeting", "greeting", version, f"V = {version}\n", "polite")
    wheel(tmp_path / "served" / "polite", "polite", "1", "")
    listed = tmp_path / "requirements.txt"
    listed.write_text("# of the job\ngreeting<2  # not yet\n\nnumpy\n")
    with index(tmp_path / "served") as url:
        options = f"-r --index-url {url}"
        wanted = python_modules.modules(["s3://b/requirements.txt"], options, lambda _: listed)
        folder = pip.environment(wanted)

    assert wanted.requirements == ("greeting<2", "numpy")
    assert folder is not None, pip.output
    assert imported(folder, "import polite, greeting; print(greeting.V)") == "1.0"


@pytest.mark.parametrize("name", ["no-such-module-here", "pyspark==2.4.0"])
def test_what_cannot_be_had_says_so_and_leaves_nothing(pip: Pip, tmp_path: Path, name: str) -> None:
    with pytest.raises(ModuleError, match=f"Installing {name} failed .*LAKE_OFFLINE forbids"):
        pip.environment(Modules((name,)))
    kept = {file.suffix for file in (tmp_path / "cache" / "glue-modules").iterdir()}
    assert kept == {".lock"}


def test_a_bundle_of_wheels_is_installed_as_a_whole(pip: Pip, tmp_path: Path) -> None:
    bundle = tmp_path / "own-1.0.gluewheels.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        for file in (
            wheel(tmp_path, "greeting", "1", "import polite\nWORD = polite.WORD\n", "polite"),
            wheel(tmp_path, "polite", "1", "WORD = 'hello'\n"),
        ):
            archive.write(file, f"wheels/{file.name}")

    folder = pip.environment(
        python_modules.modules([f"s3://b/{bundle.name}"], "", lambda _: bundle)
    )

    assert folder is not None, pip.output
    assert imported(folder, "import greeting; print(greeting.WORD)") == "hello"


def test_a_bundle_without_wheels_is_refused(tmp_path: Path) -> None:
    bundle = tmp_path / "own-1.0.gluewheels.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("module.py", "")
    with pytest.raises(ModuleError, match="holds no wheel"):
        python_modules.modules([f"s3://b/{bundle.name}"], "", lambda _: bundle)


def test_source_is_never_built(pip: Pip, tmp_path: Path) -> None:
    archive = tmp_path / "module-1.0.tar.gz"
    archive.touch()
    with pytest.raises(ModuleError, match="is no wheel"):
        python_modules.modules(["s3://b/module-1.0.tar.gz"], "", lambda _: archive)
    pip.environment(Modules(wheels=(wheel(tmp_path, "plain", "1", ""),)))
    command = pip.commands[0]
    assert command[command.index("--only-binary") + 1] == ":all:"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--target /tmp", "'--target' is not taken; valid: --upgrade"),
        ("--index-url", "'' is not valid; expected http or https"),
        ("--index-url file:///tmp", "expected http or https"),
        ("-i https://d-1.d.codeartifact.eu-west-1.amazonaws.com/pypi/r/simple", "is AWS"),
        ("--pre 'open", "No closing quotation"),
    ],
)
def test_options_of_the_installer_are_known_ones(options: str, says: str) -> None:
    with pytest.raises(ModuleError, match=says):
        python_modules.modules([], options, Path)


def test_options_reach_pip() -> None:
    found = python_modules.modules(["a"], "--upgrade -f=https://example.com/x", Path)
    assert found.options == ("--upgrade", "-f", "https://example.com/x")


@pytest.mark.parametrize("text", ["not valid!", "name @ https://example.com/name.whl"])
def test_a_requirement_is_a_name(text: str, pip: Pip) -> None:
    with pytest.raises(ModuleError, match="is not valid"):
        pip.environment(Modules((text,)))


def test_a_requirements_file_brings_no_options(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("--index-url https://example.com\n")
    with pytest.raises(ModuleError, match="give options by --python-modules-installer-option"):
        python_modules.modules(["s3://b/requirements.txt"], "-r", lambda _: file)


def test_executors_of_a_cluster_get_a_zip_of_pure_modules(pip: Pip, tmp_path: Path) -> None:
    folder = pip.environment(Modules(wheels=(wheel(tmp_path, "greeting", "1", "WORD = 'hi'\n"),)))
    assert folder is not None
    file = python_modules.packed(folder, tmp_path)
    assert imported(file, "import greeting; print(greeting.WORD)") == "hi"
    (folder / "fast.so").touch()
    with pytest.raises(ModuleError, match=r"fast\.so is compiled"):
        python_modules.packed(folder, tmp_path)


def test_a_wheel_for_another_python_is_refused_with_what_it_is_for(tmp_path: Path) -> None:
    other = tmp_path / "films-1.0-cp27-cp27m-win32.whl"
    with pytest.raises(ModuleError) as refused:
        python_modules.modules([f"s3://code/{other.name}"], "", lambda _: other)
    assert "films-1.0-cp27-cp27m-win32.whl is for cp27-cp27m-win32" in str(refused.value)
    assert "films==1.0" in str(refused.value)

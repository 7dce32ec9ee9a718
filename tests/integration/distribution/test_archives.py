"""What is in the wheel and in the source distribution, however they are built."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.integration.distribution.environments import UV, build, run
from tests.support import PROJECT

EMULATION = PROJECT / "emulation"


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_all_of_the_emulator_and_nothing_else(wheel: Path) -> None:
    ours = {
        f.relative_to(EMULATION).as_posix()
        for f in (EMULATION / "lakestack").rglob("*")
        if f.is_file() and f.suffix != ".pyc"
    }
    names = set(contents(wheel))
    information = {name for name in names if name.partition("/")[0].endswith(".dist-info")}

    assert names - information == ours
    assert {"lakestack/java/java.lock", "lakestack/py.typed"} <= ours
    metadata = next(name for name in information if name.endswith("/METADATA"))
    text = contents(wheel)[metadata].decode()
    assert "Name: lakestack\n" in text
    assert "Provides-Extra: glue\n" in text
    assert any(name.endswith("/licenses/LICENSE") for name in information)


def test_the_source_distribution_builds_the_same_wheel(
    built: Path, wheel: Path, tmp_path: Path
) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(tmp_path, filter="data")
    assert {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"} <= names
    assert not {name for name in names if name.startswith(("pipeline", "models", "tests"))}

    build(tmp_path / source.name.removesuffix(".tar.gz"), tmp_path / "again", "--wheel")

    assert contents(tmp_path / "again" / wheel.name) == contents(wheel)


def test_the_licence_is_the_projects() -> None:
    assert (EMULATION / "LICENSE").read_bytes() == (PROJECT / "LICENSE").read_bytes()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a repository with the files of this clone as they are now."""
    folder = tmp_path_factory.mktemp("repository")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=PROJECT)
    for name in listed.splitlines():
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((PROJECT / name).read_bytes())
    me = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    run("git", "init", "--quiet", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    run("git", *me, "commit", "--quiet", "--message", "all", cwd=folder)
    return f"git+{folder.as_uri()}"


@pytest.mark.parametrize(
    ("tool", "requirement"),
    [
        ("pip", "{}"),
        ("pip", "{}#subdirectory=emulation"),
        # An older pip takes a name before ``https:`` only, not before ``file:``.
        ("uv", "{}"),
        ("uv", "lakestack @ {}"),
        ("uv", "lakestack @ {}#subdirectory=emulation"),
    ],
)
def test_an_install_from_the_clones_url_gives_the_emulator_alone(
    tool: str, requirement: str, repository: str, wheel: Path, tmp_path: Path
) -> None:
    program = [UV, "pip"] if tool == "uv" else [sys.executable, "-m", "pip"]
    alone = ["--no-deps", "--no-build-isolation", "--quiet", "--target", str(tmp_path)]
    offline = ["--offline", "--python", sys.executable] if tool == "uv" else ["--no-index"]
    done = subprocess.run(
        [*program, "install", *alone, *offline, requirement.format(repository)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    top = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert top == {"bin", "lakestack", wheel.name.replace("-py3-none-any.whl", ".dist-info")}
    assert (tmp_path / "bin" / "lakestack").is_file()
    assert (tmp_path / "lakestack" / "java" / "java.lock").is_file()

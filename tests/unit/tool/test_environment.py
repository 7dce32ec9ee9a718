"""The environment of its own is made once, from a lock, and told when it cannot be."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

from lakestack.errors import InstallError
from lakestack.tool import environment, lock


def wheel(folder: Path, distribution: str) -> str:
    """Pack an installed distribution again; its line for a lock."""
    found = metadata.distribution(distribution)
    name = f"{distribution}-{found.version}"
    file = folder / f"{name}-py3-none-any.whl"
    with ZipFile(file, "w") as archive:
        for path in found.files or ():
            source = Path(str(path.locate()))
            script = path.parts[-2:-1] == ("bin",)
            target = f"{name}.data/scripts/{path.name}" if script else path.as_posix()
            if source.is_file() and source.suffix != ".pyc":
                archive.write(source, target)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f"{distribution}=={found.version} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and a lock with two packages that are found in a folder."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    file = tmp_path / "small.lock"
    file.write_text(wheel(wheels, "six") + wheel(wheels, "uv"))
    monkeypatch.setattr(lock, "LOCK", file)
    monkeypatch.setattr(environment, "is_here", lambda: False)
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    return file


def test_it_is_made_once_for_all_who_ask_at_the_same_time(small: Path) -> None:
    told: list[str] = []
    found: list[Path] = []

    def ask() -> None:
        found.append(environment.python(told.append))

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert len(found) == 3
    assert len(set(found)) == 1
    assert len([text for text in told if text.startswith("making")]) == 1
    code = "import lakestack, six; print(lakestack.__version__, six.__file__)"
    done = subprocess.run([found[0], "-I", "-c", code], capture_output=True, text=True, check=True)
    version, place = done.stdout.split()
    assert version == metadata.version("lakestack")
    assert Path(place).is_relative_to(environment.folder())


def test_one_that_was_interrupted_is_made_anew(small: Path) -> None:
    half = environment.folder()
    (half / "bin").mkdir(parents=True)
    assert environment.python(lambda _: None).is_file()
    assert (half / environment.READY).is_file()


def test_a_file_with_another_hash_is_refused(small: Path) -> None:
    before, _, digest = small.read_text().partition("sha256:")
    other = ("0" if digest[0] != "0" else "1") + digest[1:]  # of six, which uv installs
    small.write_text(f"{before}sha256:{other}")
    with pytest.raises(InstallError) as refused:
        environment.python(lambda _: None)
    assert "was not made" in refused.value.message
    assert "Hash mismatch for `six" in refused.value.message
    assert not (environment.folder() / environment.READY).exists()


def test_a_cache_that_cannot_be_written_to_is_named(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "file"))
    with pytest.raises(InstallError, match="cannot write to"):
        environment.python(lambda _: None)


def test_in_an_environment_with_the_packages_it_runs_here() -> None:
    assert environment.missing_here() == ()
    assert environment.python(pytest.fail) == Path(sys.executable)

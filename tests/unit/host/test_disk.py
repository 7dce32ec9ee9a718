"""A disk that is full, or a folder that cannot be written to, is an error with the next step."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakestack import disk, emulator, paths
from lakestack.errors import ArtifactError, EmulationError, LakeError
from lakestack.host import service_catalog
from lakestack.host.process import Emulator
from lakestack.java import artifacts
from lakestack.testing import RunningLake
from tests.support import free_port


def refusing(number: int, name: str = "/full/file") -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), name)

    return refuse


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "make room there (df -h), or choose"),
        (errno.EDQUOT, "make room there (df -h), or choose"),
        (errno.EROFS, "make it writable, or choose"),
        (errno.EACCES, "make it writable, or choose"),
    ],
)
def test_a_refusal_names_the_file_and_the_next_step(number: int, hint: str) -> None:
    with (
        pytest.raises(LakeError, match="cannot write to /full/file: ") as error,
        disk.explained(Path("/full"), "choose another", LakeError),
    ):
        refusing(number)()
    assert error.value.hint == f"{hint} another"


def test_of_a_copy_the_target_is_named() -> None:
    with (
        pytest.raises(EmulationError, match="cannot write to /to: No space"),
        disk.explained(Path("/place"), "x"),
    ):
        raise OSError(errno.ENOSPC, "No space", "/from", None, "/to")


def test_what_is_no_refusal_passes() -> None:
    with pytest.raises(ConnectionRefusedError), disk.explained(Path("/place"), "x"):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")


def test_a_start_on_a_full_disk_says_which_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "missing", lambda *_: [])
    monkeypatch.setattr(artifacts, "sets", lambda *_: [])
    monkeypatch.setattr(service_catalog, "place", refusing(errno.ENOSPC))
    one = Emulator(free_port(), tmp_path)
    with pytest.raises(EmulationError, match="cannot write to /full/file: No space") as error:
        one.start()
    assert "LAKE_HOME" in str(error.value.hint)
    assert one.find() is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_an_installation_into_a_cache_that_takes_nothing(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path))
    monkeypatch.setattr(artifacts, "install", lambda _: None)
    monkeypatch.setattr(service_catalog, "_make", refusing(number))
    with pytest.raises(ArtifactError, match="cannot write to /full/file") as error:
        emulator.install()
    assert "LAKE_CACHE" in str(error.value.hint)


def test_a_running_lake_in_a_cache_that_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(RunningLake, "_answers", lambda _: True)
    with pytest.raises(LakeError, match=r"cannot write to .*file/cache: Not a dir") as error:
        RunningLake().start()
    assert "LAKE_CACHE" in str(error.value.hint)
    assert paths.cache() == tmp_path / "file" / "cache"

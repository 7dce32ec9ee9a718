"""The index of AWS operations is kept between starts under the name LocalStack looks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from localstack.aws.spec import _get_catalog_filename

from lakestack import emulator
from lakestack.errors import ArtifactError
from lakestack.host import service_catalog
from lakestack.java import artifacts


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "localstack" / str(_get_catalog_filename())


def test_a_kept_index_is_placed_where_localstack_looks(kept: Path, tmp_path: Path) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"index")

    service_catalog.place(tmp_path / "root")

    placed = tmp_path / "root" / "var" / "lib" / "localstack" / "cache" / kept.name
    assert placed.read_bytes() == b"index"


def test_without_an_index_localstack_makes_its_own(kept: Path, tmp_path: Path) -> None:
    service_catalog.place(tmp_path / "root")

    assert not (tmp_path / "root").exists()
    assert not kept.exists()


def test_an_index_that_is_there_is_not_made_again(kept: Path) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"index")
    notices: list[str] = []

    service_catalog.install(notices.append)

    assert notices == []
    assert kept.read_bytes() == b"index"


def test_a_cache_that_cannot_be_made_is_an_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(artifacts, "install", lambda _: None)
    with pytest.raises(ArtifactError, match="cannot write to"):
        emulator.install()

"""What `make` says at its ends: what to do next, and what it leaves on the disk."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lakestack.tool import kept
from tests.support import PROJECT


def dry(target: str) -> str:
    """What `make` would do."""
    return subprocess.run(
        ["make", "--dry-run", target], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout


def test_make_local_ends_with_what_to_do_next() -> None:
    end = dry("local").partition("lake run")[2]
    for word in ('eval "$(.venv/bin/lake env)"', "recommend 42", "docs/labs/README.md"):
        assert word in end
    assert "make down" in end


def test_make_clean_says_what_it_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said, _, removed = dry("clean").partition("rm -rf .venv")
    assert "lakestack.tool.kept" in said
    assert ".lake" in removed
    cache = tmp_path / "my cache"
    monkeypatch.setenv("LAKE_CACHE", str(cache))
    kept.main()
    assert capsys.readouterr().out == ""
    (cache / "java").mkdir(parents=True)
    with (cache / "java" / "a.jar").open("wb") as file:
        file.truncate(1_100_000_000)
    (cache / "link").symlink_to(cache / "java" / "a.jar")
    kept.main()
    assert capsys.readouterr().out == (
        f"kept: downloads in {cache} (1.1 GB); other clones use them, too. "
        f"To remove them: rm -rf '{cache}'\n"
    )

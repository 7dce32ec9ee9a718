"""The packages that AWS Glue brings: which of them a job asks for, and where they come from."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lakestack import locked_packages
from lakestack.errors import ArtifactError
from lakestack.services.glue import python_modules
from lakestack.services.glue.shipped import modules


def test_imports_of_scripts_and_archives(tmp_path: Path) -> None:
    script, archive = tmp_path / "s.py", tmp_path / "m.zip"
    script.write_text("import os, sklearn.tree as t\nfrom . import x\ndef f():\n    import s3fs\n")
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a/b.py", "from pymysql.cursors import Cursor")
        made.writestr("a/c.py", "print 'Python 2'")
        made.writestr("a/d.txt", "import nltk")
    found = modules.imported([script, archive, tmp_path / "none.py"])
    assert found == {"os", "sklearn", "s3fs", "pymysql"}


def test_each_type_of_job_finds_its_own() -> None:
    names = {"awswrangler", "sklearn", "numpy", "seaborn", "boto3", "unknown"}
    assert modules.wanted("glueetl", names) == ["scikit-learn", "seaborn"]
    assert modules.wanted("pythonshell", names) == ["awswrangler", "scikit-learn"]


def test_the_lock_has_all_of_them_with_hashes_and_what_they_need() -> None:
    pins = modules.pins()
    assert {*modules.SPARK.values(), *modules.SHELL.values()} <= pins.keys()
    assert all("--hash=sha256:" in pin.text and "via" not in pin.text for pin in pins.values())
    assert {"s3fs", "aiobotocore", "aiohttp", "yarl"} <= set(modules.closure(["s3fs"]))
    assert "s3fs" not in modules.closure(["aiobotocore"])


def test_they_are_fetched_once_without_what_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []

    def install(lock: str, target: Path, *_: object) -> None:
        installed.append(lock)
        target.mkdir()

    monkeypatch.setenv("LAKE_CACHE", str(tmp_path))
    monkeypatch.delenv("LAKE_OFFLINE")
    monkeypatch.setattr(locked_packages, "install", install)
    notes: list[str] = []
    first = modules.folder(["scikit-learn"], notes.append)
    assert first is not None and first == modules.folder(["scikit-learn"], notes.append)
    [lock] = installed
    assert "scikit-learn==" in lock and "joblib==" in lock and "numpy==" not in lock
    assert notes == ["fetching what AWS Glue brings (scikit-learn), once"]
    assert modules.folder([], notes.append) is None


def test_a_job_goes_on_without_what_cannot_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(*_: object) -> None:
        raise ArtifactError("no network", "x")

    monkeypatch.setenv("LAKE_CACHE", str(tmp_path))
    monkeypatch.delenv("LAKE_OFFLINE")
    monkeypatch.setattr(locked_packages, "install", install)
    notes: list[str] = []
    assert modules.folder(["pymysql"], notes.append) is None
    assert notes[-1] == "no network; x"
    monkeypatch.setenv("LAKE_OFFLINE", "1")
    assert modules.folder(["pymysql"], notes.append) is None
    assert "LAKE_OFFLINE forbids downloads" in notes[-1]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Scikit_Learn==1.0", "scikit-learn"),
        ("s3fs>2; python_version>'3'", "s3fs"),
        ("pyathena[pandas]", "pyathena"),
        ("s3://b/k/my_lib-1.0-py3-none-any.whl", "my-lib"),
    ],
)
def test_the_name_of_what_a_job_brings(given: str, name: str) -> None:
    assert python_modules.name_of(given) == name

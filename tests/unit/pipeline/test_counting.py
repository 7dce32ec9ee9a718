"""Counting what was delivered and written, hops that reconcile, and the uploaded code."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.delivered import Delivered, events
from pipeline.errors import LakeError
from pipeline.lake import Lake
from pipeline.reconciliation import Hop
from pipeline.settings import Settings
from pipeline.training_data import read_directory
from pipeline.uploads import glue_modules, glue_script, source_directory
from pipeline.verify import Finding, Verification

ONE = {"userId": 1, "movieId": 31, "rating": 2.5, "timestamp": 1260759144}
TWO = {"userId": 2, "movieId": 32, "rating": 3.0, "timestamp": 1260759145}


class FakeLake:
    """Objects of one bucket."""

    settings = Settings("000000000000")

    def __init__(self, **objects: bytes) -> None:
        self.content = dict(objects)

    def objects(self, prefix: str) -> list[dict[str, Any]]:
        return [
            {"Key": key, "Size": len(body)}
            for key, body in sorted(self.content.items())
            if key.startswith(prefix)
        ]

    def read(self, key: str) -> bytes:
        return self.content[key]

    def binary(self, key: str) -> BinaryIO:
        return io.BytesIO(self.content[key])

    def text(self, key: str) -> TextIO:
        return io.TextIOWrapper(self.binary(key), encoding="utf-8", newline="")


@pytest.mark.parametrize("between", ["\n", "", " ", "\r\n", "\n\n"])
def test_events_with_anything_or_nothing_between_them(between: str) -> None:
    body = between.join(json.dumps(event) for event in (ONE, TWO)) + between
    assert list(events(body.encode())) == [
        (1, 31, 2.5, 1260759144),
        (2, 32, 3.0, 1260759145),
    ]


@pytest.mark.parametrize(
    "strange", ["{", "null", "[1]", '{"userId": 1}', "userId,movieId", '{"userId": "x"}']
)
def test_strange_pieces_are_counted_not_dropped(strange: str) -> None:
    body = f"{json.dumps(ONE)}\n{strange}\n".encode()
    assert list(events(body)) == [(1, 31, 2.5, 1260759144), None]


@given(st.binary(max_size=200))
def test_no_content_breaks_the_reader(body: bytes) -> None:
    list(events(body))


def test_delivered_objects_are_read_once_and_copies_told_apart() -> None:
    line = json.dumps(ONE).encode() + b"\n"
    lake = FakeLake(**{"firehose/a": line + line, "firehose/b": b"", "elsewhere": line})
    delivered = Delivered(cast(Lake, lake))
    delivered.refresh()
    delivered.refresh()
    assert (delivered.records, len(delivered.distinct), delivered.objects) == (2, 1, 1)
    lake.content["firehose/c"] = json.dumps(TWO).encode() + b"\nwhat\n"
    delivered.refresh()
    assert (delivered.records, len(delivered.distinct), delivered.strange) == (4, 2, 1)


def test_a_directory_is_counted_with_quotes_quarantine_and_duplicates() -> None:
    lake = FakeLake(
        **{
            "ml/trainingdata/movies/part-00000.csv": b'movieid,title,genres\n1,"A, ""B""\nC",x\n',
            "ml/trainingdata/movies/part-00001.csv": b"movieid,title,genres\n1,again,x\n2,b,y\n",
            "ml/trainingdata/movies/_SUCCESS": b"1,2,3\n",
            "ml/quarantine/movies/part-00000.json": b"{}\n{}\n",
        }
    )
    found = read_directory(cast(Lake, lake), "movies", 1, {"movies": {"duplicates": 4}})
    assert found.header == ["movieid", "title", "genres"]
    assert (found.rows, found.keys, found.quarantined, found.duplicates) == (3, 2, 2, 4)


def test_a_hop_accounts_for_every_row() -> None:
    assert Hop("land", "x", 10, 7, 2, 1).difference == 0
    assert Hop("land", "x", 10, 7).difference == 3
    assert Hop("land", "x", 10, 11).as_dict()["difference"] == -1


def test_what_is_off_is_named_with_the_earliest_stage() -> None:
    found = Verification(
        [Finding(3, "transform", "job x", False, "FAILED"), Finding(1, "land", "y", True, "")],
        [Hop("full_load", "S3 ratings → ratings_t", 80_004, 80_003)],
    )
    assert not found.ok
    assert found.failure().message == (
        "The lake does not verify: job x: FAILED; S3 ratings → ratings_t: 80,004 in, "
        "80,003 written, 0 rejected, 0 duplicates, difference +1."
    )
    assert found.failure().hint == "Make it again with: lake run --from full_load --force"
    assert Verification([Finding(1, "land", "y", True, "")], [Hop("land", "x", 1, 1)]).ok


def project(folder: Path) -> Path:
    models = folder / "models"
    (models / "recommender" / "__pycache__").mkdir(parents=True)
    (models / "tests").mkdir()
    for name in ("train.py", "inference.py", "recommender/als.py"):
        (models / name).write_text(f"# {name}\n")
    (models / "recommender" / "__pycache__" / "als.pyc").write_bytes(b"x")
    (models / "tests" / "test_als.py").write_text("")
    (models / ".hidden").write_text("")
    return folder


def test_the_same_files_give_the_same_tarball(tmp_path: Path) -> None:
    first, second = project(tmp_path / "a"), project(tmp_path / "b")
    os.utime(second / "models" / "train.py", (1, 1))
    (second / "models" / "train.py").chmod(0o600)
    packed = source_directory(first)
    assert packed == source_directory(second)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        assert archive.getnames() == ["inference.py", "recommender/als.py", "train.py"]
    (second / "models" / "train.py").write_text("# changed\n")
    assert packed != source_directory(second)


def test_the_glue_scripts_modules_are_its_package_with_the_same_bytes_again(tmp_path: Path) -> None:
    jobs = [tmp_path / name / "spark_jobs" for name in ("a", "b")]
    for folder in jobs:
        (folder / "__pycache__").mkdir(parents=True)
        (folder / "__pycache__" / "rules.pyc").write_bytes(b"x")
        (folder / "__init__.py").write_text("")
        (folder / "rules.py").write_text("LIMIT = 1\n")
    os.utime(jobs[1] / "rules.py", (1, 1))
    packed = glue_modules(tmp_path / "a")
    assert packed == glue_modules(tmp_path / "b")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == ["spark_jobs/__init__.py", "spark_jobs/rules.py"]
    (jobs[1] / "rules.py").write_text("LIMIT = 2\n")
    assert packed != glue_modules(tmp_path / "b")


def test_missing_code_is_named(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"training_data\.py is missing"):
        glue_script(tmp_path)

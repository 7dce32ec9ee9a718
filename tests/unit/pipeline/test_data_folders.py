"""A folder as source: what is made of it, what is remembered, what is refused."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections import namedtuple
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.data import Source, row_log
from pipeline.data.row_log import RowLog
from pipeline.errors import DataError
from tests.support import movielens_folder
from tests.unit.pipeline.data_sources import COUNTS, load, refused, zipped


def test_a_folder_is_cleaned_into_the_cache(source: Path, cache: Path) -> None:
    dataset, notices = load(source, cache)

    assert dataset.counts == COUNTS
    assert (dataset.kind, dataset.origin) == ("folder", f"folder {source}")
    assert dataset.rating_pairs == 1_000
    assert (dataset.rejected, notices) == ([], [])
    for name, file in dataset.files.items():
        content = file.path.read_bytes()
        assert file.path.name == f"{name}.csv"
        assert cache in file.path.parents
        assert content == (source / f"{name}.csv").read_bytes()
        assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_a_second_run_reads_what_the_first_cleaned(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = source / "ratings.csv"
    ratings.write_bytes(ratings.read_bytes() + b"1,1\n")
    first, notices = load(source, cache)
    monkeypatch.setattr("pipeline.data.cleaning.clean", None)
    again, notices_again = load(source, cache)

    assert again == first
    assert len(again.rejected) == 1
    assert notices_again == notices
    assert notices == [
        "ratings.csv: 1 of 801 rows are rejected, first line 802: "
        "2 columns instead of 4 (userId,movieId,rating,timestamp)."
    ]


def test_the_threshold_holds_for_cached_data_too(source: Path, cache: Path) -> None:
    ratings = source / "ratings.csv"
    ratings.write_bytes(ratings.read_bytes() + b"1,2\n")
    load(source, cache)

    with pytest.raises(DataError, match=r"^ratings.csv: 1 of 801 rows are bad \(0.12 %, allowed"):
        load(source, cache, max_rejected_percent=0.1)


def test_changed_sources_and_spoilt_caches_are_noticed(source: Path, cache: Path) -> None:
    first, _ = load(source, cache)
    first.files["tags"].path.write_bytes(b"spoilt")
    again, _ = load(source, cache)
    assert again == first
    assert again.files["tags"].path.read_bytes() == (source / "tags.csv").read_bytes()

    (first.files["tags"].path.parent / "manifest.json").write_text('{"files": {"tags": 1}}')
    assert load(source, cache)[0] == first

    tags = source / "tags.csv"
    tags.write_bytes(tags.read_bytes().replace(b"funny", b"sad"))
    assert load(source, cache)[0].fingerprint != first.fingerprint


def test_the_fingerprint_is_of_the_content(source: Path, cache: Path, tmp_path: Path) -> None:
    spelled = shutil.copytree(source, tmp_path / "crlf")
    for path in spelled.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    archive = zipped(source, tmp_path / "ml.zip")

    fingerprints = {load(each, cache)[0].fingerprint for each in (source, spelled, archive)}
    assert len(fingerprints) == 1


def test_a_verdict_that_hangs_on_the_clock_is_not_remembered(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = source / "ratings.csv"
    movie = ratings.read_bytes().splitlines()[1].split(b",")[1]
    soon = int(time.time()) + 5 * 86_400
    ratings.write_bytes(ratings.read_bytes() + b"%d,%b,4.0,%d\n" % (999, movie, soon))
    assert load(source, cache)[0].counts["ratings"] == 800

    monkeypatch.setattr("pipeline.data.validation.time.time", lambda: soon)
    assert load(source, cache)[0].counts["ratings"] == 801


def test_without_a_streamed_part_the_newest_fifth_is_streamed(source: Path, cache: Path) -> None:
    (source / "ratings-partial-load.csv").unlink()
    ratings = source / "ratings.csv"
    header, *rows = ratings.read_text().splitlines()
    # The same pair at two times: both rows must go to the same part.
    user, movie, _, stamp = rows[0].split(",")
    rows.append(f"{user},{movie},1.0,{int(stamp) + 1}")
    ratings.write_text("\n".join([header, *rows]) + "\n")
    dataset, notices = load(source, cache)

    parts = [
        dataset.files[name].path.read_text().splitlines()[1:]
        for name in ("ratings", "ratings-partial-load")
    ]
    pairs = [{tuple(row.split(",")[:2]) for row in part} for part in parts]
    assert not pairs[0] & pairs[1]
    assert [len(each) for each in pairs] == [640, 160]
    assert sorted(parts[0] + parts[1]) == sorted(rows)
    assert min(int(row.split(",")[3]) for row in parts[1]) >= max(
        int(row.split(",")[3]) for row in parts[0]
    )
    assert dataset.rating_pairs == 800
    loaded, streamed = len(parts[0]), len(parts[1])
    assert notices == [
        "The source has no ratings-partial-load.csv: the newest 20 % of the ratings "
        f"({streamed}) are streamed, the others ({loaded}) are loaded."
    ]
    assert load(source, cache) == (dataset, notices)


def move_down(folder: Path) -> None:
    files = sorted(folder.iterdir())
    (folder / "ml-small").mkdir()
    for path in files:
        path.rename(folder / "ml-small" / path.name)


def tags_as_folder(folder: Path) -> None:
    (folder / "tags.csv").unlink()
    (folder / "tags.csv").mkdir()


def tags_as_pipe(folder: Path) -> None:
    (folder / "tags.csv").unlink()
    os.mkfifo(folder / "tags.csv")


@pytest.mark.parametrize(
    ("spoil", "message", "hint"),
    [
        (
            lambda folder: (folder / "links.csv").unlink(),
            "The data folder {source} is incomplete: links.csv missing.",
            "It must hold movies.csv, links.csv, ratings.csv, tags.csv.",
        ),
        (
            lambda folder: [path.unlink() for path in folder.iterdir()],
            "The data folder {source} is incomplete: movies.csv, links.csv, ratings.csv, "
            "tags.csv missing.",
            "It must hold movies.csv, links.csv, ratings.csv, tags.csv.",
        ),
        (
            move_down,
            "The data folder {source} is incomplete: movies.csv, links.csv, ratings.csv, "
            "tags.csv missing.",
            "Run: make local MOVIELENS={source}/ml-small",
        ),
        (
            tags_as_folder,
            "{source}/tags.csv is not a file.",
            "It must hold movies.csv, links.csv, ratings.csv, tags.csv.",
        ),
        (
            tags_as_pipe,
            "{source}/tags.csv is not a file.",
            "It must hold movies.csv, links.csv, ratings.csv, tags.csv.",
        ),
        (
            lambda folder: (folder / "tags.csv").write_bytes(b""),
            "tags.csv is empty.",
            "Give a complete MovieLens folder or zip.",
        ),
        (
            lambda folder: (folder / "ratings.csv").write_text(
                "userId,movieId,rating,timestamp\n1,2\n"
            ),
            "ratings.csv: 1 of 1 rows are bad (100.00 %, allowed are 1 %): line 2: 2 columns "
            "instead of 4 (userId,movieId,rating,timestamp).",
            "Correct these rows and run the command again.",
        ),
    ],
    ids=["a file missing", "empty", "one level up", "folder", "pipe", "empty file", "bad rows"],
)
def test_a_spoilt_folder_is_refused(
    source: Path, cache: Path, spoil: Callable[[Path], object], message: str, hint: str
) -> None:
    spoil(source)
    error = refused(source, cache)
    assert error.message == message.format(source=source)
    assert error.hint == hint.format(source=source)


def test_what_is_not_there_or_no_data_is_refused(cache: Path, tmp_path: Path) -> None:
    hint = "Run: make local MOVIELENS=<folder or zip>, or leave MOVIELENS out."
    missing, text = tmp_path / "missing", tmp_path / "ratings.txt"
    text.write_text("no zip")
    for path, message in (
        (missing, f"The data {missing} does not exist."),
        (text, f"The data {text} is neither a folder nor a zip file."),
        (Path("~nobody-here/ml"), "The data ~nobody-here/ml does not exist."),
    ):
        error = refused(path, cache)
        assert (error.message, error.hint) == (message, hint)


@pytest.mark.parametrize(
    ("number", "message", "hint"),
    [
        (
            errno.ENOSPC,
            "The disk is full: the data could not be written below {cache}.",
            "Free some space (df -h {cache}) and run the command again.",
        ),
        (
            errno.EACCES,
            "{cache}/x may not be read or written.",
            "Correct its permissions: ls -ld {cache}/x",
        ),
        (errno.EIO, "{cache}/x: Input/output error.", "Correct that and run again."),
    ],
)
def test_trouble_with_the_disk_is_said_in_a_sentence(
    source: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    message: str,
    hint: str,
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number), str(cache / "x"))

    monkeypatch.setattr("pipeline.data.cleaning.clean", full)
    error = refused(source, cache)
    assert error.message == message.format(cache=cache)
    assert error.hint == hint.format(cache=cache)


def test_what_a_killed_run_left_is_swept(source: Path, cache: Path) -> None:
    old, young = cache / "work" / "old", cache / "work" / "young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    load(source, cache)
    assert not old.exists()
    assert young.exists()


@pytest.mark.movielens
def test_the_real_files_have_the_workshops_counts(cache: Path) -> None:
    folder = movielens_folder()
    if folder is None:
        pytest.skip("MOVIELENS names no folder with the workshop's files")
    dataset, _ = load(folder, cache)
    assert dataset.rejected == []
    assert all(file.duplicates == 0 for file in dataset.files.values())
    assert dataset.counts == {
        "movies": 9_125,
        "links": 9_125,
        "ratings": 80_004,
        "ratings-partial-load": 20_000,
        "tags": 1_296,
    }
    assert dataset.rating_pairs == 100_004


def test_the_manifest_keeps_every_rejected_row(source: Path, cache: Path) -> None:
    tags = source / "movies.csv"
    tags.write_bytes(tags.read_bytes() + b'9999999,"Broken (1999),Drama\n')
    dataset, _ = load(source, cache)
    manifest = json.loads((dataset.files["movies"].path.parent / "manifest.json").read_text())
    assert manifest["files"]["movies"]["rejected"] == [
        {
            "file": "movies.csv",
            "line": 302,
            "reason": "unbalanced quote",
            "text": '9999999,"Broken (1999),Drama',
        }
    ]


def test_a_file_larger_than_the_room_is_refused_before_any_work(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(1 << 40, 0, 300_000_000))
    with (source / "ratings.csv").open("r+b") as file:
        file.truncate(1 << 30)
    error = refused(source, cache)
    assert error.message == (
        f"The 1.1 GB of folder {source} need 3.3 GB of space below {cache}, and 300.0 MB are free."
    )
    assert "LAKE_CACHE" in error.hint


def test_a_file_without_a_last_line_end_is_pointed_out(source: Path, cache: Path) -> None:
    """A download that broke off within a row: what is whole is taken, and the user is told."""
    whole = (source / "ratings.csv").read_bytes()
    (source / "ratings.csv").write_bytes(whole[:-9])
    for _ in range(2):  # also when it comes from the cache
        dataset, notices = load(source, cache)
        assert any(
            text.startswith("ratings.csv: the last line has no line end") for text in notices
        )
    assert dataset.counts["ratings"] + len(dataset.files["ratings"].rejected) == 800
    (source / "ratings.csv").write_bytes(whole)
    assert not any("no line end" in text for text in load(source, cache)[1])


def test_a_disk_that_fills_up_while_rows_are_counted_loses_nothing(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: RowLog) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(row_log, "IN_MEMORY", 10)
        patch.setattr(RowLog, "spill", full)
        assert refused(source, cache).message.startswith("The disk is full")
    assert load(source, cache)[0].counts["ratings"] == 800


def test_progress_is_told_in_bytes(source: Path, cache: Path) -> None:
    told: list[tuple[float, float]] = []
    load(source, cache, progress=lambda _, done, total: told.append((done, total)))
    total = sum(path.stat().st_size for path in source.iterdir())
    assert told[-1] == (total, total)
    assert [done for done, all_ in told if all_] == sorted(done for done, all_ in told if all_)


def test_runs_at_once_agree(source: Path, cache: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: load(source, cache)[0], range(6)))
    assert all(dataset == found[0] for dataset in found)
    assert found[0].files["tags"].path.read_bytes() == (source / "tags.csv").read_bytes()
    assert not list((cache / "work").iterdir())


def test_what_a_lake_was_filled_with_is_taken_when_nothing_is_given(
    source: Path, cache: Path
) -> None:
    first, _ = load(source, cache)
    shutil.rmtree(source)
    again = Source(None, cache)

    again.go_on(first.fingerprint, first.origin, first.kind)

    assert again.load(pytest.fail) == first


@pytest.mark.parametrize("change", ["gone", "changed", "given"])
def test_what_the_cache_does_not_have_is_looked_for_as_before(
    source: Path, cache: Path, change: str
) -> None:
    first, _ = load(source, cache)
    file = first.files["links"].path
    if change == "gone":
        shutil.rmtree(cache / "clean")
    elif change == "changed":
        file.write_bytes(file.read_bytes() + b"1,2,3\n")
    other = Source(str(source) if change == "given" else None, cache)

    other.go_on(first.fingerprint, first.origin, "zip")

    found = other.load(lambda _: None)
    assert found.kind == ("folder" if change == "given" else "synthetic")

"""A zip archive as source; archives with tricks are refused."""

from __future__ import annotations

import stat
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from tests.unit.pipeline.data_sources import COUNTS, load, refused, zipped

GIVE = "Give the folder or zip that GroupLens distributes."


@pytest.mark.parametrize("prefix", ["", "ml-latest-small/", "a/b/"])
def test_a_zip_is_read_wherever_its_folder_is(
    source: Path, cache: Path, tmp_path: Path, prefix: str
) -> None:
    archive = zipped(source, tmp_path / "ml.zip", prefix)
    dataset, _ = load(archive, cache)
    assert dataset.counts == COUNTS
    assert (dataset.kind, dataset.origin) == ("zip", f"zip {archive}")


def test_a_zip_is_not_unpacked_twice(
    source: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(source, tmp_path / "ml.zip")
    first, _ = load(archive, cache)
    monkeypatch.setattr("pipeline.data.loading.extract", None)
    assert load(archive, cache)[0] == first


def entry(name: str, mode: int = 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("placeholder")
    info.filename = info.orig_filename = name
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("name", "mode", "problem"),
    [
        ("/etc/ratings.csv", 0o644, "an absolute or foreign path"),
        ("C:/ratings.csv", 0o644, "an absolute or foreign path"),
        ("ml\\ratings.csv", 0o644, "an absolute or foreign path"),
        ("../ratings.csv", 0o644, "a path that leaves the archive"),
        ("ml/../../x.csv", 0o644, "a path that leaves the archive"),
        ("ml/movies.lnk", stat.S_IFLNK | 0o777, "a symbolic link"),
        ("ml/device.csv", stat.S_IFCHR | 0o666, "a device, pipe or socket"),
        ("ml/pipe.csv", stat.S_IFIFO | 0o666, "a device, pipe or socket"),
    ],
)
def test_path_tricks_are_refused(
    source: Path, cache: Path, tmp_path: Path, name: str, mode: int, problem: str
) -> None:
    archive = zipped(source, tmp_path / "ml.zip")
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr(entry(name, mode), "x")
    error = refused(archive, cache)
    assert error.message == f"ml.zip is refused: it holds {problem}: {name!r}."
    assert error.hint == GIVE


def test_a_zip_bomb_is_refused(source: Path, cache: Path, tmp_path: Path) -> None:
    (source / "tags.csv").write_bytes(b"0" * (4 << 20))
    error = refused(zipped(source, tmp_path / "ml.zip"), cache)
    assert error.message == (
        "ml.zip is refused: it holds an entry packed more than 200 times (a zip bomb): "
        "'ml-latest-small/tags.csv'."
    )


def test_a_zip_that_lies_about_sizes_is_refused(source: Path, cache: Path, tmp_path: Path) -> None:
    archive = zipped(source, tmp_path / "ml.zip")
    size = (source / "movies.csv").stat().st_size
    content = archive.read_bytes()
    real, said = size.to_bytes(4, "little"), (size - 1).to_bytes(4, "little")
    assert real in content
    archive.write_bytes(content.replace(real, said))
    assert "movies.csv" in refused(archive, cache).message


def test_entries_that_overlap_are_refused(source: Path, cache: Path, tmp_path: Path) -> None:
    """David Fifield, "A better zip bomb": many entries of the directory share one packed stream."""
    for path in source.iterdir():
        path.write_bytes((source / "ratings.csv").read_bytes())
    archive = zipped(source, tmp_path / "ml.zip")
    with zipfile.ZipFile(archive) as opened:
        _, *others = sorted(opened.infolist(), key=lambda entry: entry.header_offset)
        begin = opened.start_dir
        directory = archive.read_bytes()[begin:]
        packed = others[0].header_offset
    # Only the first stream stays, and all entries of the directory point at it.
    for entry in others:
        directory = directory.replace(entry.header_offset.to_bytes(4, "little"), bytes(4), 1)
    directory = directory.replace(begin.to_bytes(4, "little"), packed.to_bytes(4, "little"))
    archive.write_bytes(archive.read_bytes()[:packed] + directory)
    assert refused(archive, cache).message == (
        "ml.zip is refused: its entries overlap, as those of a zip bomb do."
    )


def test_the_room_for_a_zip_is_looked_at_before_it_is_unpacked(
    source: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 0, 64 << 20))
    error = refused(zipped(source, tmp_path / "ml.zip"), cache)
    assert "ml.zip need 67." in error.message
    assert error.message.endswith("and 67.1 MB are free.")
    assert "LAKE_CACHE" in error.hint


def test_a_zip_with_too_many_entries_is_refused(cache: Path, tmp_path: Path) -> None:
    archive = tmp_path / "ml.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for number in range(1_001):
            out.writestr(str(number), b"")
    assert refused(archive, cache).message == "ml.zip has 1,001 entries, more than 1,000."


def test_incomplete_double_and_damaged_zips_are_refused(
    source: Path, cache: Path, tmp_path: Path
) -> None:
    twice = zipped(source, tmp_path / "twice.zip")
    with zipfile.ZipFile(twice, "a") as out:
        for path in source.iterdir():
            out.write(path, f"other/{path.name}")
    assert refused(twice, cache).message == "twice.zip holds more than one MovieLens folder."

    same = zipped(source, tmp_path / "same.zip")
    with zipfile.ZipFile(same, "a") as out, pytest.warns(UserWarning, match="Duplicate name"):
        out.write(source / "tags.csv", "ml-latest-small/tags.csv")
    assert refused(same, cache).message == "same.zip holds ml-latest-small/tags.csv twice."

    damaged = zipped(source, tmp_path / "damaged.zip")
    content = bytearray(damaged.read_bytes())
    content[200:260] = bytes(60)
    damaged.write_bytes(content)
    assert refused(damaged, cache).message.startswith("damaged.zip is damaged or no zip file: ")

    (source / "links.csv").unlink()
    (source / "tags.csv").unlink()
    part = zipped(source, tmp_path / "part.zip")
    assert refused(part, cache).message == "part.zip is incomplete: links.csv, tags.csv missing."


def test_a_zip_that_was_cut_off_is_called_so(source: Path, cache: Path, tmp_path: Path) -> None:
    archive = zipped(source, tmp_path / "ml.zip")
    archive.write_bytes(archive.read_bytes()[:-2_000])
    error = refused(archive, cache)
    assert error.message == (
        f"The zip {archive} is damaged or was cut off: its directory, at the end, is missing."
    )
    assert error.hint.startswith("Get it again")

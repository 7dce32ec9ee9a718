"""The emulator's unpacker: nothing outside the folder, no more bytes than allowed."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakestack.archives import ArchiveError, TooLargeError, check_zip, plan, untar, unzip

from .hostile_archives import Member, link, write_tar, write_zip

LIMIT = 1 << 20
Unpack = Callable[[Path, Sequence[Member], Path], None]


def zipped(path: Path, members: Sequence[Member], folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of duplicate names, which are meant
        write_zip(path, members)
    unzip(path, folder, LIMIT)


def tarred(path: Path, members: Sequence[Member], folder: Path) -> None:
    untar(write_tar(path, members), folder, LIMIT)


both = pytest.mark.parametrize("unpack", [zipped, tarred])

REFUSED: list[list[Member]] = [
    [Member("../evil", "x")],
    [Member("a/../../evil", "x")],
    [Member("/evil", "x")],
    [Member("C:\\evil", "x")],
    [Member("c:evil", "x")],
    [Member("a\\..\\..\\evil", "x")],
    [Member("n" * 300, "x")],
    [Member("/".join(["d" * 200] * 6), "x")],
    [link("ln", "/etc")],
    [link("ln", "..")],
    [link("ln", "sub/../../x")],
    [link("ln", "C:\\Windows")],
    [link("ln", "")],
    [link("ln", "."), Member("ln/planted", "x")],
    [Member("ln/planted", "x"), link("ln", ".")],
    [link("ln", "other"), Member("LN/planted", "x")],
    [link("a/b", "."), link("out", "a/b/../../..")],
    [link("d", "x/y"), link("out", "d/../../../evil")],
    [link("one", "two"), link("two", "../evil")],
    [link("circle", "circle")],
    [link("one", "two"), link("two", "one")],
    [link("f", "target"), Member("f", "written through")],
    [Member("f", "x"), link("f", "target")],
    [link("f", "target"), Member("F", "written through")],
    [link("caf\u00e9", "target"), Member("cafe\u0301", "x")],
    [Member("f", "x"), Member("f/g", "x")],
    [Member("device", kind=stat.S_IFCHR)],
    [Member("pipe", kind=stat.S_IFIFO)],
]


@both
@pytest.mark.parametrize("members", REFUSED, ids=lambda m: repr([e.name[:20] for e in m]))
def test_entries_that_lead_outside_are_refused(
    tmp_path: Path, unpack: Unpack, members: list[Member]
) -> None:
    with pytest.raises(ArchiveError) as caught:
        unpack(tmp_path / "archive", [Member("good", "x"), *members], tmp_path / "a" / "b" / "in")
    assert "entry" in caught.value.message
    assert {p.name for p in tmp_path.rglob("*")} == {"archive", "a", "b"}


@both
def test_links_inside_stay(tmp_path: Path, unpack: Unpack) -> None:
    members = [
        Member("node_modules/tool/cli.js", "run", mode=0o755),
        link("node_modules/.bin/tool", "../tool/cli.js"),
        Member("lib", kind=stat.S_IFDIR, mode=0o755),
        link("lib64", "lib"),
        link("dangling", "lib/absent"),
    ]
    unpack(tmp_path / "archive", members, tmp_path / "out")
    out = tmp_path / "out"
    assert (out / "node_modules/.bin/tool").read_text() == "run"
    assert (out / "lib64").readlink() == Path("lib")
    assert os.access(out / "node_modules/tool/cli.js", os.X_OK)


@both
def test_special_bits_are_left_out(tmp_path: Path, unpack: Unpack) -> None:
    unpack(tmp_path / "archive", [Member("f", "x", mode=0o6755)], tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out" / "f").stat().st_mode) == 0o755


@both
def test_too_many_bytes_are_refused(tmp_path: Path, unpack: Unpack) -> None:
    members = [Member(f"zeros{i}", "\0" * (LIMIT // 3)) for i in range(4)]
    with pytest.raises(TooLargeError, match="1048576 bytes"):
        unpack(tmp_path / "archive", members, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@both
def test_too_many_entries_are_refused(
    tmp_path: Path, unpack: Unpack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_ENTRIES", 10)
    members = [Member(f"f{i}") for i in range(11)]
    with pytest.raises(TooLargeError, match="more than 10 entries"):
        unpack(tmp_path / "archive", members, tmp_path / "out")


def test_a_zip_that_states_too_little_is_cut_off(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [Member("zeros", "\0" * 500_000)])
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="entry 'zeros' is damaged"):
        unzip(path, tmp_path / "out", LIMIT)
    assert not (tmp_path / "out").exists()


def test_a_zip_with_overlapping_entries_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [Member("a", "\0" * 9000), Member("b", "\0" * 9000)])
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)  # both begin where the first does
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="lies over another"):
        check_zip(path, LIMIT)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_packing_are_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("zeros", b"\0" * 9000)
    with pytest.raises(ArchiveError, match="another method"):
        check_zip(path, LIMIT)


def test_a_nul_in_a_name_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [Member("safe_evil", "x")])
    path.write_bytes(path.read_bytes().replace(b"safe_evil", b"safe\0evil"))
    with pytest.raises(ArchiveError, match="name"):
        check_zip(path, LIMIT)


def test_hard_links_stay_within_the_archive(tmp_path: Path) -> None:
    def packed(name: str, target: str) -> Path:
        path = tmp_path / name
        with tarfile.open(path, "w:gz") as tar:
            info = tarfile.TarInfo("a")
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
            tar.addfile(_symlink("ln", "a"))
            hard = tarfile.TarInfo("hard")
            hard.type, hard.linkname = tarfile.LNKTYPE, target
            tar.addfile(hard)
        return path

    untar(packed("good.tar.gz", "a"), tmp_path / "out", LIMIT)
    assert (tmp_path / "out" / "hard").read_text() == "x"
    for target in ("../outside", "/etc/passwd", "absent", "ln", "hard"):
        with pytest.raises(ArchiveError, match="hard link"):
            untar(packed("bad.tar.gz", target), tmp_path / "bad", LIMIT)


def test_an_endless_tar_header_is_not_read(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 64 << 20
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb") as out:
        out.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            out.write(bytes(1 << 20))
    with pytest.raises(TooLargeError, match="header"):
        untar(path, tmp_path / "out", LIMIT)


def test_a_tar_bomb_ends_before_it_is_written(tmp_path: Path) -> None:
    info = tarfile.TarInfo("zeros")
    info.size = 8 << 30
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb") as out:
        out.write(info.tobuf())
    with pytest.raises(TooLargeError):
        untar(path, tmp_path / "out", LIMIT)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    for unpack in (unzip, untar):
        with pytest.raises(ArchiveError, match="a is"):
            unpack(path, tmp_path / "out", LIMIT)  # type: ignore[operator]


def _symlink(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


part = st.sampled_from(["a", "b", "A", "..", ".", "", "ln", "caf\u00e9", "/", "C:", "x\\y"])
path_text = st.lists(part, min_size=1, max_size=4).map("/".join)
any_member = st.builds(
    Member,
    name=path_text.filter(bool),
    text=path_text,
    kind=st.sampled_from([stat.S_IFREG, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO]),
    mode=st.integers(0, 0o7777),
)


@pytest.mark.parametrize("unpack", [zipped, tarred])
@settings(max_examples=150)
@given(members=st.lists(any_member, max_size=6))
def test_nothing_outside_is_ever_touched(unpack: Unpack, members: list[Member]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "secret").write_text("mine")
        folder = root / "deep" / "in"
        try:
            unpack(root / "archive", members, folder)
        except ArchiveError:
            assert not folder.exists()
        assert {p.name for p in root.iterdir()} <= {"archive", "secret", "deep"}
        assert (root / "secret").read_text() == "mine"
        assert {p.name for p in (root / "deep").iterdir()} <= {"in"}
        for path in folder.rglob("*"):
            if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
                pytest.fail(f"{path} leads to {path.resolve()}")
            assert path.is_symlink() or path.is_file() or path.is_dir()

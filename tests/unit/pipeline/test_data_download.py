"""No data given: GroupLens (a stand-in on loopback), its cache, or synthetic data."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.data import Dataset
from tests.unit.pipeline.data_sources import load, zipped

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The download is tried, at loopback addresses only."""
    monkeypatch.delenv("LAKE_OFFLINE", raising=False)


class GroupLens:
    """A stand-in for GroupLens on loopback. ``files`` are what it serves; ``asked`` what for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []
        self.let_go = threading.Event()
        self.base = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.rsplit("/", 1)[-1]
        self.asked.append(name)
        content = self.files.get(name)
        if content == b"HANG":
            self.let_go.wait(30)
            return
        handler.send_response(200 if content is not None else 404)
        if content == b"CUT":
            handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(content or b"")


@contextmanager
def serve(grouplens: GroupLens) -> Iterator[GroupLens]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            grouplens.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    grouplens.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield grouplens
    finally:
        grouplens.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def grouplens(source: Path, tmp_path: Path) -> Iterator[GroupLens]:
    (source / "ratings-partial-load.csv").unlink()
    content = zipped(source, tmp_path / "ml-latest-small.zip").read_bytes()
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    files = {
        "ml-latest-small.zip": content,
        "ml-latest-small.zip.md5": f"MD5 (ml-latest-small.zip) = {digest}\n".encode(),
    }
    with serve(GroupLens(files)) as server:
        yield server


def is_synthetic(dataset: Dataset, notices: list[str]) -> bool:
    return (
        dataset.kind == "synthetic"
        and dataset.origin == "synthetic data"
        and dataset.rating_pairs == 100_004
        and notices[-1].startswith("NOTE: these are SYNTHETIC ratings, generated here and shaped")
    )


def test_without_data_grouplens_is_asked_once(grouplens: GroupLens, cache: Path) -> None:
    dataset, notices = load(None, cache, base=grouplens.base)
    assert (dataset.kind, dataset.origin) == ("download", "GroupLens ml-latest-small.zip")
    assert dataset.rating_pairs == 800
    assert notices[0] == (
        "Downloading ml-latest-small.zip from GroupLens (not for commercial use)."
    )

    again, notices = load(None, cache, base=grouplens.base)
    assert again == dataset
    assert len(notices) == 1  # the split
    assert grouplens.asked == ["ml-latest-small.zip.md5", "ml-latest-small.zip"]


def test_a_spoilt_download_is_fetched_again(grouplens: GroupLens, cache: Path) -> None:
    dataset, _ = load(None, cache, base=grouplens.base)
    (cache / "downloads" / "ml-latest-small.zip").write_bytes(b"spoilt")
    assert load(None, cache, base=grouplens.base)[0] == dataset
    assert len(grouplens.asked) == 4


def test_offline_nothing_is_asked_but_the_cache_is_used(
    grouplens: GroupLens, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_OFFLINE", "1")
    dataset, notices = load(None, cache, base=grouplens.base)
    assert is_synthetic(dataset, notices)
    assert notices[0] == "LAKE_OFFLINE is set: nothing is downloaded from GroupLens."
    assert grouplens.asked == []

    monkeypatch.delenv("LAKE_OFFLINE")
    downloaded, _ = load(None, cache, base=grouplens.base)
    monkeypatch.setenv("LAKE_OFFLINE", "1")
    assert load(None, cache, base=grouplens.base)[0] == downloaded


def small_zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("served", "notice"),
    [
        (
            {"ml-latest-small.zip": b"altered"},
            "MovieLens could not be downloaded: ml-latest-small.zip does not match the MD5 sum "
            "that GroupLens publishes.",
        ),
        (
            {"ml-latest-small.zip.md5": b"<html>Please log in to this network</html>"},
            "MovieLens could not be downloaded: {base}/ml-latest-small.zip.md5 holds no MD5 sum.",
        ),
        (
            {"ml-latest-small.zip.md5": None},
            "MovieLens could not be downloaded: {base}/ml-latest-small.zip.md5: Not Found.",
        ),
        (
            {"ml-latest-small.zip": b"CUT"},
            "MovieLens could not be downloaded: {base}/ml-latest-small.zip was cut off after 3 "
            "bytes.",
        ),
    ],
    ids=["checksum", "captive portal", "404", "cut off"],
)
def test_a_bad_download_leads_to_synthetic_data_and_is_told(
    grouplens: GroupLens, cache: Path, served: dict[str, bytes | None], notice: str
) -> None:
    for name, content in served.items():
        if content is None:
            del grouplens.files[name]
        else:
            grouplens.files[name] = content
    dataset, notices = load(None, cache, base=grouplens.base)
    assert is_synthetic(dataset, notices)
    assert notices[1] == notice.format(base=grouplens.base)
    assert not (cache / "downloads" / "ml-latest-small.zip").exists()


def test_a_download_without_the_data_is_thrown_away(grouplens: GroupLens, cache: Path) -> None:
    content = small_zip({"README.txt": b"moved"})
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    grouplens.files = {
        "ml-latest-small.zip": content,
        "ml-latest-small.zip.md5": f"{digest}  ml-latest-small.zip\n".encode(),
    }
    dataset, notices = load(None, cache, base=grouplens.base)
    assert is_synthetic(dataset, notices)
    assert notices[1] == (
        "The downloaded ml-latest-small.zip cannot be used: ml-latest-small.zip is incomplete: "
        "movies.csv, links.csv, ratings.csv, tags.csv missing."
    )
    assert not (cache / "downloads" / "ml-latest-small.zip").exists()


def test_a_server_that_hangs_costs_seconds(grouplens: GroupLens, cache: Path) -> None:
    grouplens.files["ml-latest-small.zip.md5"] = b"HANG"
    started = time.monotonic()
    dataset, notices = load(None, cache, base=grouplens.base)
    assert time.monotonic() - started < 60
    assert is_synthetic(dataset, notices)
    assert notices[1].startswith(
        f"MovieLens could not be downloaded: {grouplens.base}/ml-latest-small.zip.md5: "
    )


def test_no_network_at_all(cache: Path) -> None:
    dataset, notices = load(None, cache, base=NOWHERE)
    assert is_synthetic(dataset, notices)
    assert "Connection refused" in notices[1]
    again, _ = load(None, cache, base=NOWHERE)
    assert again == dataset

"""A body that breaks off leaves the object, the part and the store as they were."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from localstack.services.s3.storage import ephemeral

from lakestack.services.s3 import replacement
from tests.support import files_of_at_most

LARGE = b"x" * (ephemeral.S3_MAX_FILE_SIZE_BYTES + 1)


class BrokenBody(io.RawIOBase):
    """Gives some bytes, and then its connection is gone."""

    def __init__(self, first: bytes) -> None:
        super().__init__()
        self._first = first

    def read(self, _size: int = -1) -> bytes:
        first, self._first = self._first, b""
        if not first:
            raise ValueError("I/O operation on closed file.")
        return first


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setattr(ephemeral, "EphemeralS3StoredObject", replacement.ReplacingStoredObject)
    monkeypatch.setattr(ephemeral, "EphemeralS3StoredMultipart", replacement.ReplacingMultipart)
    monkeypatch.setattr(ephemeral, "LockedSpooledTemporaryFile", replacement.ReplaceableFile)
    made = replacement.ReplacingStore(str(tmp_path))
    made.create_bucket("bucket")
    yield made
    made.close()


def described(key: str = "key", **more: Any) -> Any:
    return SimpleNamespace(
        **{"key": key, "version_id": None, "checksum_algorithm": None, "size": 0, **more}
    )


def put(store: Any, body: bytes) -> None:
    with store.open("bucket", described(), mode="w") as opened:
        opened.write(io.BytesIO(body))


def content(store: Any) -> bytes:
    with store.open("bucket", described()) as opened:
        return bytes(opened.read())


@pytest.mark.parametrize("old", [b"old", LARGE], ids=["in memory", "on disk"])
@pytest.mark.parametrize("new", [b"ne", LARGE], ids=["in memory", "on disk"])
def test_a_body_that_breaks_off_leaves_the_object(store: Any, old: bytes, new: bytes) -> None:
    put(store, old)
    with (
        pytest.raises(ValueError, match="closed file"),
        store.open("bucket", described(), mode="w") as opened,
    ):
        opened.write(BrokenBody(new))
    assert content(store) == old
    put(store, new)
    assert content(store) == new


def test_what_a_writer_removes_on_its_way_out_is_back(store: Any) -> None:
    put(store, b"old")
    with (
        pytest.raises(LookupError),
        store.open("bucket", described(), mode="w") as opened,
    ):
        opened.write(io.BytesIO(b"new"))
        store.remove("bucket", described())
        raise LookupError
    assert content(store) == b"old"


def test_a_first_body_that_breaks_off_leaves_nothing(store: Any) -> None:
    with (
        pytest.raises(ValueError, match="closed file"),
        store.open("bucket", described(), mode="w") as opened,
    ):
        opened.write(BrokenBody(b"new"))
    assert not store._filesystem["bucket"]["keys"]


def test_a_part_that_breaks_off_and_an_upload_that_fails(store: Any) -> None:
    put(store, b"old")
    multipart = store.get_multipart("bucket", SimpleNamespace(id="upload", object=described()))
    part = described(part_number=1)
    with multipart.open(part, mode="w") as opened:
        opened.write(io.BytesIO(b"part"))
    with (
        pytest.raises(ValueError, match="closed file"),
        multipart.open(part, mode="w") as opened,
    ):
        opened.write(BrokenBody(b"pa"))

    class Gone:
        part_number = property(lambda _self: dict[str, int]()["gone"])

    with pytest.raises(KeyError):
        multipart.complete_multipart([part, Gone()])
    assert content(store) == b"old"
    multipart.complete_multipart([part])
    assert content(store) == b"part"


@pytest.mark.parametrize("old", [b"old", LARGE], ids=["in memory", "on disk"])
def test_a_disk_that_fills_up_leaves_the_object(store: Any, old: bytes) -> None:
    put(store, old)
    larger = 4 * LARGE
    with files_of_at_most(2 * len(LARGE)), pytest.raises(OSError, match="File too large"):
        put(store, larger)

    assert content(store) == old
    put(store, larger)
    assert content(store) == larger


def test_a_buffer_that_cannot_be_written_is_given_up(store: Any) -> None:
    """What is short of the buffer is written when the file is closed."""
    put(store, LARGE)
    with files_of_at_most(len(LARGE) + 10), pytest.raises(OSError, match="File too large"):
        put(store, LARGE + b"y" * 1000)

    assert content(store) == LARGE

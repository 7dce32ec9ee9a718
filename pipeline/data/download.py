"""Fetches the MovieLens archive from GroupLens, when no data was given.

This is the only place of the project that may reach beyond the target. GroupLens publishes an
MD5 sum beside each archive; the archive must match it (against damage on the way: whoever can
alter one file can alter both, which is why the rows are validated like any other source's).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["ARCHIVE", "GROUPLENS", "DownloadError", "cached_archive", "fetch", "offline"]

GROUPLENS = "https://files.grouplens.org/datasets/movielens"
ARCHIVE = "ml-latest-small.zip"
MAX_BYTES = 64 << 20
_MD5 = re.compile(rb"(?<![0-9a-fA-F])[0-9a-fA-F]{32}(?![0-9a-fA-F])")


class DownloadError(Exception):
    """The archive could not be fetched; the text says why. Never fatal: other data is used."""


def offline() -> bool:
    """True when LAKE_OFFLINE forbids the download."""
    return os.environ.get("LAKE_OFFLINE", "").strip().lower() in {"1", "true", "yes", "on"}


def cached_archive(folder: Path) -> Path | None:
    """The archive fetched by an earlier run, if it still matches its MD5 sum."""
    archive, digest = folder / ARCHIVE, folder / f"{ARCHIVE}.md5"
    try:
        known = _MD5.search(digest.read_bytes())
        found = _md5(archive.read_bytes())
    except OSError:
        return None
    return archive if known and known[0].decode().lower() == found else None


def fetch(
    folder: Path, *, base: str = GROUPLENS, connect_seconds: float = 3.0, total_seconds: float = 60
) -> Path:
    """Download the archive and its MD5 sum into ``folder``; the path of the archive.

    The first answer must come within ``connect_seconds`` (name resolution included), everything
    within ``total_seconds``. Raises DownloadError; OSError when the disk does not take it.
    """
    digest = _within(connect_seconds, f"{base}/{ARCHIVE}.md5", 4096, connect_seconds)
    known = _MD5.search(digest)
    if known is None:
        raise DownloadError(f"{base}/{ARCHIVE}.md5 holds no MD5 sum")
    body = _within(total_seconds, f"{base}/{ARCHIVE}", MAX_BYTES, 10.0)
    if _md5(body) != known[0].decode().lower():
        raise DownloadError(f"{ARCHIVE} does not match the MD5 sum that GroupLens publishes")
    folder.mkdir(parents=True, exist_ok=True)
    # The sum is written last: an archive without one is not taken from the cache.
    for name, content in ((ARCHIVE, body), (f"{ARCHIVE}.md5", digest)):
        partial = folder / f".{name}.{os.getpid()}"
        partial.write_bytes(content)
        partial.replace(folder / name)
    return folder / ARCHIVE


def _within(seconds: float, url: str, limit: int, timeout: float) -> bytes:
    """The body of ``url``.

    A socket's time-out bounds neither name resolution nor a server that drips, so the work runs in
    a thread that is given up after ``seconds``.
    """
    answer: list[bytes] = []
    failure: list[Exception] = []
    deadline = time.monotonic() + seconds

    def work() -> None:
        try:
            answer.append(_read(url, limit, timeout, deadline))
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=work, name="grouplens-download", daemon=True)
    thread.start()
    thread.join(seconds)
    if answer:
        return answer[0]
    if failure and isinstance(failure[0], DownloadError):
        raise failure[0]
    cause = failure[0] if failure else TimeoutError(f"no answer within {seconds:g} s")
    reason = getattr(cause, "reason", None) or cause
    raise DownloadError(f"{url}: {reason}") from cause


def _read(url: str, limit: int, timeout: float, deadline: float) -> bytes:
    with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310 - see below
        # A redirect must not lead from https to something an onlooker can alter.
        if urlsplit(response.url).scheme != urlsplit(url).scheme:
            raise DownloadError(f"{url} leads to {response.url}")
        body = bytearray()
        while chunk := response.read1(1 << 16):
            body += chunk
            if len(body) > limit:
                raise DownloadError(f"{url} is larger than {limit:,} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError("the answer takes too long")
        expected = response.headers.get("Content-Length")
        if expected is not None and int(expected) != len(body):
            raise DownloadError(f"{url} was cut off after {len(body):,} bytes")
        return bytes(body)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()

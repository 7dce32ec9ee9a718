"""Source and model tarballs: extracted safely, packed to the same bytes every time."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

MODEL_ARCHIVE = "model.tar.gz"
OUTPUT_ARCHIVE = "output.tar.gz"


class ArchiveError(Exception):
    """A tarball cannot be read, or wants to write outside its folder."""


def extract(archive: Path, folder: Path) -> None:
    """Extract a tar file (gzip or plain) below `folder`.

    Members that are absolute, climb out with ``..``, link outside or are devices are refused
    (Python's "data" extraction filter, PEP 706); nothing outside `folder` is ever written.

    :raises ArchiveError: not a tar file, damaged, or a refused member (named)
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except tarfile.FilterError as e:
        raise ArchiveError(f"{archive.name} is refused: {e}") from e
    except (tarfile.TarError, OSError, EOFError, ValueError) as e:
        raise ArchiveError(f"{archive.name} is not a readable tar.gz file: {e}") from e


def pack(folder: Path, archive: Path) -> None:
    """Pack the contents of `folder` as tar.gz, the same bytes for the same files.

    Names are sorted; times, owners and the gzip header are fixed. Symbolic links are followed,
    as SageMaker stores what they point at.
    """
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT, dereference=True) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if not (member.isfile() or member.isdir()):
        return None  # sockets and the like hold no data
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member

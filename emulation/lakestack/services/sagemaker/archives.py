"""Source and model tarballs: extracted safely, packed to the same bytes every time."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

from lakestack.archives import TooLargeError, untar
from lakestack.services.sagemaker.volume import Volume

MODEL_ARCHIVE = "model.tar.gz"
OUTPUT_ARCHIVE = "output.tar.gz"


def extract(archive: Path, folder: Path, volume: Volume) -> None:
    """Extract a tar file (gzip or plain) below `folder`, on a volume that it may fill.

    Raises:
        ArchiveError: not a tar file, damaged, or with an entry that is refused (named)
        VolumeFullError: the volume is too small
    """
    try:
        volume.take(untar(archive, folder, volume.left), archive.name)
    except TooLargeError as e:
        raise volume.full(f"{archive.name} ({e})") from e


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

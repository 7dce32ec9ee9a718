"""Zip and tar files that nobody should unpack blindly."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TAR_TYPES = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
}


@dataclass(frozen=True)
class Member:
    """An entry of either kind of archive; of a link, `text` is where it leads."""

    name: str
    text: str = ""
    kind: int = stat.S_IFREG
    mode: int = 0o644


def link(name: str, target: str) -> Member:
    return Member(name, target, stat.S_IFLNK, 0o777)


def write_zip(path: Path, members: Sequence[Member]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            name = member.name + ("/" if member.kind == stat.S_IFDIR else "")
            info = zipfile.ZipInfo(name)
            info.external_attr = (member.kind | member.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.text)
    return path


def write_tar(path: Path, members: Sequence[Member]) -> Path:
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.type, info.mode = TAR_TYPES[member.kind], member.mode
            if member.kind == stat.S_IFLNK:
                info.linkname = member.text
            body = member.text.encode() if member.kind == stat.S_IFREG else b""
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path

"""Run a command to which a private folder is /opt/ml, as in a container. Standard library only.

Usage: ``python opt_ml.py ROOT PROGRAM [ARGUMENT ...]``. The folder is mounted in a mount namespace
of the command's own (Linux, mount_namespaces(7)), where the system lets this user have one; nobody
else sees it. Where it does not, `available` is false.
"""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["available", "inside"]

PLACE: Final = Path("/opt/ml")
NEW_NAMESPACE, NEW_USER = 0x00020000, 0x10000000
"""CLONE_NEWNS and CLONE_NEWUSER of clone(2)."""
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000
"""MS_BIND, MS_REC and MS_PRIVATE of mount(2)."""
PROBE_SECONDS: Final = 30


def inside(root: Path, command: Sequence[str]) -> list[str]:
    """The command with `root` as its /opt/ml; as it is where that cannot be had."""
    if not available():
        return list(command)
    return [sys.executable, "-I", "-S", __file__, str(root), *command]


@functools.cache
def available() -> bool:
    """Whether a command can have an /opt/ml of its own on this machine; tried once."""
    if not sys.platform.startswith("linux"):
        return False
    with tempfile.TemporaryDirectory(prefix="opt-ml-") as folder:
        (Path(folder) / "probe").touch()
        command = [sys.executable, "-I", "-S", __file__, folder, "test", "-f", str(PLACE / "probe")]
        try:
            done = subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def _enter(libc: ctypes.CDLL) -> None:
    """Enter a mount namespace of one's own, as the same user."""
    user, group = os.getuid(), os.getgid()
    if user == 0 and libc.unshare(NEW_NAMESPACE) == 0:  # all rights stay as they are
        return
    _checked(libc.unshare(NEW_USER | NEW_NAMESPACE))
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{user} {user} 1")
    (own / "gid_map").write_text(f"{group} {group} 1")


def _mount(libc: ctypes.CDLL, source: Path | None, target: Path, kind: str, flags: int) -> None:
    name = os.fsencode(source) if source else b"none"
    _checked(libc.mount(name, os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), None))


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _make_place(libc: ctypes.CDLL) -> None:
    """Let /opt have an empty folder ml beside what it has."""
    parent = PLACE.parent
    entries = list(os.scandir(parent))
    handle = os.open(parent, os.O_PATH | os.O_DIRECTORY)  # the former folder, once it is covered
    former = Path(f"/proc/self/fd/{handle}")
    _mount(libc, None, parent, "tmpfs", 0)
    for entry in entries:
        target = parent / entry.name
        if entry.is_symlink():
            target.symlink_to((former / entry.name).readlink())
            continue
        if entry.is_dir():
            target.mkdir()
        else:
            target.touch()
        _mount(libc, former / entry.name, target, "", BIND | RECURSIVE)
    PLACE.mkdir()
    os.close(handle)


def main() -> None:
    """Mount, and become the command."""
    root, *command = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    _enter(libc)
    _mount(libc, None, Path("/"), "", RECURSIVE | PRIVATE)
    if not PLACE.is_dir():
        _make_place(libc)
    _mount(libc, Path(root), PLACE, "", BIND)
    os.execvp(command[0], command)  # noqa: S606 - the user's program, no shell


if __name__ == "__main__":
    main()

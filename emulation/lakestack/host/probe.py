"""The container's health check: the emulator answers, and its volume can be written to.

Usage: ``python -I -S probe.py [--volume]``; with ``--volume`` the volume alone is looked at. What
it prints, one line, is what ``docker inspect`` and ``lake doctor`` show. Standard library only,
started without site-packages: it costs some 50 ms every other second.
"""

from __future__ import annotations

import errno
import http.client
import os
import sys

ROOM = 64 * 2**20
"""Bytes below which a volume counts as full: a job's logs and shuffles want as much at once."""
SECONDS = 8.0
PATH = "/_localstack/health"


def volume(folder: str) -> str:
    """What is wrong with the folder of the emulator's state; "" when nothing is."""
    if not os.path.isdir(folder):  # noqa: PTH112 - without pathlib, whose import is half the time
        return f"{folder} is no folder: mount the volume there"
    try:
        room = os.statvfs(folder)
    except OSError as e:
        return f"{folder} cannot be looked at: {os.strerror(e.errno or errno.EIO)}"
    if room.f_flag & os.ST_RDONLY:
        return f"{folder} is read-only: mount the volume without :ro"
    if not os.access(folder, os.W_OK | os.X_OK):
        return (
            f"{folder} cannot be written to by user {os.geteuid()}: give it to that user (chown), "
            "or take a named volume"
        )
    free = room.f_bavail * room.f_frsize
    if free < ROOM:
        return (
            f"{folder} is full: {free // 2**20} MiB free, {ROOM // 2**20} wanted; make room on the "
            "engine's disk (docker system df), or remove the volume"
        )
    return ""


def answer(port: int) -> str:
    """What is wrong with the answer of the emulator at a port; "" when nothing is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", PATH)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as e:
        return f"no answer on port {port}: {e}"
    finally:
        connection.close()
    return "" if status == 200 else f"port {port} answers with {status}"


def main(arguments: list[str]) -> int:
    """Print the first thing that is wrong, or "ok"; returns the exit code."""
    wrong = volume(os.environ.get("LAKE_HOME", "/var/lib/lakestack"))
    if not wrong and "--volume" not in arguments:
        wrong = answer(int(os.environ.get("LAKE_PORT") or 4566))
    print(wrong or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Environments of the peers: one each, of pinned packages, in the user's cache.

Nothing of a peer gets into the project's own environment. ``NAME.lock`` beside this module pins a
peer and all that it needs by hash.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from lakestack import paths
from lakestack.exclusive import alone

LOCKS = Path(__file__).parent
INSTALL_SECONDS = 300


class PeerError(Exception):
    """A peer or engine cannot be had, or does not answer as the benchmark needs; it says why."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, which is made when it is not there.

    Args:
        peer: name of its lock, such as ``moto``

    Raises:
        PeerError: it cannot be installed
    """
    lock = LOCKS / f"{peer}.lock"
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = paths.cache() / "peers" / f"{peer}-{digest}"
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        with alone(folder.with_suffix(".lock"), lambda: None):
            if not ready.exists():
                print(f"making the environment of {peer} in {folder}", flush=True)
                venv.create(folder, clear=True, symlinks=True)
                _install(peer, lock, python)
                ready.touch()
    return python


def _install(peer: str, lock: Path, python: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    try:
        done = subprocess.run(
            [*command, "--require-hashes", "-r", str(lock)],
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        raise PeerError(f"{peer} cannot be installed from {lock.name}: {e}") from e
    if done.returncode:
        raise PeerError(
            f"{peer} cannot be installed from {lock.name}: {done.stderr.strip()[-800:]}"
        )

"""An interpreter of its own, with packages of others and nothing of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_UNREACHABLE = ("error sending request", "connect", "dns", "timed out", "timeout", "unreachable")


def interpreter(folder: Path, *packages: str | Path, timeout: float) -> Path:
    """Make an environment with these packages; the test is skipped where no registry is reached.

    Args:
        folder: of the environment, new
        packages: as ``uv pip install`` takes them
        timeout: seconds for installing them
    """
    uv = Path(sys.executable).with_name("uv")
    made = subprocess.run(
        [uv, "venv", "--quiet", "--python", sys.executable, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    inside = folder / "bin" / "python"
    installed = subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", inside, *packages],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "UV_HTTP_TIMEOUT": "20"},
    )
    said = installed.stderr.lower()
    if installed.returncode and any(word in said for word in _UNREACHABLE):
        pytest.skip(f"the package registry cannot be reached: {installed.stderr.strip()[-300:]}")
    assert installed.returncode == 0, installed.stderr
    return inside

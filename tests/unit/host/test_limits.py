"""Open files, and the log that is emptied while others write to it and read it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from lakestack.errors import StartError
from lakestack.host import limits
from lakestack.services.log_rotation import rotate

INFINITE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "platform", "expected"),
    [
        (256, 4096, "linux", 4096),
        (256, 1 << 20, "linux", limits.ENOUGH),
        (256, INFINITE, "linux", limits.ENOUGH),
        (256, INFINITE, "darwin", limits.MACOS_OPEN_MAX),
        (256, 8000, "darwin", 8000),
        (1 << 20, 1 << 20, "linux", 1 << 20),
        (INFINITE, INFINITE, "darwin", INFINITE),
        (256, 256, "linux", 256),
    ],
)
def test_the_limit_is_raised_as_far_as_the_system_lets_it(
    soft: int, hard: int, platform: str, expected: int
) -> None:
    assert limits.target(soft, hard, platform) == expected


def test_a_hard_limit_that_is_too_small_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 512))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    with pytest.raises(StartError, match="at most 512 files"):
        limits.raise_open_files()


def test_a_process_with_few_files_gets_more() -> None:
    script = (
        "import resource; from lakestack.host.limits import raise_open_files;"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1];"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard));"
        "print(raise_open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    given, now = map(int, out.stdout.split())
    assert given == now >= limits.NEEDED


def test_a_full_log_moves_aside_and_its_writers_go_on(tmp_path: Path) -> None:
    log = tmp_path / "emulator.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a" * 99)
        assert not rotate(log, 100)
        writer.write(b"b")
        assert rotate(log, 100)
        writer.write(b"after")
        assert log.read_bytes() == b"after"
        assert (tmp_path / "emulator.log.1").read_bytes() == b"a" * 99 + b"b"
        writer.write(b"c" * 100)
        assert rotate(log, 100)
    assert (tmp_path / "emulator.log.1").read_bytes() == b"after" + b"c" * 100
    assert sorted(p.name for p in tmp_path.iterdir()) == ["emulator.log", "emulator.log.1"]

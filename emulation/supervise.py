"""Run a command and end it when the process that asked for it is gone.

Usage: ``python -I -S supervise.py COMMAND [ARGUMENT ...]``. Standard library only, started without
site-packages: it costs some 15 ms. The exit code is the command's; a signal is passed on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType

CHECK_SECONDS = 0.5


def main() -> int:
    parent = os.getppid()
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []  # what came while the command was being started

    def forward(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        if child is None:
            early.append(number)
        elif child.poll() is None:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, forward)
    child = subprocess.Popen(sys.argv[1:])
    for number in early:
        child.send_signal(number)
    while True:
        try:
            code = child.wait(CHECK_SECONDS)
            break
        except subprocess.TimeoutExpired:
            if os.getppid() != parent:  # re-parented: nobody waits for us any more
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                if os.getpgid(0) == os.getpid():
                    os.killpg(0, signal.SIGTERM)
                else:
                    child.terminate()
                try:
                    child.wait(2)
                except subprocess.TimeoutExpired:
                    child.kill()
                if os.getpgid(0) == os.getpid():
                    os.killpg(0, signal.SIGKILL)
                return 1
    if code < 0:  # die by the same signal, so that the starter sees it
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main())

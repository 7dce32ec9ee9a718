"""Run a command, and end it with all that it has started.

It ends when the process that asked for it is gone or wants it ended.

Usage: ``python -I -S supervise.py [--control] [--limits JSON] COMMAND [ARGUMENT ...]``. Standard
library only, started without site-packages: it costs some 20 ms. The exit code is the command's; a
signal is passed on to the command's process group. With ``--control`` standard input is a pipe
whose other end the asker holds: when that is closed, everything is killed at once.

On Linux orphans of the command become children of this process (``PR_SET_CHILD_SUBREAPER``), so a
daemon is found whatever session and environment it has given itself, and the command dies with its
supervisor (``PR_SET_PDEATHSIG``). Elsewhere the process group and the marks in the environment
(`lakestack.marks`) are all there is.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

CHECK_SECONDS = 0.5
GRACE_SECONDS = 2.0
END_SECONDS = 30.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
LINUX = sys.platform == "linux"
UMASK = 0o077


def _prctl(option: int, value: int) -> None:
    if LINUX:
        import ctypes  # it costs milliseconds, and only Linux needs it

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Be killed when the parent ends, by whatever."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def apply_limits(limits: Mapping[str, int]) -> None:
    """Limit this process and what it starts.

    Args:
        limits: the name of a limit of `resource` without ``RLIMIT_``, and its value; NPROC is
            counted from the threads that the machine has now, because the kernel counts them per
            user
    """
    os.umask(UMASK)
    for name, wanted in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        others = _threads() if name == "NPROC" else 0
        if number is None or others is None:
            continue
        hard = resource.getrlimit(number)[1]
        own = wanted + others
        value = own if hard == resource.RLIM_INFINITY else min(own, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(number, (value, value))
    with contextlib.suppress(OSError):  # when memory runs out, this goes before the user's programs
        Path("/proc/self/oom_score_adj").write_text("500")


def _threads() -> int | None:
    """How many threads there are on this machine (proc_loadavg(5)); None where nobody says."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return None


def descendants() -> dict[int, int]:
    """Process group by id of every live process below this one."""
    table = _linux_processes() if LINUX else _listed_processes()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    found: dict[int, int] = {}
    waiting = [os.getpid()]
    while waiting:
        for pid in children.get(waiting.pop(), ()):
            if pid not in found:
                found[pid] = table[pid][1]
                waiting.append(pid)
    return found


def _linux_processes() -> dict[int, tuple[int, int]]:
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - a Path for each costs more than the rest
        if name.isdecimal():
            with contextlib.suppress(OSError, ValueError):
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    state, parent, group = file.read().rpartition(b")")[2].split()[:3]
                if state not in b"ZX":
                    found[int(name)] = int(parent), int(group)
    return found


def _listed_processes() -> dict[int, tuple[int, int]]:
    listing = subprocess.Popen(
        ["/bin/ps", "-axo", "pid=,ppid=,pgid=,state="], stdout=subprocess.PIPE, text=True
    )
    lines = listing.communicate()[0].splitlines()
    found = {}
    for line in lines:
        pid, parent, group, state = line.split()[:4]
        if int(pid) != listing.pid and not state.startswith("Z"):
            found[int(pid)] = int(parent), int(group)
    return found


def end_descendants(command: int, seconds: float = END_SECONDS) -> None:
    """Kill until none is left: by group, which no fork escapes, and one by one.

    Args:
        command: leader of the command's own process group
    """
    deadline = time.monotonic() + seconds
    groups = {command}
    while time.monotonic() < deadline:
        found = descendants()
        for group in groups | set(found.values()) - {os.getpgrp()}:
            with contextlib.suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        groups = set()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not found:
            return


class Supervisor:
    """Waits for a command, and ends it when nobody waits for it any more.

    Args:
        control: descriptor of the pipe that the asker holds open; None: the parent is watched
    """

    def __init__(self, control: int | None) -> None:
        self._parent, self._control = os.getppid(), control
        self.pipe = self._woken, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(self._woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)

    def attend(self, command: int) -> int:
        """Return the command's exit code, negative for a signal, when nothing of it is left.

        Args:
            command: process id; it leads a process group of its own
        """
        sources = [self._woken, *([] if self._control is None else [self._control])]
        while (code := _reaped(command)) is None:
            ready, _, _ = select.select(sources, [], [], CHECK_SECONDS)
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            if self._control in ready and not os.read(self._control or 0, 1):
                code = -signal.SIGKILL
                break
            if self._control is None and os.getppid() != self._parent:
                code = self._end_gently(command)
                break
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is left to do takes an instant
        end_descendants(command)
        return code

    @staticmethod
    def _end_gently(command: int) -> int:
        with contextlib.suppress(OSError):
            os.killpg(command, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while (code := _reaped(command)) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return -signal.SIGKILL if code is None else code


def _reaped(command: int) -> int | None:
    """Take the ends of adopted processes; return the exit code of the command if it has ended."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == command:
                code = os.waitstatus_to_exitcode(ended[1])
    return code


def leave(code: int) -> int:
    """Die by the signal that the command died by, so that the starter sees it; else the code."""
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def main() -> int:
    """Run the command of the arguments; returns its exit code."""
    arguments, control, limits = sys.argv[1:], None, None
    if arguments[0] == "--control":
        control, arguments = 0, arguments[1:]
    if arguments[0] == "--limits":
        limits, arguments = json.loads(arguments[1]), arguments[2:]
    command: int | None = None
    early: list[int] = []  # what came while the command was being started

    def forward(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        if command is None:
            early.append(number)
        else:
            with contextlib.suppress(OSError):
                os.killpg(command, number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, forward)
    adopt_orphans()
    supervisor, mine = Supervisor(control), os.getpid()

    def prepare() -> None:
        die_with(mine)
        if limits is not None:
            apply_limits(limits)

    started = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - there is one thread
    )
    command = started.pid
    for number in early:
        forward(number, None)
    code = supervisor.attend(command)
    started.returncode = code  # it has been waited for
    return leave(code)


if __name__ == "__main__":
    sys.exit(main())

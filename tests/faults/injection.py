"""How each fault is made, and how it ends again."""

from __future__ import annotations

import errno
import os
import random
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from tests import support
from tests.faults import matrix, processes
from tests.faults.lake import FaultyLake
from tests.faults.link import Disturbance, Link, Moment
from tests.integration.faults.lake_runs import Background

STOP_SECONDS: Final = 30.0
FULL_SECONDS: Final = 10.0
BURST: Final = 8
"""The most requests that a link disturbs, one after the other."""
APPEAR_SECONDS: Final = 5.0
_CHUNK: Final = b"\0" * (1 << 20)


@dataclass
class Injection:
    """The fault of a row: armed before the run begins, made at its moment.

    Args:
        chance: chooses the moment and the number of requests
    """

    lake: FaultyLake
    row: matrix.Row
    chance: random.Random
    run: Background | None = None
    made: str = ""
    """What was done, for people; empty until then."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when what was stopped goes on, and what was full is free again."""

    def arm(self) -> None:
        """Wait for the moment."""
        for link in self.lake.links():
            link.begin()
        when = self.row.when
        count = self.chance.randint(1, when.most)
        watched: Link = getattr(self.lake, when.link)
        watched.at(Moment(when.operations, count), lambda: self._make(f"{when.link} {count}"))

    def disarm(self) -> None:
        """End what still waits or disturbs; returns when the fault is over."""
        if self.made:
            assert self.over.wait(STOP_SECONDS + FULL_SECONDS), self.row.name
        for link in self.lake.links():
            link.begin()

    def _make(self, moment: str) -> bool:
        fault = self.row.fault
        if fault in (matrix.RESET, matrix.ERROR):
            what = self._disturb()
        elif fault == matrix.DISK:
            what = self._fill()
        else:
            victim = self._victim()
            if victim is None:
                return False
            what = self._signal(victim)
        self.made = f"{what}, at request {moment}"
        return True

    def _victim(self) -> psutil.Process | None:
        if self.row.victim == "lake run":
            run = support.wait_until(lambda: self.run, what="the run to have begun")
            return psutil.Process(run.process.pid)
        try:
            return support.wait_until(
                lambda: processes.find(self.lake, self.row.victim), APPEAR_SECONDS
            )
        except AssertionError:
            return None

    def _signal(self, victim: psutil.Process) -> str:
        if self.row.fault == matrix.KILL:
            victim.send_signal(signal.SIGKILL)
            self.over.set()
            return f"process {victim.pid} killed"
        victim.send_signal(signal.SIGSTOP)

        def go_on() -> None:
            try:
                victim.send_signal(signal.SIGCONT)
            except psutil.NoSuchProcess:
                pass  # somebody has ended it meanwhile, as one may
            finally:
                self.over.set()

        _later(STOP_SECONDS, go_on)
        return f"process {victim.pid} stopped"

    def _fill(self) -> str:
        place = self.lake.state / "filler"
        size = fill(place)

        def free() -> None:
            place.unlink()
            self.over.set()

        _later(FULL_SECONDS, free)
        return f"disk filled with {size >> 20} MiB for {FULL_SECONDS:g} s"

    def _disturb(self) -> str:
        kinds = {
            matrix.RESET: (Disturbance.RESET_BEFORE, Disturbance.RESET_AFTER),
            matrix.ERROR: (Disturbance.ERROR_500, Disturbance.ERROR_503),
        }[self.row.fault]
        todo = [self.chance.choice(kinds) for _ in range(self.chance.randint(1, BURST))]
        link: Link = getattr(self.lake, self.row.victim)
        link.disturb(todo, ".*")
        self.over.set()
        return f"{self.row.fault} of {len(todo)} requests"


def fill(place: Path) -> int:
    """Write into a file until the disk is full; returns the file's size in bytes."""
    with place.open("wb", buffering=0) as file:
        part = _CHUNK
        while part:
            try:
                file.write(part)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                part = part[: len(part) // 2]
        return os.fstat(file.fileno()).st_size


def _later(seconds: float, action: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()

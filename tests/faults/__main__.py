"""``make test-faults``: all rows of the matrix, or some of them; exit code 1 when one fails.

Options: ``--only TEXT`` (rows whose name holds it; again for more), ``--sample SEED/COUNT``,
``--seed SEED``, ``--minutes N`` (only rows that fit), ``--jobs N``, ``--list``, ``--write``,
``--add`` (the rows of faults.json that are not run now stay there, and in the written table).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.faults import matrix, report
from tests.faults.outcome import FAILED, SKIPPED
from tests.faults.trial import Result, Trial

FILE = Path("faults.json")
NO_DISK = (
    "a small disk of its own needs root on Linux and the command unshare: sudo make test-faults"
)


class Rows:
    """The rows that are left, for several workers.

    Args:
        deadline: by the steady clock; rows that would end later are not given
    """

    def __init__(self, rows: Sequence[matrix.Row], deadline: float) -> None:
        self._left, self._deadline = list(rows), deadline
        self._given = self._closed = False
        self._lock = threading.Lock()

    def any(self) -> bool:
        """Whether there may be one."""
        return bool(self._left) and time.monotonic() < self._deadline and not self._closed

    def take(self, pace: float, *, at_any_rate: bool = False) -> matrix.Row | None:
        """The first one that fits; of the very first lake the shortest, if none does.

        Args:
            pace: how much slower than a quiet machine this one is
            at_any_rate: whether it fits or not: it has something to report
        """
        with self._lock:
            now = time.monotonic()
            fit = [r for r in self._left if now + r.seconds * pace <= self._deadline]
            if not fit and (at_any_rate or not self._given):
                fit = sorted(self._left, key=lambda row: row.seconds)
            if not fit or self._closed:
                return None
            self._given = True
            self._left.remove(fit[0])
            return fit[0]

    def close(self) -> None:
        """Give no more."""
        self._closed = True

    def rest(self) -> list[matrix.Row]:
        """Those that nobody took."""
        return list(self._left)


def main(words: Sequence[str]) -> int:
    options = _options(words)
    if _can_unshare() and not options.in_namespace:
        # The small disks are seen by this run alone, and gone with it.
        inside = [sys.executable, "-m", "tests.faults", "--in-namespace", *words]
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", *inside])  # noqa: S606 - no shell is wanted
    known = matrix.rows()
    chosen = [r for r in known if not options.only or any(t in r.name for t in options.only)]
    seed = options.seed
    if options.sample:
        seed, _, count = options.sample.rpartition("/")
        chosen = matrix.sample(chosen, seed, int(count))
    if not chosen:
        print(f"no row holds {' or '.join(options.only)}; see: make test-faults FAULTS=--list")
        return 2
    if options.list:
        print(*(row.name for row in chosen), sep="\n")
        return 0
    return _run(options, chosen, len(known), seed)


def _run(options: argparse.Namespace, chosen: list[matrix.Row], known: int, seed: str) -> int:
    began = time.monotonic()
    print(f"{len(chosen)} of {known} rows, seed {seed}, {options.jobs} at a time", flush=True)
    results: list[Result] = []
    todo = []
    for row in chosen:
        if row.fault == matrix.DISK and not options.in_namespace:
            _tell(results, Result(row, SKIPPED, text=NO_DISK))
        else:
            todo.append(row)
    rows = Rows(todo, began + 60 * options.minutes if options.minutes else float("inf"))

    interrupted = threading.Event()

    def work() -> None:
        for result in Trial(seed, options.in_namespace, interrupted).run(rows):
            _tell(results, result)

    workers = [threading.Thread(target=work) for _ in range(min(options.jobs, len(todo)))]
    for worker in workers:
        worker.start()
    why = f"it does not fit into {options.minutes:g} minutes"
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        why = "interrupted"
        print("interrupted: waiting for the commands at work, and for their emulators to stop")
        interrupted.set()
        rows.close()
        for worker in workers:
            worker.join()
    for row in rows.rest():
        _tell(results, Result(row, SKIPPED, text=why))
    for row in set(chosen) - {result.row for result in results}:
        _tell(results, Result(row, FAILED, text="its worker broke; its traceback stands above"))
    seconds = time.monotonic() - began
    print(report.summary(results, seconds))
    _keep(options, results, known, seed)
    for result in results:
        if result.outcome == FAILED:
            again = f"make test-faults FAULTS='--seed {seed} --only \"{result.row.name}\"'"
            print(f"FAILED: {result.row.name}: {result.text}\n  → {again}")
    done = [result for result in results if result.outcome != SKIPPED]
    return 0 if done and not any(result.outcome == FAILED for result in done) else 1


def _keep(options: argparse.Namespace, results: list[Result], known: int, seed: str) -> None:
    found = [replace(result, day=report.today(), seed=seed) for result in results]
    if options.add:
        found = report.added(report.read_json(FILE), found)
    report.write_json(found, FILE)
    if options.write:
        report.write_document(found, known)


def _tell(results: list[Result], result: Result) -> None:
    results.append(result)
    print(report.line(result), flush=True)


def _can_unshare() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-faults", description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="rows whose name holds this")
    parser.add_argument("--sample", metavar="SEED/COUNT", help="that many rows, chosen by the seed")
    parser.add_argument("--seed", default="1", help="decides each fault's moment and size")
    parser.add_argument("--minutes", type=float, default=0, help="run only what fits")
    parser.add_argument("--jobs", type=int, default=2, help="lakes side by side")
    parser.add_argument("--list", action="store_true", help="print the rows' names")
    parser.add_argument("--write", action="store_true", help="put the table into the documents")
    parser.add_argument("--add", action="store_true", help="keep the other rows of faults.json")
    parser.add_argument("--in-namespace", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.sample and not options.sample.rpartition("/")[2].isdecimal():
        parser.error(f"--sample is {options.sample!r}; expected is SEED/COUNT, as in 1/8")
    return options


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` may have ignored it
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))

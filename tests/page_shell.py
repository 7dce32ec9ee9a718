"""A shell in which the commands of the documents run one after another, as a reader types them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.documents import Command, fits, shape
from tests.support import PROJECT

SECONDS_TO_FOLLOW: Final = 3.0
TERMINAL: Final = {
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    # Without colours and cursor movements, wide enough for every table.
    "FORCE_COLOR": "1",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "COLUMNS": "120",
    "LINES": "50",
}
"""Variables of a terminal whose shell finds this environment's programs."""


@dataclass(frozen=True)
class Ran:
    """A command that has run."""

    command: Command
    code: int
    printed: str
    seconds: float = 0.0

    def complaint(self) -> str:
        """What is wrong with it, "" when nothing is."""
        if self.code:
            return f"{self.command.place}: exit code {self.code}\n{self._both()}"
        if self.command.output and not fits(self.command.output, self.printed):
            return f"{self.command.place}: prints something else\n{self._both()}"
        return ""

    def _both(self) -> str:
        return (
            f"$ {self.command.text}\n--- promised\n{shape(chr(10).join(self.command.output))}\n"
            f"--- printed\n{shape(self.printed)}\n--- in full\n{self.printed}"
        )


class Shell:
    """Runs commands one after another; what one exports, the next one has.

    Args:
        folder: keeps what is exported
        environment: of the first command
        working: the folder in which the reader is
    """

    def __init__(self, folder: Path, environment: dict[str, str], working: Path = PROJECT) -> None:
        self._working = working
        self._exports = folder / "exports.sh"
        self._environment = environment
        self._exports.touch()

    def run(self, command: Command, seconds: float = 900) -> Ran:
        """Run a command with its stdout and stderr together, as a terminal shows them."""
        script = (
            f". {self._exports}\n{command.text}\ncode=$?\n"
            f"export -p > {self._exports}.new && mv {self._exports}.new {self._exports}\n"
            "exit $code"
        )
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=self._working,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        began = time.monotonic()
        follows = "--follow" in command.text
        if follows:  # the seconds count from its first line: a busy machine begins late
            select.select([process.stdout], [], [], 30)
        try:
            printed, _ = process.communicate(timeout=SECONDS_TO_FOLLOW if follows else seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT if follows else signal.SIGKILL)
            printed, _ = process.communicate(timeout=30)
            code = 0 if follows and printed else 1
            return Ran(command, code, printed, time.monotonic() - began)
        return Ran(command, process.returncode, printed, time.monotonic() - began)

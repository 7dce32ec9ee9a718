"""The console script `lakestack`: runs where the emulator can, in this environment or its own."""

from __future__ import annotations

import os
import sys

from lakestack.errors import EmulationError
from lakestack.tool import environment


def main() -> None:
    """Run one command (`lakestack.console`); the environment for it is made when there is none."""
    if environment.is_here():
        from lakestack import console

        console.main()
        return
    try:
        python = environment.python(_tell)
    except EmulationError as e:
        _tell(f"lakestack: {e.message}\n  → {e.hint}")
        sys.exit(1)
    except KeyboardInterrupt:
        _tell("Interrupted.")
        sys.exit(130)
    command = [str(python), "-m", "lakestack.console", *sys.argv[1:]]
    os.execve(python, command, environment.variables())  # noqa: S606 - our own list


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

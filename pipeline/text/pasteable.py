"""The commands that messages name, as the reader can paste them.

``make`` runs `lake` by its path, so a shell that has not been told of `.venv/bin` does not find it:
there a hint names the path.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

__all__ = ["COMMANDS", "PLUGINS", "pasteable", "program"]

COMMANDS: Final = (
    "run",
    "plan",
    "status",
    "verify",
    "recommend",
    "lists",
    "evaluate",
    "retrain",
    "schedule",
    "simulate-drift",
    "generate",
    "pause",
    "destroy",
    "doctor",
    "iam-policy",
    "models",
    "sql",
    "reset",
    "env",
    "aws",
)
"""The commands of `lake` that are the pipeline's own."""
PLUGINS: Final = ("emulator", "cluster", "glue")
"""Those that errors name beside them, where a plug-in has brought them."""

_COMMAND: Final = re.compile(rf"(?<![\w./-])lake(?= (?:{'|'.join((*COMMANDS, *PLUGINS))})\b)")


def program() -> str:
    """What one types for `lake` here: its name where the shell finds this one, else its path."""
    own = Path(sys.executable).with_name("lake")
    found = shutil.which("lake")
    if not own.is_file() or (found and os.path.samefile(found, own)):  # noqa: PTH121
        return "lake"
    here = Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))


def pasteable(text: str) -> str:
    """`text` with each command of `lake` as it can be pasted into the shell."""
    return _COMMAND.sub(lambda _: program(), text)

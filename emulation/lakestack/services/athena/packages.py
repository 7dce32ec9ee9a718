"""What the engine needs beside the emulator's environment, fetched when a query first asks for it.

``packages.lock`` beside this module pins each by SHA-256; they are some 75 MB when installed, which
nobody has to have who asks Athena nothing. Only wheels are taken.

    python -m lakestack.services.athena.packages        fetch them now
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lakestack.errors import ArtifactError
from lakestack.locked_packages import Packages

ENGINE = Packages(
    kind="athena-engine",
    lock=Path(__file__).with_name("packages.lock").read_text(),
    what="Athena's engine (some 25 MB)",
    remedy="fetch it by hand: python -m lakestack.services.athena.packages",
)


def main() -> int:
    """Fetch them for this user; returns the exit code."""
    try:
        print(ENGINE.fetched(lambda text: print(text, file=sys.stderr), os.environ))
    except ArtifactError as e:
        print(f"{e.message}; {e.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

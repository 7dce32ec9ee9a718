"""Check the patches' targets, or record them: ``python -m lakestack.patches [--update]``."""

from __future__ import annotations

import argparse
import json
import sys

from lakestack.errors import PatchError
from lakestack.patches import sources


def main(arguments: list[str] | None = None) -> int:
    """Check or record; returns the exit code."""
    parser = argparse.ArgumentParser(prog=sources.COMMAND, description=sources.verify.__doc__)
    parser.add_argument("--update", action="store_true", help="take the sources as they are")
    given = parser.parse_args(arguments)
    try:
        if given.update:
            text = json.dumps(sources.record(), indent=1)
            sources.LOCK.write_text(f"{text}\n", encoding="utf-8")
        sources.verify()
    except PatchError as e:
        print(f"{e.message}\nnext: {e.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

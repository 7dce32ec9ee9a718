"""``python -m lakestack.tool.bundle make|place``: what ``make bundle`` and ``make setup`` call."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lakestack.errors import EmulationError
from lakestack.tool.bundle import making, placing, unpack


def main(arguments: list[str]) -> int:
    """Make a bundle or place what an unpacked one has; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lakestack.tool.bundle")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make")
    make.add_argument("bundle", type=Path)
    make.add_argument("--platforms", default="")
    make.add_argument("--pythons", default="")
    make.add_argument("--data", type=Path)
    commands.add_parser("place").add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    try:
        if given.command == "place":
            placing.place(given.folder, print)
            return 0
        platforms = given.platforms.split() or [unpack.platform_name()]
        pythons = given.pythons.split() or [unpack.python_name()]
        making.make(given.bundle, platforms, pythons, given.data, print)
    except EmulationError as e:
        print(f"{e.message}\n  → {e.hint}" if e.hint else e.message, file=sys.stderr)
        return 1
    size = given.bundle.stat().st_size / 1e6
    print(
        f"made {given.bundle} ({size:,.0f} MB) for {', '.join(platforms)} with Python "
        f"{', '.join(pythons)}; on such a machine: make setup BUNDLE={given.bundle.name}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

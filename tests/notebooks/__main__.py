"""``make lab-pictures``: the plots of the labs' pages, from a run of the notebooks."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pipeline.notebook import FOLDER
from tests.notebooks.execution import write_pictures


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.notebooks", description=__doc__)
    parser.add_argument("--target", default="local")
    parser.add_argument("--folder", type=Path, default=FOLDER / "pictures")
    given = parser.parse_args()
    began = time.monotonic()
    for file in write_pictures(given.folder, given.target):
        print(f"{file} {file.stat().st_size:,} bytes")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()

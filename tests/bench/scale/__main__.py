"""``make bench-scale``: the lake at several sizes; exit code 1 when something grows too fast."""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

from tests.bench.scale.growth import GOAL, LIMIT, too_steep
from tests.bench.scale.measuring import measure
from tests.bench.scale.table import table, write
from tests.support import PROJECT

PERFORMANCE = PROJECT / "docs" / "performance.md"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and judge the growth."""
    parser = argparse.ArgumentParser(prog="tests.bench.scale", description=__doc__)
    parser.add_argument("--sizes", default="100k,1m,10m", help="with commas between, rising")
    parser.add_argument("--limit", type=float, default=GOAL, help="of the exponents")
    parser.add_argument("--hours", type=float, default=2.0, help="after which a run is given up")
    parser.add_argument("--write", action="store_true", help="the table into docs/performance.md")
    parser.add_argument(
        "--small", action="store_true", help=f"100k and 400k, exponents up to {LIMIT}"
    )
    parser.add_argument("--keep", type=Path, help="a folder for the timelines")
    given = parser.parse_args(arguments)
    sizes = "100k,400k" if given.small else given.sizes
    limit = LIMIT if given.small else given.limit
    runs = []
    for size in sizes.split(","):
        print(f"measuring {size} ratings ...", flush=True)
        runs.append(measure(size, given.hours, given.keep))
    text = table(runs)
    print(text)
    if given.write:
        write(PERFORMANCE, text)
    bad = 0
    for small, large in itertools.pairwise(runs):
        for name, value in too_steep(small, large, limit).items():
            step = f"{small.ratings:,} → {large.ratings:,}"
            print(f"TOO STEEP: {name}, {step}: exponent {value:.2f}, at most {limit:g}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

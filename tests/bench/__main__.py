"""``make bench``: run all benchmarks, or those named; exit code 1 when a goal is missed."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench import (
    bookmarks,
    cluster,
    commands,
    firehose,
    front_door,
    full_load,
    functions,
    glue_jobs,
    iceberg,
    reactions,
    report,
    reset,
    stacks,
    streaming,
    templates,
    training,
    transform,
    validation,
    whole_run,
)

BENCHMARKS = {
    "commands": commands.run,
    "front_door": front_door.run,
    "whole_run": whole_run.run,
    "full_load": full_load.run,
    "streaming": streaming.run,
    "firehose": firehose.run,
    "bookmarks": bookmarks.run,
    "cluster": cluster.run,
    "training": training.run,
    "transform": transform.run,
    "iceberg": iceberg.run,
    "glue_jobs": glue_jobs.run,
    "stacks": stacks.run,
    "templates": templates.run,
    "functions": functions.run,
    "reactions": reactions.run,
    "reset": reset.run,
    "validation": validation.run,
}


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    figures = []
    for name in names or BENCHMARKS:
        print(f"measuring {name} ...", flush=True)
        figures += list(BENCHMARKS[name]())
    report.show(figures)
    report.write(figures, Path("bench.json"))
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

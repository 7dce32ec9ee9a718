"""``make bench-trainers``: time and memory of each trainer by size, and how fast its model answers.

Each row is a training job as SageMaker would start it, on data of `lake generate`, with few
iterations: both grow with them in proportion, so the table tells seconds for each. The model that
it leaves is then loaded by a process of its own, which is asked one query after another.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.scale.processes import Sampler
from tests.bench.scale.table import machine
from tests.support import PROJECT

MODELS = PROJECT / "models"
PHASE = re.compile(r"^phase (\w+) seconds=([0-9.]+)$", re.MULTILINE)
COUNTS = re.compile(r"^data ratings=(\d+) users=(\d+) movies=(\d+)$", re.MULTILINE)
NDCG = re.compile(r"^metric ndcg_at_10=([0-9.]+);$", re.MULTILINE)
QUERIES = 400
ANSWERING = """
import json, resource, sys, time
import inference
began = time.perf_counter()
model = inference.model_fn(sys.argv[1])
loaded = time.perf_counter() - began
users, movies = model.artifact.user_ids.tolist(), model.artifact.movie_ids.tolist()
count = int(sys.argv[2])
kinds = {
    "known": [{"user_id": users[n * 7919 % len(users)]} for n in range(count)],
    "folded": [
        {"ratings": [
            {"movie_id": movies[(n * 31 + i * 101) % len(movies)], "rating": 4.0} for i in range(20)
        ]}
        for n in range(count)
    ],
}
found = {"load": loaded}
for kind, instances in kinds.items():
    taken = []
    for instance in instances:
        query = inference.input_fn(json.dumps({"instances": [instance]}))
        began = time.perf_counter()
        inference.predict_fn(query, model)
        taken.append(time.perf_counter() - began)
    taken.sort()
    found[kind + "_p50"] = taken[len(taken) // 2]
    found[kind + "_p99"] = taken[int(len(taken) * 0.99)]
found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Measured:
    """One training job and its model.

    Attributes:
        seconds: of each phase of the job
        whole: wall time of the job, seconds
        cpu: processor time of all its processes, seconds
        peak: highest resident memory of all its processes at one moment, bytes
        answers: seconds of `predict_fn` by percentile, of loading, and the process's KiB
    """

    size: str
    trainer: str
    iterations: int
    ratings: int
    seconds: dict[str, float]
    whole: float
    cpu: float
    peak: int
    ndcg: float
    answers: dict[str, float]


def channel(folder: Path, size: str) -> Path:
    """A training channel of generated data, made once."""
    data = folder / f"generated-{size}"
    if not data.exists():
        words = ["generate", "--ratings", size, "--seed", "7", "--output", str(data)]
        lake = Path(sys.executable).with_name("lake")
        subprocess.run([str(lake), *words], check=True, stdout=subprocess.DEVNULL)
    found = folder / f"channel-{size}"
    for name, file in {"rating": "ratings.csv", "movies": "movies.csv"}.items():
        (found / name).mkdir(parents=True, exist_ok=True)
        link = found / name / "part-00000.csv"
        if not link.exists():
            link.symlink_to(data / file)
    return found


def measure(
    folder: Path, size: str, trainer: str, iterations: int, settings: Sequence[str] = ()
) -> Measured:
    """Run a job and ask its model; raises RuntimeError with the end of its log when it fails."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        environment = {
            **os.environ,
            "SM_CHANNEL_TRAIN": str(channel(folder, size)),
            "SM_MODEL_DIR": str(work / "model"),
            "SM_OUTPUT_DATA_DIR": str(work / "output"),
            "TMPDIR": str(work),
        }
        words = ["train.py", "--trainer", trainer, "--iterations", str(iterations), *settings]
        with (work / "log").open("wb") as log:
            began = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, *words], cwd=MODELS, env=environment, stdout=log, stderr=log
            )
            with Sampler(lambda: [process.pid]) as sampler:
                code = process.wait()
            whole = time.perf_counter() - began
        said = (work / "log").read_text(encoding="utf-8")
        if code:
            raise RuntimeError(f"{size} {trainer}: exit status {code}\n{said[-2000:]}")
        counts, ndcg = COUNTS.search(said), NDCG.search(said)
        assert counts and ndcg, said
        return Measured(
            size,
            trainer,
            iterations,
            int(counts[1]),
            {phase: float(seconds) for phase, seconds in PHASE.findall(said)},
            whole,
            sampler.usage.cpu_seconds,
            sampler.usage.peak,
            float(ndcg[1]),
            answers(work / "model"),
        )


def answers(model: Path) -> dict[str, float]:
    """How fast a process of its own answers from the model."""
    done = subprocess.run(
        [sys.executable, "-c", ANSWERING, str(model), str(QUERIES)],
        cwd=MODELS,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def table(runs: Sequence[Measured], beside: str) -> str:
    """The runs as Markdown."""
    heads = (
        "ratings", "trainer", "read, s", "fit, s per iteration", "evaluate, s", "whole job, s",
        "processor, s", "peak, GB", "nDCG@10", "`predict_fn` p50 / p99, ms: known",
        "folded in", "endpoint, GB",
    )  # fmt: skip
    lines = [f"Measured on {machine()}; {beside}.", ""]
    lines += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for run in runs:
        fits = [run.seconds[f"fit_{kind}"] for kind in ("evaluation", "final")]
        cells = (
            f"{run.ratings:,}",
            run.trainer,
            f"{run.seconds['read']:.1f}",
            f"{sum(fits) / 2 / run.iterations:.1f}",
            f"{run.seconds['evaluate']:.1f}",
            f"{run.whole:.0f} ({run.iterations} iterations, twice)",
            f"{run.cpu:.0f}",
            f"{run.peak / 1e9:.2f}",
            f"{run.ndcg:.3f}",
            *(
                f"{run.answers[f'{kind}_p50'] * 1e3:.1f} / {run.answers[f'{kind}_p99'] * 1e3:.1f}"
                for kind in ("known", "folded")
            ),
            f"{run.answers['memory'] * 1024 / 1e9:.2f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.bench.trainers", description=__doc__)
    parser.add_argument("--sizes", default="1m,10m,25m", help="with commas between")
    parser.add_argument("--trainers", default="local,spark")
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="for the generated data, kept")
    given, settings = parser.parse_known_args()  # the rest is for train.py
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        runs = []
        for size in given.sizes.split(","):
            for trainer in given.trainers.split(","):
                print(f"measuring {size} by {trainer} ...", flush=True)
                runs.append(measure(folder, size, trainer, given.iterations, settings))
                print(runs[-1], flush=True)
    beside = f"load of the machine {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(table(runs, beside))


if __name__ == "__main__":
    main()

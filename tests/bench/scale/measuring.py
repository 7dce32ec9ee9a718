"""One whole run on generated data of a size, told by its timeline."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakestack import paths
from pipeline.data.generation import parse_size
from tests.bench import lake
from tests.bench.scale.processes import Sampler, Usage

SEED = 7


@dataclass(frozen=True)
class Measured:
    """What a run of a size took.

    Attributes:
        ratings: how many
        seconds: by stage, with ``generate``, ``land`` (reading and checking the source with it),
            ``infrastructure`` and ``verify``
        total: seconds of `lake run`
        usage: memory and processor time
    """

    ratings: int
    seconds: dict[str, float]
    total: float
    usage: Usage = field(default_factory=Usage)


def measure(size: str, hours: float, keep: Path | None = None) -> Measured:
    """Run the lake on an emulator of its own, with a data cache of its own.

    Args:
        size: as `lake generate` takes it
        hours: after which a run is given up
        keep: folder that gets the timeline, also of a run that fails

    Raises:
        RuntimeError: a command failed; with the end of what it said
    """
    with tempfile.TemporaryDirectory(prefix="lake-scale-") as folder, lake.Home() as home:
        data, timeline = Path(folder) / "data", Path(folder) / "timeline.json"
        cache = str(_cache_without_data(Path(folder)))
        generated = _document(
            home,
            hours,
            cache,
            *("generate", "--ratings", size, "--seed", str(SEED), "--output", str(data), "--json"),
        )
        _document(home, hours, cache, "emulator", "start", "--json")
        began = time.perf_counter()
        program = lake.program("lake")
        arguments = ("run", "--movielens", str(data), "--timeline", str(timeline), "--json")
        process = home.begin(program, *arguments, LAKE_CACHE=cache)
        with Sampler(lambda: [*home.pids, process.pid]) as sampler:
            try:
                _finish(process, hours)
            finally:
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(timeline, keep / f"timeline-{size}.json")
        total = time.perf_counter() - began
        spans = stage_seconds(json.loads(timeline.read_text(encoding="utf-8")))
        spans = {"generate": float(generated["seconds"]), **spans}
        return Measured(parse_size(size).ratings, spans, total, sampler.usage)


def _cache_without_data(folder: Path) -> Path:
    """A cache with all that set-up has fetched, in which no source has been read."""
    cache = folder / "cache"
    cache.mkdir()
    for entry in paths.cache().iterdir():
        if entry.name != "data":
            (cache / entry.name).symlink_to(entry)
    return cache


def stage_seconds(trace: dict[str, Any]) -> dict[str, float]:
    """Seconds of each stage of a timeline; what is done before the stages is part of ``land``."""
    found: dict[str, float] = {}
    for event in trace["traceEvents"]:
        if event.get("cat") == "stage":
            name = "land" if event["name"] in ("data", "upload") else event["name"]
            found[name] = found.get(name, 0.0) + event["dur"] / 1e6
    return found


def _document(home: lake.Home, hours: float, cache: str, *arguments: str) -> dict[str, Any]:
    process = home.begin(lake.program("lake"), *arguments, LAKE_CACHE=cache)
    return last_document(_finish(process, hours))


def last_document(output: str) -> dict[str, Any]:
    """The JSON document that a command prints last, behind its progress."""
    found: dict[str, Any] = json.loads(output[f"\n{output}".rindex("\n{") :])
    return found


def _finish(process: subprocess.Popen[bytes], hours: float) -> str:
    try:
        output, _ = process.communicate(timeout=hours * 3600)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise RuntimeError(f"{process.args!r} has taken more than {hours:g} hours") from error
    text = output.decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{process.args!r} failed:\n{text[-4000:]}")
    return text

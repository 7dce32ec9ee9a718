"""The rows: which process lives in which stage, and at which request a fault begins there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STAGES: Final = (
    *("land", "full_load", "stream", "catalog"),
    *("transform", "train", "deploy", "recommend"),
)
KILL, STOP, DISK, RESET, ERROR = "kill -9", "SIGSTOP 30 s", "disk full", "reset", "5xx"
FAULTS: Final = (KILL, STOP, DISK, RESET, ERROR)


@dataclass(frozen=True)
class When:
    """Where a fault begins: at one of the first `most` requests that fit, chosen by the seed.

    Args:
        link: ``front``, ``engine`` or ``inner``, as in `lake.FaultyLake`
        operations: pattern of the operations' whole names, as `link.operation` gives them
    """

    link: str
    operations: str
    most: int


_WORK: Final = {
    "land": When("inner", r"(HEAD|GET|PUT) .*", 5),
    "full_load": When("engine", "BatchWriteItem", 100),
    "stream": When("engine", "TransactWriteItems", 5),
    "catalog": When("engine", "Scan", 3),
    "transform": When("inner", ".*", 150),
    "train": When("front", "DescribeTrainingJob", 4),
    "deploy": When("front", "CreateStack", 1),
    "recommend": When("front", "POST invocations", 1),
}
"""A stage's own work, in which its processes are killed and stopped."""

_ANSWERED: Final = {
    "front": {
        "land": When("front", r"(PUT|DELETE) .*\.jsonl|UpdateStack", 6),
        "full_load": When("front", "DescribeReplicationTasks|DescribeTableStatistics", 4),
        "stream": When("front", r"POST invocations|PUT stream\.json", 2),
        "catalog": When("front", "StartCrawler|GetCrawler", 6),
        "transform": When("front", "StartJobRun|GetJobRun", 8),
        "train": When("front", "CreateTrainingJob|DescribeTrainingJob", 4),
        "deploy": When("front", "CreateStack|DescribeEndpoint", 2),
        "recommend": When("front", "POST invocations", 1),
    },
    "engine": {stage: _WORK[stage] for stage in ("full_load", "stream", "catalog")}
    | {"transform": When("engine", "Scan", 3)},
    "inner": {
        "land": _WORK["land"],
        "full_load": When("inner", "TestConnection|DescribeConnections|StartReplicationTask", 4),
        "stream": When("inner", "PutRecords|TransactWriteItems", 6),
        "transform": _WORK["transform"],
    },
}
"""Requests of a stage that each link carries."""

LINKS: Final = {
    "front": "lake → emulator",
    "engine": "→ DynamoDB engine",
    "inner": "jobs, functions → emulator",
}
_PROCESSES: Final = {
    "emulator": STAGES,
    "engine JVM": STAGES,
    "engine host": ("full_load", "stream", "transform"),
    "engine supervisor": ("full_load", "stream", "transform"),
    "lake run": STAGES,
    "copying function": ("land",),
    "starting function": ("full_load",),
    "simulator": ("stream",),
    "consumer": ("stream",),
    "job supervisor": ("transform",),
    "job JVM": ("transform",),
    "job driver": ("transform",),
    "training supervisor": ("train",),
    "training": ("train",),
    "endpoint supervisor": ("deploy", "recommend"),
    "endpoint server": ("deploy", "recommend"),
}
"""DMS, Kinesis, Firehose, the crawlers and S3 are threads of the emulator. The engine's three
processes end together, so its two small ones have fewer rows."""
_OWN_MOMENT: Final = {
    ("starting function", "full_load"): When("inner", "StartReplicationTask|TestConnection", 2),
    ("simulator", "stream"): When("inner", "PutRecords", 2),
    ("endpoint supervisor", "deploy"): When("front", "DescribeStacks", 1),
    ("endpoint server", "deploy"): When("front", "DescribeStacks", 1),
}


SECONDS_OF_A_LAKE: Final = 45.0
"""Two whole lakes, side by side, on a quiet machine of two cores; so are the rows' times."""
_SECONDS: Final = {KILL: 40.0, STOP: 60.0, DISK: 40.0, RESET: 30.0, ERROR: 30.0}
_SECONDS_KILLED: Final = {
    "emulator": 150.0,  # the lake begins from the start
    "engine JVM": 70.0,  # and from the full load
    "engine host": 70.0,
    "engine supervisor": 70.0,
}


@dataclass(frozen=True)
class Row:
    """One fault of one process, link or disk in one stage."""

    stage: str
    victim: str
    """A role of `processes`, ``lake run``, ``emulator's disk`` or a link."""
    fault: str
    when: When

    @property
    def name(self) -> str:
        """For people and for `--only`."""
        return f"{self.stage} / {self.where} / {self.fault}"

    @property
    def where(self) -> str:
        """The victim's name for people."""
        return LINKS.get(self.victim, self.victim)

    @property
    def seconds(self) -> float:
        """About how long it takes, for choosing what fits into a time."""
        own = _SECONDS_KILLED if self.fault == KILL else {}
        return own.get(self.victim, _SECONDS[self.fault])


def rows() -> list[Row]:
    """Every row, in the order of the stages."""
    found = list(_rows())
    return sorted(found, key=lambda row: STAGES.index(row.stage))


def _rows() -> Iterator[Row]:
    for process, stages in _PROCESSES.items():
        for stage in stages:
            when = _OWN_MOMENT.get((process, stage), _WORK[stage])
            for fault in (KILL, STOP):
                yield Row(stage, process, fault, when)
    for stage in STAGES:
        yield Row(stage, "emulator's disk", DISK, _WORK[stage])
    for link, whens in _ANSWERED.items():
        for stage, when in whens.items():
            for fault in (RESET, ERROR):
                yield Row(stage, link, fault, when)


def sample(of: list[Row], seed: str, count: int) -> list[Row]:
    """`count` rows chosen by the seed, the faults taking turns."""
    chance = random.Random(seed)
    kinds = {fault: [row for row in of if row.fault == fault] for fault in FAULTS}
    for members in kinds.values():
        chance.shuffle(members)
    turns = [fault for fault in FAULTS if kinds[fault]]
    chance.shuffle(turns)
    chosen: list[Row] = []
    while len(chosen) < count and any(kinds.values()):
        for fault in turns:
            if kinds[fault] and len(chosen) < count:
                chosen.append(kinds[fault].pop())
    return chosen

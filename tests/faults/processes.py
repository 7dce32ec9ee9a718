"""The lake's processes by what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePath

import psutil

from tests.faults.lake import FaultyLake

Call = Sequence[str]
FUNCTION = "AWS_LAMBDA_FUNCTION_NAME"


def _supervisor(call: Call) -> bool:
    return any(word.endswith("/supervise.py") for word in call)


def _java(call: Call) -> bool:
    return PurePath(call[0]).name == "java"


def _has(text: str) -> Callable[[Call], bool]:
    return lambda call: any(text in word for word in call)


_of_engine = _has("/dynamodb-local-")  # Spark's class path has the SDK's jar for DynamoDB
_of_job = _has("/training_data.py")
_of_training = _has("train.py")
_of_endpoint = _has("/serving.py")

ROLES: dict[str, Callable[[Call], bool]] = {
    "emulator": lambda call: call[-1:] == ["localstack.runtime.main"],
    "engine supervisor": lambda call: _supervisor(call) and _of_engine(call),
    "engine JVM": lambda call: _java(call) and _of_engine(call),
    "engine host": lambda call: _of_engine(call) and not _java(call) and not _supervisor(call),
    "job supervisor": lambda call: _supervisor(call) and _of_job(call),
    "job JVM": lambda call: _java(call) and _of_job(call),
    "job driver": lambda call: _of_job(call) and not _java(call) and not _supervisor(call),
    "training supervisor": lambda call: _supervisor(call) and _of_training(call),
    "training": lambda call: _of_training(call) and not _supervisor(call),
    "endpoint supervisor": lambda call: _supervisor(call) and _of_endpoint(call),
    "endpoint server": lambda call: _of_endpoint(call) and not _supervisor(call),
}
"""A process's role by its call; the first that fits."""
FUNCTIONS = {
    "copying function": "movielens-lake-copy-files",
    "starting function": "movielens-lake-start-task",
    "simulator": "movielens-simulator",
    "consumer": "movielens-stream-consumer",
}
LASTING = frozenset(role for role in ROLES if not role.startswith(("job", "training")))
"""Roles that are there as long as the lake is, each once."""


def role(process: psutil.Process) -> str:
    """What a process of the emulator is, ``other`` for none of these.

    Raises:
        psutil.Error: it has ended
    """
    function = process.environ().get(FUNCTION)
    for name, given in FUNCTIONS.items():
        if function == given:
            return name
    call = process.cmdline()
    return next((name for name, fits in ROLES.items() if call and fits(call)), "other")


def find(lake: FaultyLake, wanted: str) -> psutil.Process | None:
    """The youngest process in this role."""
    found = [process for name, process in _roles(lake) if name == wanted]
    return max(found, key=psutil.Process.create_time, default=None)


def running(lake: FaultyLake) -> Counter[str]:
    """Processes by role, without functions, which may stay or go."""
    return Counter(name for name, _ in _roles(lake) if name not in FUNCTIONS)


def _roles(lake: FaultyLake) -> list[tuple[str, psutil.Process]]:
    found = []
    for process in lake.processes():
        try:
            found.append((role(process), process))
        except psutil.Error:
            continue
    return found

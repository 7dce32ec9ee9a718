"""How much a process that runs user code may use (getrlimit(2)).

Time is limited by the services (a function's Timeout, a job's, MaxRuntimeInSeconds), a function's
memory by its executor. Other processes share the machine's memory; when that runs out, Linux ends
them before the user's programs.
"""

from __future__ import annotations

MEBIBYTE = 1 << 20

FUNCTION_FILES = 1024
"""AWS Lambda Developer Guide, "Lambda quotas": file descriptors."""

FUNCTION_THREADS = 1024
"""AWS Lambda Developer Guide, "Lambda quotas": execution processes and threads."""

JOB_THREADS = 8192
"""Our guess: Spark has some hundreds."""


def of_function(storage_mebibytes: int) -> dict[str, int]:
    """Limits of a function by `resource`'s names.

    Args:
        storage_mebibytes: its EphemeralStorage, which no file may exceed
    """
    return {
        "CORE": 0,
        "NOFILE": FUNCTION_FILES,
        "NPROC": FUNCTION_THREADS,
        "FSIZE": storage_mebibytes * MEBIBYTE,
    }


def of_job(file_bytes: int | None) -> dict[str, int]:
    """Limits of a job or an endpoint by `resource`'s names.

    Args:
        file_bytes: the largest file it may write; None: as large as the disk allows
    """
    return {
        "CORE": 0,
        "NPROC": JOB_THREADS,
        **({} if file_bytes is None else {"FSIZE": file_bytes}),
    }

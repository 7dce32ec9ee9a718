"""The start of a job run: what its job says, with what the start gives over it."""

from __future__ import annotations

from typing import Any

from lakestack.services.base import aws_error
from lakestack.services.glue import job_arguments
from lakestack.services.glue.job import Job, capacity
from lakestack.services.glue.job_checks import check_arguments, check_timeout
from lakestack.services.glue.job_run import JobRun
from lakestack.services.glue.triggers.origin import Origin

JsonDict = dict[str, Any]

_RUN_SETTINGS = ("SecurityConfiguration", "NotificationProperty", "ExecutionClass")


def new_run(
    job: Job, request: JsonDict, *, previous: str | None = None, origin: Origin | None = None
) -> JobRun:
    """A run of a job, not begun (`Job.begin`).

    Args:
        job: as it is now
        request: StartJobRun's, or a trigger's action
        previous: id of the run that it repeats
        origin: what starts it, when that is no client

    Raises:
        InvalidInputException: an argument, capacity or timeout is not valid
    """
    return JobRun(
        job.account,
        job.region,
        _run_settings(job, request, origin),
        job_id=job.job_id,
        bookmarks=job.bookmarks,
        previous=previous,
        origin=origin,
        on_end=job.ended,
    )


def _run_settings(job: Job, request: JsonDict, origin: Origin | None) -> JsonDict:
    """The job's definition as it is now, with what the start gives over it.

    Raises:
        InvalidInputException: an argument, capacity or timeout is not valid
    """
    definition = job.definition
    given = request.get("Arguments") or {}
    check_arguments(given)
    fixed = definition.get("NonOverridableArguments") or {}
    if clash := sorted(fixed.keys() & given.keys()):
        raise aws_error(
            "InvalidInputException", f"Arguments {', '.join(clash)} of the job are not overridable"
        )
    timeout = request.get("Timeout") or definition.get("Timeout")
    if timeout is not None:
        check_timeout(timeout)
    own = {k: request[k] for k in ("MaxCapacity", "WorkerType", "NumberOfWorkers") if k in request}
    size = capacity(own or _sizes(definition), definition["Command"]["Name"])
    settings = {
        "JobName": job.name,
        "JobMode": definition["JobMode"],
        "Command": definition["Command"],
        "Arguments": {
            **job_arguments.merge(definition["DefaultArguments"], given),
            **fixed,
            **(origin.arguments if origin else {}),
        },
        **({} if timeout is None else {"Timeout": timeout}),
        "GlueVersion": definition["GlueVersion"],
        **size,
    }
    if definition.get("Connections"):
        settings["Connections"] = definition["Connections"]
    for key in _RUN_SETTINGS:
        value = request.get(key) or definition.get(key)
        if value:
            settings[key] = value
    queuing = request.get("JobRunQueuingEnabled", definition.get("JobRunQueuingEnabled"))
    if queuing is not None:
        settings["JobRunQueuingEnabled"] = queuing
    return settings


def _sizes(definition: JsonDict) -> JsonDict:
    """The job's own capacity; MaxCapacity only where no workers are set."""
    keys = ("WorkerType", "NumberOfWorkers")
    workers = {k: definition[k] for k in keys if k in definition}
    return workers or {"MaxCapacity": definition["MaxCapacity"]}

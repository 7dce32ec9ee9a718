"""A job's definition: its kind and the parameters that AWS Glue itself reads."""

from __future__ import annotations

from collections.abc import Iterator

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.imports import Surroundings
from lakestack.glue_check.jobs import Job
from lakestack.glue_check.table_formats import named_in
from lakestack.services.glue import job_arguments, python_modules, table_formats
from lakestack.services.glue.runtime.awsglue.coverage import Effect, Entry
from lakestack.services.glue.runtime.awsglue.coverage.modules import JOBS
from lakestack.services.glue.special_parameters import PARAMETERS

__all__ = ["of_job", "surroundings"]


def of_job(job: Job) -> Iterator[Finding]:
    """What a definition uses."""
    if job.command in JOBS:
        yield Finding.of(job.file, 0, "job type", job.command, JOBS[job.command])
    elif job.command:
        note = "AWS documents no such type of job"
        yield Finding(job.file, 0, "job type", job.command, Verdict.REFUSED, note)
    wrong = {found.name: found for found in _wrong(job)}
    yield from wrong.values()
    for name, value in job.arguments.items():
        effect = PARAMETERS.get(name)
        if effect is None or name in wrong:
            continue  # the script's own, or said already
        if effect is Effect.REFUSED and value in ("", "false"):
            effect = Effect.NONE
        yield Finding.of(job.file, job.lines.get(name, 0), "parameter", name, Entry(effect))
    yield from _formats_of_settings(job)
    for jar in _several(job, "--extra-jars"):
        line = job.lines.get("--extra-jars", 0)
        yield Finding(
            job.file, line, "jar", jar, Verdict.RUNS, "fetched from S3 when the run starts"
        )


def _formats_of_settings(job: Job) -> Iterator[Finding]:
    """Open table formats whose classes ``--conf`` names, and that the job does not ask for."""
    wanted = table_formats.PARAMETER
    conf, asked = job.arguments.get("--conf"), job.arguments.get(wanted, "")
    if not (isinstance(conf, str) and isinstance(asked, str)) or job.arguments.get("--extra-jars"):
        return
    for name in sorted(named_in(conf) - {each.lower() for each in _several(job, wanted)}):
        line, note = job.lines.get("--conf", 0), f"--conf names its classes, without {wanted}"
        instead = f"{wanted} {name}"
        yield Finding(job.file, line, "table format", name, Verdict.REFUSED, note, instead)


def _wrong(job: Job) -> Iterator[Finding]:
    """A parameter that a run would refuse, by the code that a run goes through."""
    for name, value in job.arguments.items():
        if (
            PARAMETERS.get(name) is not Effect.APPLIED
            or not isinstance(value, str)
            or "${" in value
        ):
            continue
        try:
            job_arguments.special({name: value})
        except job_arguments.ArgumentError as e:
            line = job.lines.get(name, 0)
            yield Finding(job.file, line, "parameter", name, Verdict.REFUSED, str(e))


def surroundings(job: Job | None, local: set[str]) -> Surroundings:
    """The modules that a job's script finds.

    Args:
        job: its job, where one is known
        local: modules of the repository
    """
    if job is None:
        return Surroundings(frozenset(local))
    modules = job.arguments.get(python_modules.PARAMETER, "")
    brought = _several(job, python_modules.PARAMETER)
    names = {python_modules.name_of(each) for each in brought if not python_modules.is_url(each)}
    archives = (
        any(python_modules.is_url(each) for each in brought)
        or bool(job.arguments.get("--extra-py-files"))
        or not isinstance(modules, str)
    )
    return Surroundings(
        frozenset(local),
        frozenset(names),
        archives,
        jars=bool(job.arguments.get("--extra-jars")),
        formats=frozenset(name.lower() for name in _several(job, table_formats.PARAMETER)),
        is_known=True,
        command=job.command if isinstance(job.command, str) else "",
    )


def _several(job: Job, name: str) -> list[str]:
    value = job.arguments.get(name)
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else []
    )

"""Lab 3: the Glue job makes training data from the catalog's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from pipeline.cloudformation import template_text
from pipeline.errors import StageError
from pipeline.lake import Lake, error_code
from pipeline.log_tail import log_tail, newest_line
from pipeline.polling import Position
from pipeline.run_state import Record, fingerprint
from pipeline.stages.base import Result, Stage, Work
from pipeline.text.counted import counted
from pipeline.training_data import missing_output, output_digest, written
from pipeline.uploads import glue_modules, glue_script, upload

if TYPE_CHECKING:
    from pipeline.data import Dataset

__all__ = ["Transform"]

_ENDED: Final = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")
_LOG_GROUPS: Final = ("/aws-glue/jobs/error", "/aws-glue/jobs/output")


class Transform(Stage):
    """Upload the script and its modules, run the job, read its report and what it wrote."""

    name = "transform"
    needs = ("catalog",)
    stacks = ("catalog",)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [fingerprint(glue_script(), glue_modules()), template_text("catalog")]

    def missing(self, lake: Lake, record: Record) -> str | None:
        absent = missing_output(lake)
        if absent:
            return f"s3://{lake.bucket}/{absent}"
        if output_digest(lake) != record.details.get("output"):
            return f"the former content of s3://{lake.bucket}/{lake.settings.training_data}/"
        return None

    def run(self, work: Work) -> Result:
        lake = work.lake
        upload(lake, lake.settings.script_key, glue_script(), "text/x-python")
        upload(lake, lake.settings.modules_key, glue_modules(), "application/zip")
        run_id = self._running(work) or self._start(work)
        work.note(job_run=run_id)
        run = work.wait(
            lambda: self._ended(work, run_id),
            lake.target.waits.job,
            f"Glue job run {run_id}",
            position=lambda: self._position(lake, run_id),
        )
        if run["JobRunState"] != "SUCCEEDED":
            tail = log_tail(lake, _LOG_GROUPS, run_id)
            raise StageError(
                f"Glue job run {run_id} {run['JobRunState'].lower()}: "
                f"{run.get('ErrorMessage', 'no message')}{tail}",
                "Fix the cause, then: lake run",
            )
        absent = missing_output(lake)
        if absent:
            work.note()  # or else the next run would go on with this one, which has succeeded
            raise StageError(
                f"Glue job run {run_id} succeeded but wrote nothing to {absent}.",
                "Run it again with: lake run",
            )
        counts, details = written(lake, run_id)
        rows, rejected, duplicates = (
            sum(number for name, number in counts.items() if name.endswith(what))
            for what in ("written", "rejected", "duplicates")
        )
        text = (
            f"{counted(rows, 'row')} written, {rejected:,} rejected, "
            f"{counted(duplicates, 'duplicate')}"
        )
        return Result(text, counts, details)

    @staticmethod
    def _running(work: Work) -> str | None:
        """The run that an interrupted `lake run` has started, if it is still going or good."""
        run_id = work.noted("job_run")
        if run_id is None:
            return None
        try:
            run = _job_run(work.lake, run_id)
        except ClientError as error:
            if error_code(error) == "EntityNotFoundException":
                return None
            raise
        state = run["JobRunState"]
        return str(run_id) if state == "SUCCEEDED" or state not in _ENDED else None

    @staticmethod
    def _start(work: Work) -> str:
        glue = work.lake.client("glue")
        name = work.lake.settings.job

        def started() -> str | None:
            try:
                return str(glue.start_job_run(JobName=name)["JobRunId"])
            except ClientError as error:
                # A run that somebody else has started, or that is still stopping.
                if error_code(error) != "ConcurrentRunsExceededException":
                    raise
                work.progress(f"waiting for another run of {name} to end")
                return None

        return work.wait(
            started,
            work.lake.target.waits.job,
            f"another run of {name} to end",
            position=lambda: Transform._others(work.lake),
        )

    @staticmethod
    def _position(lake: Lake, run_id: str) -> Position:
        return {
            "run": _job_run(lake, run_id)["JobRunState"],
            "newest line of its log": newest_line(lake, _LOG_GROUPS, run_id),
        }

    @staticmethod
    def _others(lake: Lake) -> Position:
        """The runs at work, each with its position."""
        runs = lake.client("glue").get_job_runs(JobName=lake.settings.job)["JobRuns"]
        return {
            f"{name} of {run['Id']}": value
            for run in runs
            if run["JobRunState"] not in _ENDED
            for name, value in Transform._position(lake, run["Id"]).items()
        }

    @staticmethod
    def _ended(work: Work, run_id: str) -> dict[str, Any] | None:
        run = _job_run(work.lake, run_id)
        work.progress(f"{work.lake.settings.job} {run['JobRunState']}")
        return run if run["JobRunState"] in _ENDED else None


def _job_run(lake: Lake, run_id: str) -> dict[str, Any]:
    return dict(lake.client("glue").get_job_run(JobName=lake.settings.job, RunId=run_id)["JobRun"])

"""An evaluation run: rulesets on a table, in a process of its own, watched to its end.

AWS Glue Developer Guide, "Data Quality API" (StartDataQualityRulesetEvaluationRun).
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from pathlib import Path
from typing import Any

from lakestack import clock
from lakestack.errors import EmulationError
from lakestack.services.glue import runtime
from lakestack.services.glue.data_quality.results import FILE_NAME, FILE_VARIABLE, Origin, collect
from lakestack.services.glue.job_failure import FailureReader
from lakestack.services.glue.run_folder import run_folder
from lakestack.services.glue.spark import database_drivers
from lakestack.services.glue.spark.command import spark_command
from lakestack.services.logs.stream import LogStream
from lakestack.services.processes import ManagedProcess, clean_environment

LOG = logging.getLogger(__name__)
JsonDict = dict[str, Any]

SCRIPT = Path(runtime.__file__).parent / "awsgluedq" / "evaluate_table.py"
OUTPUT_GROUP = "/aws-glue/data-quality/output"
ERROR_GROUP = "/aws-glue/data-quality/error"
ACTIVE = ("STARTING", "RUNNING", "STOPPING")
STOP_GRACE_SECONDS = 5.0
DEFAULT_MINUTES, DEFAULT_WORKERS = 120, 5
LOST = "The emulator ended while the run was under way; start it again"


class TableRun:
    """A run.

    Args:
        account: its account
        region: its region
        request: of the API
        rulesets: text of each ruleset by its name

    Attributes:
        results: of each ruleset, once it has ended
    """

    def __init__(
        self, account: str, region: str, request: JsonDict, rulesets: dict[str, str]
    ) -> None:
        self.account, self.region = account, region
        self.run_id = f"dqrun-{uuid.uuid4().hex}"
        now = clock.wall()
        self._shown: JsonDict = {
            "RunId": self.run_id,
            "DataSource": request["DataSource"],
            "Role": request["Role"],
            "NumberOfWorkers": request.get("NumberOfWorkers") or DEFAULT_WORKERS,
            "Timeout": request.get("Timeout") or DEFAULT_MINUTES,
            "RulesetNames": list(rulesets),
            "Status": "STARTING",
            "StartedOn": now,
            "LastModifiedOn": now,
        }
        for key in ("AdditionalRunOptions", "AdditionalDataSources"):
            if request.get(key):
                self._shown[key] = request[key]
        self.results: list[JsonDict] = []
        self._rulesets = rulesets
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._process: ManagedProcess | None = None
        self.runner = threading.Thread(target=self._run, name=self.run_id[:14], daemon=True)

    @property
    def started(self) -> float:
        """When it was asked for, in seconds since 1970."""
        found: float = self._shown["StartedOn"]
        return found

    def as_api(self) -> JsonDict:
        """What GetDataQualityRulesetEvaluationRun shows."""
        with self._lock:
            return dict(self._shown)

    def stop(self) -> bool:
        """Ask the run to end; False when it has ended already."""
        with self._lock:
            if self._shown["Status"] not in ACTIVE:
                return False
            self._stop.set()
            self._set("STOPPING")
            process = self._process
        if process is not None:
            threading.Thread(
                target=process.terminate, args=(STOP_GRACE_SECONDS,), daemon=True
            ).start()
        return True

    def snapshot(self) -> JsonDict:
        """As plain data."""
        return {"shown": self.as_api(), "results": list(self.results)}

    @classmethod
    def restored(cls, account: str, region: str, saved: JsonDict) -> TableRun:
        """The run of a snapshot; one that was under way has failed."""
        shown = saved["shown"]
        run = cls(account, region, shown, {})
        run.run_id, run._shown = shown["RunId"], dict(shown)
        run.results = list(saved["results"])
        if shown["Status"] in ACTIVE:
            run._end("FAILED", LOST)
        return run

    def _set(self, status: str) -> None:
        self._shown.update(Status=status, LastModifiedOn=clock.wall())

    def _end(self, status: str, error: str) -> None:
        self._set(status)
        ids = [result["ResultId"] for result in self.results]
        self._shown.update(CompletedOn=clock.wall(), ResultIds=ids)
        if error:
            self._shown["ErrorString"] = error

    def _run(self) -> None:
        status, error, begun = "FAILED", "Internal service error", clock.steady()
        try:
            with run_folder(self.run_id) as folder:
                with (
                    LogStream(self.account, self.region, OUTPUT_GROUP, self.run_id) as output,
                    LogStream(self.account, self.region, ERROR_GROUP, self.run_id) as errors,
                ):
                    status, error = self._execute(folder, output, errors)
                self.results = collect(folder, self._origin())
        except EmulationError as e:
            error = e.message
        except Exception as e:
            LOG.exception("data quality run %s failed inside the emulator", self.run_id)
            error = f"Internal service error: {type(e).__name__}: {e}"
        with self._lock:
            self._shown["ExecutionTime"] = round(clock.steady() - begun)
            self._end(status, error)

    def _execute(self, folder: Path, output: LogStream, errors: LogStream) -> tuple[str, str]:
        """Run the script; returns the final status and the error ("" for none)."""
        reader = FailureReader()

        def on_output(line: str) -> None:
            reader.feed(line)
            output.write(line)

        given = folder / "run.json"
        given.write_text(json.dumps(self._given()))
        (folder / "home").mkdir()
        urls = database_drivers.connection_urls(self.account, self.region)
        command, extra = spark_command(
            SCRIPT,
            [str(given)],
            workdir=folder,
            worker_count=self._shown["NumberOfWorkers"],
            account=self.account,
            region=self.region,
            drivers=database_drivers.jars(database_drivers.engines([], urls), errors.write),
        )
        extra[FILE_VARIABLE] = str(folder / FILE_NAME)
        environment = clean_environment(
            self.account, self.region, folder / "home", extra, what="a data quality run"
        )
        minutes = self._shown["Timeout"]
        with self._lock:
            if self._stop.is_set():
                return "STOPPED", ""
            self._process = process = ManagedProcess(
                command,
                env=environment,
                cwd=folder,
                on_line=on_output,
                on_error_line=errors.write,
                name=f"data quality run {self.run_id}",
            )
            self._set("RUNNING")
        try:
            code = process.wait(minutes * 60)
        except TimeoutError:
            process.terminate(STOP_GRACE_SECONDS)
            return "TIMEOUT", f"The run timed out after {minutes} minutes"
        if self._stop.is_set():
            return "STOPPED", ""
        return ("SUCCEEDED", "") if code == 0 else ("FAILED", reader.message(code))

    def _given(self) -> JsonDict:
        """What the script reads."""
        wanted = self._shown.get("AdditionalRunOptions") or {}
        publishing: JsonDict = {
            "enableDataQualityCloudWatchMetrics": bool(wanted.get("CloudWatchMetricsEnabled"))
        }
        if prefix := wanted.get("ResultsS3Prefix"):
            publishing["resultsS3Prefix"] = prefix
        method = wanted.get("CompositeRuleEvaluationMethod")
        return {
            "source": table_of(self._shown["DataSource"]),
            "others": {
                alias: table_of(source)
                for alias, source in (self._shown.get("AdditionalDataSources") or {}).items()
            },
            "rulesets": list(self._rulesets.items()),
            "publishing": publishing,
            "options": {"compositeRuleEvaluation.method": method} if method else {},
        }

    def _origin(self) -> Origin:
        table = table_of(self._shown["DataSource"])
        return Origin(
            self.account,
            self.region,
            self.started,
            {"DataSource": self._shown["DataSource"], "RulesetEvaluationRunId": self.run_id},
            {
                "contextType": "GLUE_DATA_CATALOG",
                "runId": self.run_id,
                "databaseName": table["DatabaseName"],
                "tableName": table["TableName"],
                "catalogId": table.get("CatalogId") or self.account,
            },
        )


def table_of(source: JsonDict) -> JsonDict:
    """The table of a DataSource."""
    found: JsonDict = source.get("GlueTable") or source.get("DataQualityGlueTable") or {}
    return found

"""What Athena keeps for an account and region."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lakestack import clock
from lakestack.services import arns, state_events
from lakestack.services.athena.execution import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCEEDED,
    Document,
    Execution,
)
from lakestack.services.athena.workers import Workers
from lakestack.services.base import aws_error
from lakestack.services.state_events import types
from lakestack.store import Contents, Ending, ServiceState, Store, register

PRIMARY = "primary"
CATALOG = "AwsDataCatalog"
ENGINE = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}


def invalid(message: str, code: str | None = None) -> CommonServiceException:
    """InvalidRequestException."""
    error = aws_error("InvalidRequestException", message)
    if code:
        error.AthenaErrorCode = code
    return error


def not_found(message: str) -> CommonServiceException:
    """ResourceNotFoundException."""
    return aws_error("ResourceNotFoundException", message)


class AthenaState(ServiceState):
    """Work groups, named queries, prepared statements, data catalogs, executions, tags.

    Attributes:
        prepared: by work group and name
        tags: by ARN
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.work_groups: dict[str, Document] = {}
        self.named_queries: dict[str, Document] = {}
        self.prepared: dict[str, dict[str, Document]] = {}
        self.catalogs: dict[str, Document] = {}
        self.executions: dict[str, Execution] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.workers = Workers(account, region, self._started, self._finished)
        self._began: dict[str, float] = {}
        self.work_groups[PRIMARY] = {
            "Name": PRIMARY,
            "State": "ENABLED",
            "Description": "",
            "CreationTime": clock.utc(),
            "Configuration": {
                "ResultConfiguration": {},
                "EnforceWorkGroupConfiguration": False,
                "PublishCloudWatchMetricsEnabled": False,
                "RequesterPaysEnabled": False,
                "EngineVersion": dict(ENGINE),
            },
        }

    def arn(self, kind: str, name: str) -> str:
        """ARN of a work group or a data catalog."""
        return arns.arn("athena", self.region, self.account, f"{kind}/{name}")

    def work_group(self, name: str) -> Document:
        """A work group.

        Raises:
            CommonServiceException: InvalidRequestException
        """
        found = self.work_groups.get(name)
        if found is None:
            raise invalid(f"WorkGroup {name} is not found.")
        return found

    def execution(self, name: str) -> Execution:
        """An execution.

        Raises:
            CommonServiceException: InvalidRequestException
        """
        found = self.executions.get(name)
        if found is None:
            raise invalid(f"QueryExecution {name} was not found", "INVALID_QUERY_EXECUTION_ID")
        return found

    def start(self, execution: Execution) -> None:
        """Let an execution wait for its turn; called with the lock held."""
        self.executions[execution.id] = execution
        self._began[execution.id] = clock.steady()
        self._announce(execution, "")
        self.workers.submit(execution)

    def reuse(self, execution: Execution, earlier: Execution) -> None:
        """End an execution at once with the result of an earlier one; with the lock held."""
        self.executions[execution.id] = execution
        self._began[execution.id] = clock.steady()
        self._announce(execution, "")
        execution.reused = True
        result = {"columns": earlier.columns, "output": earlier.output}
        self._end(execution, SUCCEEDED, result)

    def stop(self, execution: Execution) -> None:
        """End an execution that has not ended yet; called with the lock held."""
        if not execution.is_over:
            self._end(execution, CANCELLED, {"reason": "Query cancelled by user"})
            self.workers.stop(execution.id)

    def _started(self, execution: Execution) -> bool:
        """Its turn has come; whether it is still to run."""
        with self.lock:
            if execution.is_over or self.closed:
                return False
            execution.queued_ms = self._since(execution)
            before, execution.state = execution.state, RUNNING
            self._announce(execution, before)
            return True

    def _finished(self, execution: Execution, outcome: Document) -> None:
        with self.lock:
            if not execution.is_over:
                self._end(execution, outcome["state"], outcome)

    def _end(self, execution: Execution, state: str, outcome: Document) -> None:
        before, execution.state = execution.state, state
        for name in (
            *("reason", "error", "columns", "manifest", "scanned", "updated", "engine_ms"),
            "output",
        ):
            if outcome.get(name) is not None:
                setattr(execution, name, outcome[name])
        execution.completed = clock.utc()
        execution.total_ms = self._since(execution)
        self._began.pop(execution.id, None)
        self._announce(execution, before)

    def _since(self, execution: Execution) -> int:
        began = self._began.get(execution.id)
        return 0 if began is None else int((clock.steady() - began) * 1000)

    def _announce(self, execution: Execution, before: str) -> None:
        execution.sequence += 1
        detail = {
            "versionId": "0",
            "currentState": execution.state,
            "statementType": execution.type,
            "queryExecutionId": execution.id,
            "workgroupName": execution.work_group,
            "sequenceNumber": str(execution.sequence),
        }
        if before:
            detail["previousState"] = before
        if execution.error:
            error = execution.error
            detail["athenaError"] = {  # type: ignore[assignment]
                "errorCategory": error["ErrorCategory"],
                "errorType": error["ErrorType"],
                "errorMessage": error["ErrorMessage"],
                "retryable": error["Retryable"],
            }
        state_events.publish(types.ATHENA_QUERY, self.account, self.region, detail)

    def contents(self) -> Contents:
        with self.lock:
            return {
                "work group": [name for name in sorted(self.work_groups) if name != PRIMARY],
                "named query": sorted(self.named_queries),
                "prepared statement": sorted(n for each in self.prepared.values() for n in each),
                "data catalog": sorted(self.catalogs),
                "query execution": sorted(self.executions),
            }

    def end(self) -> list[Ending]:
        """What runs is killed: nobody can ask for its result any more."""
        return self.workers.close()

    def snapshot(self) -> dict[str, Any]:
        return {
            "work_groups": self.work_groups,
            "named_queries": self.named_queries,
            "prepared": self.prepared,
            "catalogs": self.catalogs,
            "tags": self.tags,
            "executions": [each.snapshot() for each in self.executions.values()],
        }

    def restore(self, document: dict[str, Any]) -> None:
        self.work_groups = document["work_groups"]
        self.named_queries = document["named_queries"]
        self.prepared = document["prepared"]
        self.catalogs = document["catalogs"]
        self.tags = document["tags"]
        for saved in document["executions"]:
            execution = Execution(**saved)
            self.executions[execution.id] = execution

    def resume(self) -> None:
        """What ran when it was saved has failed: its process is gone."""
        for execution in self.executions.values():
            if not execution.is_over:
                reason = "The emulator was stopped while the query ran"
                self._end(execution, FAILED, {"reason": reason})


STORE = register(Store("athena", AthenaState))


def state_of(context: RequestContext) -> AthenaState:
    """What Athena keeps for a request's account and region."""
    return STORE.get(context.account_id, context.region)

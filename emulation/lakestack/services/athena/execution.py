"""A query's execution, and what of it is shown.

Amazon Athena API Reference, "QueryExecution".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

Document = dict[str, Any]
QUEUED, RUNNING, SUCCEEDED = "QUEUED", "RUNNING", "SUCCEEDED"
FAILED, CANCELLED = "FAILED", "CANCELLED"
FINAL = (SUCCEEDED, FAILED, CANCELLED)


@dataclass
class Execution:
    """One execution.

    Attributes:
        prefix: of its results: ``s3://bucket/folder/``
        result: ResultConfiguration, without its location
        output: URL of its result; until its end, where it will be
        total_ms: from submission to end
        queued_ms: before it ran
        sequence: of its last event
        max_age_minutes: of a result that may be reused; None for none
        cutoff: bytes that it may scan
        reused: its result is that of an earlier execution
    """

    id: str
    query: str
    type: str
    kind: str
    context: Document
    work_group: str
    engine: Document
    prefix: str
    submitted: datetime
    result: Document = field(default_factory=dict)
    parameters: list[str] | None = None
    token: str | None = None
    state: str = QUEUED
    output: str = ""
    reason: str | None = None
    error: Document | None = None
    completed: datetime | None = None
    columns: list[Document] = field(default_factory=list)
    manifest: str | None = None
    scanned: int = 0
    updated: int | None = None
    engine_ms: int = 0
    total_ms: int = 0
    queued_ms: int = 0
    sequence: int = 0
    max_age_minutes: int | None = None
    cutoff: int | None = None
    reused: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in FINAL

    def describe(self) -> Document:
        """QueryExecution."""
        status: Document = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed:
            status["CompletionDateTime"] = self.completed
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.error:
            status["AthenaError"] = self.error
        found: Document = {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.type,
            "SubstatementType": self.kind,
            "ResultConfiguration": {**self.result, "OutputLocation": self.output},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": self._reuse()},
            "QueryExecutionContext": self.context,
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.work_group,
            "EngineVersion": self.engine,
        }
        if self.parameters is not None:
            found["ExecutionParameters"] = self.parameters
        return found

    def _reuse(self) -> Document:
        if self.max_age_minutes is None:
            return {"Enabled": False}
        return {"Enabled": True, "MaxAgeInMinutes": self.max_age_minutes}

    def _statistics(self) -> Document:
        found: Document = {
            "EngineExecutionTimeInMillis": self.engine_ms,
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": self.total_ms,
            "QueryQueueTimeInMillis": self.queued_ms,
            "ServiceProcessingTimeInMillis": max(
                0, self.total_ms - self.queued_ms - self.engine_ms
            ),
            "ResultReuseInformation": {"ReusedPreviousResult": self.reused},
        }
        if self.manifest:
            found["DataManifestLocation"] = self.manifest
        return found

    def snapshot(self) -> Document:
        """As plain data, for the constructor."""
        return asdict(self)

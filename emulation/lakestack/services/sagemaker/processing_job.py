"""A processing job: what Describe and List return."""

from __future__ import annotations

from typing import Any

from lakestack.services.sagemaker.jobs import Job
from lakestack.services.sagemaker.members import without
from lakestack.services.state_events import types


class ProcessingJob(Job):
    """One processing job.

    Attributes:
        exit_message: what the script has left in /opt/ml/output/message
    """

    KIND, NOUN, EVENT = "ProcessingJob", "processing job", types.SAGEMAKER_PROCESSING_JOB
    SAVED = (*Job.SAVED, "exit_message")

    def __init__(self, account: str, region: str, arn: str, request: dict[str, Any]) -> None:
        super().__init__(account, region, arn, request)
        self.exit_message: str | None = None

    def describe(self) -> dict[str, Any]:
        """DescribeProcessingJob's answer."""
        with self._lock:
            answer = {**without(self.request, "Tags"), **self.summary()}
            if self.started:
                answer["ProcessingStartTime"] = self.started
            return answer

    def event_detail(self) -> dict[str, Any]:
        return self.describe()

    def summary(self) -> dict[str, Any]:
        """The job's entry in ListProcessingJobs."""
        with self._lock:
            answer = self.identity()
            if self.ended:
                answer["ProcessingEndTime"] = self.ended
            if self.exit_message:
                answer["ExitMessage"] = self.exit_message
            return answer

"""A transform job: what Describe and List return."""

from __future__ import annotations

from typing import Any

from lakestack.services.sagemaker.jobs import Job
from lakestack.services.sagemaker.members import without
from lakestack.services.state_events import types


class TransformJob(Job):
    """One transform job.

    Attributes:
        container: the container definition of its model, as it was when the job was made
    """

    KIND, NOUN, EVENT = "TransformJob", "transform job", types.SAGEMAKER_TRANSFORM_JOB
    SAVED = (*Job.SAVED, "container")

    def __init__(self, account: str, region: str, arn: str, request: dict[str, Any]) -> None:
        super().__init__(account, region, arn, request)
        self.container: dict[str, Any] = {}

    def describe(self) -> dict[str, Any]:
        """DescribeTransformJob's answer."""
        with self._lock:
            answer = {**without(self.request, "Tags"), **self.identity()}
            del answer["LastModifiedTime"]  # the API has none here
            if self.started:
                answer["TransformStartTime"] = self.started
            if self.ended:
                answer["TransformEndTime"] = self.ended
            return answer

    def event_detail(self) -> dict[str, Any]:
        return self.describe()

    def summary(self) -> dict[str, Any]:
        """The job's entry in ListTransformJobs."""
        with self._lock:
            ended = {"TransformEndTime": self.ended} if self.ended else {}
            return {**self.identity(), **ended}

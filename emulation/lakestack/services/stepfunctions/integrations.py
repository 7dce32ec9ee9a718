"""Which operations Step Functions integrates for our services, and how it follows their jobs.

AWS Step Functions Developer Guide, "Start an AWS Glue job with Step Functions", "Create and manage
Amazon SageMaker AI jobs with Step Functions", "Run Athena queries with Step Functions" and
"Discover service integration patterns". Every other operation of these services is there as
``aws-sdk:<service>:<operation>``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """How to follow what an operation has started (``.sync``).

    Attributes:
        identity: request of the calls below, from the operation's request and answer
        describe: method of boto3's client that shows it
        described: what of its answer is the task's output
        status: member of that which tells the state; with points where it is further inside
        succeeded: the state that is success
        ended: states that are not, and are final. One that was stopped has failed (our guess)
        stop: method that ends it, and its request from `identity`
    """

    identity: Callable[[Document, Document], Document]
    describe: str
    status: str
    succeeded: str
    ended: tuple[str, ...]
    stop: tuple[str, Callable[[Document], Document]]
    described: Callable[[Document], Document] = dict

    def state(self, shown: Document) -> str:
        """The state of what was started.

        Args:
            shown: the task's output
        """
        found: Any = shown
        for name in self.status.split("."):
            found = found[name]
        return str(found)


@dataclass(frozen=True)
class Service:
    """A service with an optimized integration.

    Attributes:
        errors: prefix of its errors' names
        sdk_name: as causes name the service
        other_error: name of an error that the API model does not have
        actions: its operations as resources name them; None where there is no ``.sync``
    """

    errors: str
    sdk_name: str
    other_error: str
    actions: Mapping[str, Job | None] = field(default_factory=dict)


def _sagemaker(kind: str) -> Job:
    method = "".join(f"_{c.lower()}" if c.isupper() else c for c in kind)
    name = f"{kind}Name"
    return Job(
        identity=lambda request, _: {name: request[name]},
        describe=f"describe{method}",
        status=f"{kind}Status",
        succeeded="Completed",
        ended=("Failed", "Stopped"),
        stop=(f"stop{method}", dict),
    )


GLUE_RUN = Job(
    identity=lambda request, answer: {
        "JobName": request["JobName"],
        "RunId": answer["JobRunId"],
    },
    describe="get_job_run",
    described=lambda answer: dict(answer["JobRun"]),
    status="JobRunState",
    succeeded="SUCCEEDED",
    ended=("FAILED", "TIMEOUT", "ERROR", "STOPPED", "EXPIRED"),
    stop=(
        "batch_stop_job_run",
        lambda of: {"JobName": of["JobName"], "JobRunIds": [of["RunId"]]},
    ),
)

ATHENA_QUERY = Job(
    identity=lambda _, answer: {"QueryExecutionId": answer["QueryExecutionId"]},
    describe="get_query_execution",
    status="QueryExecution.Status.State",
    succeeded="SUCCEEDED",
    ended=("FAILED", "CANCELLED"),
    stop=("stop_query_execution", dict),
)

INTEGRATIONS: Mapping[str, Service] = {
    "glue": Service("Glue", "AWSGlue", "AWSGlueException", {"startJobRun": GLUE_RUN}),
    "athena": Service(
        "Athena",
        "AmazonAthena",
        "AmazonAthenaException",
        {
            "startQueryExecution": ATHENA_QUERY,
            "stopQueryExecution": None,
            "getQueryExecution": None,
            "getQueryResults": None,
        },
    ),
    "sagemaker": Service(
        "SageMaker",
        "AmazonSageMaker",
        "AmazonSageMakerException",
        {
            "createTrainingJob": _sagemaker("TrainingJob"),
            "createTransformJob": _sagemaker("TransformJob"),
            "createProcessingJob": _sagemaker("ProcessingJob"),
            "createHyperParameterTuningJob": _sagemaker("HyperParameterTuningJob"),
            "createModel": None,
            "createEndpointConfig": None,
            "createEndpoint": None,
            "updateEndpoint": None,
        },
    ),
}
"""By the service's name in a resource. Labeling jobs are not emulated."""

PATTERNS: Mapping[str, frozenset[str]] = {
    "apigateway": frozenset({"waitForTaskToken"}),
    "dynamodb": frozenset(),
    "events": frozenset({"waitForTaskToken"}),
    "lambda": frozenset({"waitForTaskToken"}),
    "sns": frozenset({"waitForTaskToken"}),
    "sqs": frozenset({"waitForTaskToken"}),
}
"""Patterns besides request and response, of the services that have no job to wait for: AWS Step
Functions Developer Guide, "Integrating optimized services with Step Functions"."""

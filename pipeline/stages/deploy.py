"""Lab 4: the trained model goes behind an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline.cloudformation import template_text
from pipeline.errors import StageError
from pipeline.infrastructure import SERVING, model_parameters
from pipeline.lake import Lake, error_code
from pipeline.run_state import Record
from pipeline.settings import ROOT
from pipeline.stages.base import Result, Stage, Work

if TYPE_CHECKING:
    from pipeline.data import Dataset

__all__ = ["Deploy", "endpoint_log", "endpoint_status"]


class Deploy(Stage):
    """Deploy the serving stack and wait until the endpoint is InService."""

    name = "deploy"
    needs = ("train",)
    stacks = (ROOT,)
    removed_by_pause = True

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [template_text(SERVING)]

    def missing(self, lake: Lake, record: Record) -> str | None:  # noqa: ARG002
        status = endpoint_status(lake)
        return None if status == "InService" else f"endpoint {lake.settings.endpoint} ({status})"

    def run(self, work: Work) -> Result:
        lake = work.lake
        trained = work.upstream("train").details
        artifact: str = trained["artifact"]
        if lake.stacks.describe(SERVING) and endpoint_status(lake) != "InService":
            # A stack whose endpoint has died or was deleted cannot be updated into life.
            work.progress("removing the endpoint that is out of service")
            lake.stacks.delete(SERVING)
        work.progress("making the endpoint")
        outcome = lake.stacks.deploy(
            SERVING,
            {
                **model_parameters(lake, artifact),
                "Image": lake.target.sizes.image("inference", lake.target.region),
                "InstanceType": lake.target.sizes.hosting_instance_type,
            },
        )
        status = endpoint_status(lake)
        if status != "InService":
            raise StageError(
                f"Endpoint {lake.settings.endpoint} is {status}.",
                f"Read its log: {lake.target.read_log(endpoint_log(lake))}; then: lake run",
            )
        return Result(f"endpoint {lake.settings.endpoint} InService, {outcome.value}")


def endpoint_log(lake: Lake) -> str:
    """The endpoint's log group."""
    return f"/aws/sagemaker/Endpoints/{lake.settings.endpoint}"


def endpoint_status(lake: Lake) -> str:
    """EndpointStatus, or ``absent``."""
    try:
        found = lake.client("sagemaker").describe_endpoint(EndpointName=lake.settings.endpoint)
    except ClientError as error:
        # SageMaker answers with a ValidationException "Could not find endpoint".
        if error_code(error) in ("ValidationException", "ResourceNotFound"):
            return "absent"
        raise
    return str(found["EndpointStatus"])

"""Another model behind the endpoint, and the former one again when the new one does not serve.

The endpoint is in the serving stack, so the stack is updated: CloudFormation makes model and
endpoint configuration, calls UpdateEndpoint, which is blue/green with all traffic at once (Amazon
SageMaker AI Developer Guide, "Blue/Green Deployments": the default), and puts everything back when
the new containers do not answer /ping. So the stack, and what `lake run`, `pause` and `destroy`
make of it, never differs from what serves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.cloudformation import GOOD
from pipeline.infrastructure import SERVING, model_parameters
from pipeline.lake import Lake

__all__ = ["begin_swap", "serving_parameters", "smoke_fault", "standing"]

_LISTED: Final = 5
_LONGEST: Final = 300


def serving_parameters(lake: Lake, artifact: str) -> dict[str, str]:
    """Parameters of the serving stack with another model in it."""
    return {
        **lake.stacks.parameters(SERVING),
        **model_parameters(lake, artifact),
    }


def begin_swap(lake: Lake, parameters: Mapping[str, str]) -> None:
    """Begin to update the serving stack; nothing happens when it has these parameters."""
    try:
        lake.client("cloudformation").update_stack(**lake.stacks.arguments(SERVING, parameters))
    except ClientError as error:
        text = str(error)  # an update that is at work is looked at next
        if "No updates are to be performed" not in text and "_IN_PROGRESS" not in text:
            raise


def standing(lake: Lake, artifact: str) -> tuple[str, str]:
    """Where a swap to a model stands.

    Args:
        lake: where
        artifact: of the model that is to serve

    Returns:
        ``at work``, ``serves`` or ``other`` (another model does), and for the last one why: the
        first failure in the stack's events, "" when there was none
    """
    stack = lake.stacks.describe(SERVING) or {"StackStatus": "absent"}
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        return "at work", ""
    given = {p["ParameterKey"]: p.get("ParameterValue") for p in stack.get("Parameters", [])}
    if status in GOOD and given.get("ModelDataUrl") == artifact:
        return "serves", ""
    if status in GOOD:
        return "other", ""
    name = lake.settings.stack(SERVING)
    return "other", f"stack {name} is {status}: {lake.stacks.reason(name)}"


def smoke_fault(lake: Lake, users: Sequence[int]) -> str:
    """What is wrong with the endpoint's answers, "" when nothing is.

    Args:
        lake: where
        users: ids that the model knows; one that nobody has, and ratings of nobody's, are asked for
            beside them
    """
    instances: list[dict[str, Any]] = [{"user_id": user, "k": _LISTED} for user in users]
    instances.append({"user_id": 2**53 - 1, "k": _LISTED})
    try:
        answer = lake.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=lake.settings.endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"instances": instances}),
        )
        text = answer["Body"].read()
    except (ClientError, BotoCoreError) as error:
        return f"the endpoint does not answer: {error}"[:_LONGEST]
    try:
        predictions = json.loads(text)["predictions"]
        if len(predictions) != len(instances):
            return f"{len(predictions)} answers to {len(instances)} questions"
        for asked, found in zip(instances, predictions, strict=True):
            listed = [int(one["movie_id"]) for one in found["recommendations"]]
            if not listed or len(set(listed)) != len(listed) or len(listed) > _LISTED:
                return f"user {asked['user_id']} gets the movies {listed}"
    except (ValueError, KeyError, TypeError) as error:
        return f"the answer is not the contract's ({error!r}): {text[:100]!r}"
    return ""

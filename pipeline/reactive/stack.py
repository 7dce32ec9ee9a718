"""The stack of what reacts to files under raw/, and the events of the lake's bucket."""

from __future__ import annotations

import math

from pipeline.errors import RetrainingError
from pipeline.infrastructure import BUCKET, EVENTS
from pipeline.lake import Lake
from pipeline.settings import REACTIVE
from pipeline.uploads import package_key, retraining_package, source_directory, upload

__all__ = ["make_reactive", "planned_parameters", "running", "stop_executions"]


def make_reactive(lake: Lake) -> None:
    """Have the bucket send its events, and make or change the stack.

    Files that are under raw/ already are taken with the next one that comes.

    Raises:
        RetrainingError: there is no model that a round could compare with
        StackError: a stack cannot be made
    """
    if lake.state.read("deploy") is None:
        raise RetrainingError(
            "There is no model to retrain: the lake is not filled.",
            "Make it with: lake run --reactive",
        )
    upload(lake, lake.settings.source_key, source_directory(), "application/gzip")
    package = retraining_package()
    upload(lake, package_key("react", package), package, "application/zip")
    parameters = planned_parameters(lake)
    for template in (REACTIVE, BUCKET):  # first somebody for the events
        outcome = lake.stacks.deploy(template, parameters[template])
        lake.reporter.line(f"stack {lake.settings.stack(template)} {outcome.value}")


def planned_parameters(lake: Lake) -> dict[str, dict[str, str]]:
    """Parameters of a reactive lake's stacks that differ from those of another one, by template."""
    sizes = lake.target.sizes
    own = {
        "ReactKey": package_key("react", retraining_package()),
        "PollSeconds": str(max(1, math.ceil(lake.target.waits.poll))),
        "TrainingInstanceType": sizes.training_instance_type,
        "HostingInstanceType": sizes.hosting_instance_type,
        "FrameworkTag": sizes.framework_tag,
    }
    return {REACTIVE: own, BUCKET: {EVENTS: "true"}}


def running(lake: Lake) -> list[str]:
    """ARNs of the executions that are at work."""
    if lake.stacks.describe(REACTIVE) is None:
        return []
    arn = lake.stacks.outputs(REACTIVE).get("StateMachineArn")
    if arn is None:  # a stack that was never complete
        return []
    pages = lake.client("stepfunctions").get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=arn, statusFilter="RUNNING")
    return [one["executionArn"] for page in found for one in page["executions"]]


def stop_executions(lake: Lake) -> list[str]:
    """Stop what the state machine is at: without it, it would begin new work.

    Returns:
        what was stopped
    """
    states, stopped = lake.client("stepfunctions"), []
    for arn in running(lake):
        states.stop_execution(executionArn=arn)
        stopped.append(f"execution {arn.rpartition(':')[2]} (stopped)")
    return stopped

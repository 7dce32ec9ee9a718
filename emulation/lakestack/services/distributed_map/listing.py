"""ListExecutions of a Map run, and DescribeExecution of its child executions.

AWS Step Functions API Reference, "ListExecutions", "ExecutionListItem" and "DescribeExecution",
which the children of a Map run have whatever their type. LocalStack 4.9.2 keeps
no child executions and does not read `mapRunArn`; ours are the `Child` of the run's record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from localstack.aws.api.stepfunctions import (
    DescribeExecutionOutput,
    ExecutionDoesNotExist,
    ExecutionListItem,
    InvalidArn,
    ListExecutionsOutput,
    ResourceNotFound,
)
from localstack.services.stepfunctions.stepfunctions_utils import (
    assert_pagination_parameters_valid,
    get_next_page_token_from_arn,
    normalise_max_results,
)
from localstack.utils.collections import PaginatedList

from lakestack.services.distributed_map.children import Children

CHILDREN = "lake_children"
"""Of LocalStack's record of a Map run."""
_MAX_TOKEN = 3096
_CHILD = re.compile(r"arn:aws[a-z-]*:states:[^:]+:\d{12}:execution:[^/:]+/[^:]+:[^:]+", re.ASCII)
_ARN = re.compile(r"arn:aws[a-z-]*:states:[^:]+:\d{12}:mapRun:[^/:]+/[^:]+:[^:]+", re.ASCII)


def list_children(
    executions: Iterable[Any],
    arn: str,
    status: str | None = None,
    redrive: str | None = None,
    max_results: int | None = None,
    token: str | None = None,
) -> ListExecutionsOutput:
    """The child executions of a Map run, the latest first.

    Args:
        executions: LocalStack's, of the account and region
        arn: of the Map run
        status: only children of this status
        redrive: only those that were or were not redriven; none ever was

    Raises:
        InvalidArn: `arn` is not one of a Map run
        ResourceNotFound: no execution has this Map run
    """
    assert_pagination_parameters_valid(
        max_results=max_results, next_token=token, next_token_length_limit=_MAX_TOKEN
    )
    if not _ARN.fullmatch(arn):
        raise InvalidArn(f"Invalid Arn: 'Resource type not valid in this context: {arn}'")
    record = _record(executions, arn)
    children: Children | None = getattr(record, CHILDREN, None)  # none before the items are read
    found = [
        ExecutionListItem(**child.listed(record.map_state_machine_arn), mapRunArn=arn)
        for child in (children.all() if children is not None else ())
    ]
    if status:
        found = [item for item in found if item["status"] == status]
    if redrive == "REDRIVEN":
        found = []
    found.sort(key=lambda item: item["startDate"], reverse=True)
    page, following = PaginatedList(found).get_page(
        token_generator=lambda item: get_next_page_token_from_arn(item["executionArn"]),
        page_size=normalise_max_results(max_results),
        next_token=token,
    )
    return ListExecutionsOutput(executions=page, nextToken=following)


def is_child(arn: str) -> bool:
    """Whether an ARN is one of a child execution."""
    return _CHILD.fullmatch(arn) is not None


def describe_child(executions: Iterable[Any], arn: str, data: bool) -> DescribeExecutionOutput:
    """A child execution of a Map run.

    Args:
        executions: LocalStack's, of the account and region
        arn: of the child
        data: whether input and output are wanted

    Raises:
        ExecutionDoesNotExist: no Map run has this child
    """
    for execution in executions:
        worker = execution.exec_worker
        for record in worker.env.map_run_record_pool_manager.get_all() if worker else ():
            children: Children | None = getattr(record, CHILDREN, None)
            for child in children.all() if children is not None else ():
                found = child.shown(record.map_state_machine_arn, record.map_run_arn, data)
                if found["executionArn"] == arn:
                    return DescribeExecutionOutput(**found)
    raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn}'")


def _record(executions: Iterable[Any], arn: str) -> Any:
    for execution in executions:
        worker = execution.exec_worker
        record = worker and worker.env.map_run_record_pool_manager.get(arn)
        if record is not None:
            return record
    raise ResourceNotFound(f"Resource not found: '{arn}'", resourceName=arn)

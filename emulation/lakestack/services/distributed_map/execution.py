"""Our parts of Distributed Map, in the place of LocalStack's (`install`)."""

from __future__ import annotations

import copy
import json
import logging
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType, MapRunFailedEventDetails
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (  # noqa: E501
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.resource_eval.resource_eval_s3 import (  # noqa: E501
    ResourceEvalS3,
)
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.program_state import ProgramError, ProgramStopped
from localstack.services.stepfunctions.asl.eval.states import ItemData, MapData

from lakestack import clock, patches
from lakestack.services.distributed_map.batches import BatcherError
from lakestack.services.distributed_map.children import (
    FAILED,
    PENDING,
    SUCCEEDED,
    Child,
    Children,
)
from lakestack.services.distributed_map.definition import (
    ATTRIBUTE,
    CONFIG,
    RESULT_WRITER,
    parse,
)
from lakestack.services.distributed_map.listing import CHILDREN
from lakestack.services.distributed_map.writer import WriterConfig

__all__ = ["eval_job", "eval_pool", "map_run", "parse", "write_results"]


LOG = logging.getLogger(__name__)


class _Batch(list[Any]):
    """One child's input, with the items that were selected for it."""


class _Outputs(list[Any]):
    """The output of a Map run, with its record and how it is written."""

    record: Any = None
    config: WriterConfig | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return copy.deepcopy(list(self), memo)


def map_run(component: Any, env: Any, eval_input: Any) -> None:
    """Run the children, batched, and keep what became of each."""
    items, record = env.stack.pop(), eval_input.map_run_record
    children = Children(
        len(items), eval_input.tolerated_failure_count, eval_input.tolerated_failure_percentage
    )
    setattr(record, CHILDREN, children)
    env.stack.append(items)
    if (batcher := getattr(component, ATTRIBUTE, None)) is not None:
        env.stack[-1] = _batched(env, eval_input, batcher, items)
    config: WriterConfig | None = getattr(component, CONFIG, None)
    children.exported = config is not None and config.exports
    try:
        patches.original("distributed_map.run")(component, env, eval_input)
    except FailureEventException:
        if children.exported:
            _write_failed(env, getattr(component, RESULT_WRITER), record, config)
        raise
    outputs = _Outputs(env.stack.pop())
    outputs.record, outputs.config = record, config
    if outputs.config is not None and not outputs.config.exports:
        outputs[:] = outputs.config.results(children.all(), record.map_state_machine_arn)
    env.stack.append(outputs)


def _write_failed(env: Any, writer: Any, record: Any, config: WriterConfig | None) -> None:
    """Write what a Map run that failed has; its own failure stays the state's.

    AWS Step Functions Developer Guide, "ResultWriter (Map)".
    """
    outputs = _Outputs()
    outputs.record, outputs.config = record, config
    env.stack.append(outputs)
    try:
        writer.eval(env)
        env.stack.pop()
    except FailureEventException as e:
        LOG.warning("The results of %s were not written: %s", record.map_run_arn, e)


def _batched(env: Any, eval_input: Any, batcher: Any, items: list[Any]) -> list[Any]:
    """The children's inputs; the items are selected one by one before (Guide, "ItemSelector")."""
    selected, selector = items, eval_input.item_selector or eval_input.parameters
    state_input = env.states.get_input()
    context = env.states.context_object.context_object_data
    if selector is not None:
        selected = []
        for index, item in enumerate(items):
            frame = env.open_inner_frame()
            frame.states.context_object.context_object_data["Map"] = MapData(
                Item=ItemData(Index=index, Value=item)
            )
            frame.states.reset(input_value=state_input)
            frame.stack.append(state_input)
            selector.eval(frame)
            selected.append(frame.stack.pop())
            env.delete_frame(frame)
    try:
        made = batcher.batches(selected, state_input, context)
    except BatcherError as e:
        raise _failure(env, StatesErrorNameType.StatesRuntime, str(e)) from e
    return [_Batch([each]) for each in made]


def eval_job(worker: Any, env: Any, job: Any) -> None:
    """Run one child to its end."""
    record = worker._map_run_record
    batch = job.job_input if isinstance(job.job_input, _Batch) else None
    given = batch[0] if batch is not None else job.job_input
    items = len(given["Items"]) if batch is not None else 1
    child = Child(job.job_index, given, items, clock.utc())
    children: Children = getattr(record, CHILDREN)
    children.add(child)
    for counter, number in ((record.item_counter, items), (record.execution_counter, 1)):
        counter.total.count(number)
        counter.running.count(number)
    try:
        env.states.context_object.context_object_data["Map"] = MapData(
            Item=ItemData(Index=job.job_index, Value=given)
        )
        env.states.reset(given)
        env.stack.append(env.states.get_input())
        if batch is None:
            worker._eval_input(env_frame=env)
            child.input = env.states.get_input()
        job.job_program.eval(env)
        end = env.program_state()
        if isinstance(end, ProgramError):
            child.error = (end.error or {}).get("error")
            child.cause = (end.error or {}).get("cause")
            child.status = FAILED
        elif isinstance(end, ProgramStopped):
            child.status = "ABORTED"
        else:
            child.output, child.status = env.states.get_input(), SUCCEEDED
    except FailureEventException as e:
        child.status = FAILED
        child.error, child.cause = e.extract_error_cause_pair() or (None, None)
    except Exception as e:
        child.status, child.error, child.cause = FAILED, "States.Runtime", str(e)
    child.stopped = clock.utc()
    _count(record, child)
    job.job_output = child.output
    if child.status == FAILED and children.failed(child):
        job.job_output = _failure(
            env,
            StatesErrorNameType.StatesExceedToleratedFailureThreshold,
            "The specified tolerated failure threshold was exceeded",
        )


def _count(record: Any, child: Child) -> None:
    names = {SUCCEEDED: "succeeded", FAILED: "failed"}
    for counter, number in ((record.item_counter, child.items), (record.execution_counter, 1)):
        counter.running.offset(-number)
        getattr(counter, names.get(child.status, "aborted")).count(number)
        if child.status == SUCCEEDED and not getattr(record, CHILDREN).exported:
            counter.results_written.count(number)


def eval_pool(worker: Any, job: Any, worker_frame: Any) -> None:
    """Run children one after another; LocalStack calls itself for each."""
    while job is not None:
        frame = worker_frame.open_inner_frame()
        worker._eval_job(env=frame, job=job)
        worker_frame.delete_frame(frame)
        ended = isinstance(job.job_output, Exception) or worker.stopped()
        following = None if ended else worker._job_pool.next_job()
        if following is None:
            # The Map state waits for the jobs: the frame must be gone before the last one is.
            worker._env.delete_frame(worker_frame)
            worker._job_pool.close_job(job)
            return
        worker._job_pool.close_job(job)
        job = following
    worker._env.delete_frame(worker_frame)


def _failure(env: Any, kind: StatesErrorNameType, cause: str) -> FailureEventException:
    return FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=kind),
            event_type=HistoryEventType.MapRunFailed,
            event_details=EventDetails(
                mapRunFailedEventDetails=MapRunFailedEventDetails(error=kind.to_name(), cause=cause)
            ),
        )
    )


def write_results(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    """Write the result files and the manifest that names them."""
    parameters, outputs = env.stack.pop(), env.stack.pop()
    record, config = outputs.record, outputs.config
    made = ResourceEvalS3._get_s3_client(resource_runtime_part, state_credentials)
    bucket, prefix = parameters["Bucket"], parameters.get("Prefix") or ""
    folder = f"{prefix.rstrip('/')}/" if prefix else ""
    folder += record.map_run_arn.rpartition(":")[2]
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    try:
        for status, children in getattr(record, CHILDREN).by_status().items():
            body = config.text(config.results(children, record.map_state_machine_arn))
            key = f"{folder}/{status}_0.{config.suffix}"
            made.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
            files[status].append({"Key": key, "Size": len(body)})
            if status != PENDING:
                record.execution_counter.results_written.count(len(children))
                record.item_counter.results_written.count(sum(each.items for each in children))
        manifest = {
            "DestinationBucket": bucket,
            "MapRunArn": record.map_run_arn,
            "ResultFiles": files,
        }
        key = f"{folder}/manifest.json"
        made.put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest).encode())
    except Exception as e:
        raise _failure(env, StatesErrorNameType.StatesResultWriterFailed, str(e)) from e
    env.stack.append(
        {
            "MapRunArn": record.map_run_arn,
            "ResultWriterDetails": {"Bucket": bucket, "Key": key},
        }
    )

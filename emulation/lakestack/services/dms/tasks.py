"""Operations on replication tasks."""

from __future__ import annotations

import threading
from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.base import aws_error
from lakestack.services.dms import state_changes
from lakestack.services.dms.errors import DefinitionError
from lakestack.services.dms.full_load import LoadPlan
from lakestack.services.dms.item_mapping import check_against
from lakestack.services.dms.progress import COMPLETED, TableProgress
from lakestack.services.dms.s3_source import parse_s3_source
from lakestack.services.dms.state import (
    ACTIVE_STATES,
    STORE,
    DmsState,
    Operations,
    Shape,
    Task,
    already_exists,
    check_identifier,
    find,
    invalid_value,
    page,
    select,
    wrong_state,
)
from lakestack.services.dms.table_mapping import TableMappings, parse_table_mappings
from lakestack.services.dms.task_run import run_task
from lakestack.services.dms.task_settings import parse_task_settings

START, RESUME, RELOAD = "start-replication", "resume-processing", "reload-target"
MOST_STATISTICS = 500


class TaskOperations(Operations):
    """Mixed into the provider."""

    @handler("CreateReplicationTask", expand=False)
    def create_replication_task(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        name = check_identifier(request["ReplicationTaskIdentifier"], "ReplicationTaskIdentifier")
        _check_migration_type(request["MigrationType"])
        try:
            mappings = parse_table_mappings(request["TableMappings"])
            settings = parse_task_settings(request.get("ReplicationTaskSettings"))
        except DefinitionError as e:
            raise invalid_value(e.message) from e
        with store.lock:
            find(store.instances, request["ReplicationInstanceArn"], "Replication instance")
            for key, kind in (("SourceEndpointArn", "source"), ("TargetEndpointArn", "target")):
                endpoint = find(store.endpoints, request[key], "Endpoint")
                if endpoint["EndpointType"] != kind:
                    raise invalid_value(f"{key}: endpoint {request[key]} is not a {kind}")
            _check_mappings(mappings, store.endpoints[request["SourceEndpointArn"]])
            if any(t.identifier == name for t in store.tasks.values()):
                raise already_exists("Replication task", name)
            task = Task(
                identifier=name,
                arn=store.arn("task", request.get("ResourceIdentifier")),
                source_arn=request["SourceEndpointArn"],
                target_arn=request["TargetEndpointArn"],
                instance_arn=request["ReplicationInstanceArn"],
                table_mappings=request["TableMappings"],
                settings=settings,
                task_data=request.get("TaskData"),
            )
            store.tasks[task.arn] = task
            store.tag(task.arn, request)
            state_changes.publish(store, task, state_changes.CREATED)
            return {"ReplicationTask": {**task.shape(), "Status": "creating"}}

    @handler("DescribeReplicationTasks", expand=False)
    def describe_replication_tasks(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        getters = {
            "replication-task-arn": lambda t: [t.arn],
            "replication-task-id": lambda t: [t.identifier],
            "migration-type": lambda _: ["full-load"],
            "endpoint-arn": lambda t: [t.source_arn, t.target_arn],
            "replication-instance-arn": lambda t: [t.instance_arn],
        }
        with store.lock:
            tasks = select(store.tasks.values(), request, getters, "tasks")
            shown, marker = page(tasks, request)
            with_settings = not request.get("WithoutSettings")
            shapes = [task.shape(settings=with_settings) for task in shown]
        return {"ReplicationTasks": shapes, **marker}

    @handler("ModifyReplicationTask", expand=False)
    def modify_replication_task(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        if request.get("MigrationType"):
            _check_migration_type(request["MigrationType"])
        with store.lock:
            task = _idle(store, request, "modified")
            try:
                if request.get("TableMappings"):
                    # Not against the source: a stack that rolls back changes the task first.
                    parse_table_mappings(request["TableMappings"])
                settings = parse_task_settings(
                    request.get("ReplicationTaskSettings"), task.settings.document
                )
            except DefinitionError as e:
                raise invalid_value(e.message) from e
            name = request.get("ReplicationTaskIdentifier")
            if name and name != task.identifier:
                check_identifier(name, "ReplicationTaskIdentifier")
                if any(t.identifier == name for t in store.tasks.values()):
                    raise already_exists("Replication task", name)
                task.identifier = name
            task.settings = settings
            task.table_mappings = request.get("TableMappings") or task.table_mappings
            task.task_data = request.get("TaskData", task.task_data)
            state_changes.publish(store, task, state_changes.MODIFIED)
            return {"ReplicationTask": {**task.shape(), "Status": "modifying"}}

    @handler("DeleteReplicationTask", expand=False)
    def delete_replication_task(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        with store.lock:
            task = _idle(store, request, "deleted")
            del store.tasks[task.arn]
            store.tags.pop(task.arn, None)
            state_changes.publish(store, task, state_changes.DELETED)
            return {"ReplicationTask": {**task.shape(), "Status": "deleting"}}

    @handler("StartReplicationTask", expand=False)
    def start_replication_task(self, context: RequestContext, request: Any) -> Any:
        kind = request["StartReplicationTaskType"]
        for key in ("CdcStartTime", "CdcStartPosition", "CdcStopPosition"):
            if request.get(key):
                raise invalid_value(f"{key} needs change data capture, which is not emulated")
        with STORE.holding(context.account_id, context.region) as store:
            task = _idle(store, request, "started")
            _check_start(task, kind)
            plan, instance = _plan(store, task)
            tables = _tables(task, plan, kind)
            task.tables, task.reloads, task.closing = tables, [], False
            task.cancelled = threading.Event()
            task.started, task.began, task.took = clock.utc(), clock.steady(), None
            task.fresh_start = task.started if kind != RESUME else task.fresh_start
            task.stopped = task.load_finished = None
            task.stop_reason = task.last_failure = None
            task.status = "running"
            answer = {**task.shape(), "Status": "starting"}
            todo = {key: t for key, t in tables.items() if t.state != COMPLETED}
            task.runner = threading.Thread(
                target=run_task,
                args=(store, task, plan, instance, todo),
                name=f"dms-task-{task.identifier}",
                daemon=True,
            )
            flag = state_changes.FLAGS[kind]
            state_changes.publish(store, task, state_changes.STARTED, flag=flag)
            task.runner.start()
        return {"ReplicationTask": answer}

    @handler("StopReplicationTask", expand=False)
    def stop_replication_task(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        with store.lock:
            task = find(store.tasks, request["ReplicationTaskArn"], "Replication task")
            if task.status not in ("starting", "running"):
                raise wrong_state(
                    f"Replication task {task.identifier} cannot be stopped, its state is "
                    f"{task.status}; only a running task can"
                )
            task.status = "stopping"
            task.cancelled.set()
            return {"ReplicationTask": task.shape()}

    @handler("ReloadTables", expand=False)
    def reload_tables(self, context: RequestContext, request: Any) -> Any:
        """Load tables again within the run; as on AWS the task must be running."""
        store = self.store(context)
        if request.get("ReloadOption") == "validate-only":
            raise invalid_value("ReloadOption validate-only is not emulated; valid: data-reload")
        with store.lock:
            task = find(store.tasks, request["ReplicationTaskArn"], "Replication task")
            if task.status != "running" or task.closing:
                raise wrong_state(
                    f"Replication task {task.identifier} is {task.status}; tables can only be "
                    "reloaded while it is running. Start it with reload-target instead"
                )
            keys = [(t["SchemaName"], t["TableName"]) for t in request["TablesToReload"]]
            for schema, table in keys:
                if (schema, table) not in task.tables:
                    raise invalid_value(f"Table {schema}.{table} does not belong to the task")
            task.reloads += [key for key in keys if key not in task.reloads]
            state_changes.publish(store, task, state_changes.RELOADED)
            return {"ReplicationTaskArn": task.arn}

    @handler("DescribeTableStatistics", expand=False)
    def describe_table_statistics(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        getters = {
            "schema-name": lambda t: [t.schema],
            "table-name": lambda t: [t.name],
            "table-state": lambda t: [t.state],
        }
        with store.lock:
            task = find(store.tasks, request["ReplicationTaskArn"], "Replication task")
            chosen = select(task.tables.values(), request, getters, "tables")
        shown, marker = page(chosen, request, MOST_STATISTICS)
        return {
            "ReplicationTaskArn": task.arn,
            "TableStatistics": [table.statistics() for table in shown],
            **marker,
        }


def _check_migration_type(kind: str) -> None:
    if kind != "full-load":
        raise invalid_value(
            f"MigrationType {kind!r} is not emulated: there is no change data capture; "
            "valid: full-load"
        )


def _check_mappings(mappings: TableMappings, source: Shape) -> None:
    """A rule whose key is not there is known by the source's table definition already."""
    try:
        check_against(parse_s3_source(source).tables, mappings)
    except DefinitionError as e:
        raise invalid_value(e.message) from e


def _idle(store: DmsState, request: Shape, verb: str) -> Task:
    task: Task = find(store.tasks, request["ReplicationTaskArn"], "Replication task")
    if task.status in ACTIVE_STATES:
        raise wrong_state(
            f"Replication task {task.identifier} cannot be {verb}, its state is {task.status}"
        )
    return task


def _check_start(task: Task, kind: str) -> None:
    """AWS DMS API Reference, "StartReplicationTask": only the first run may start-replication."""
    if kind not in (START, RESUME, RELOAD):
        raise invalid_value(
            f"StartReplicationTaskType {kind!r} is not valid; valid: {START}, {RESUME}, {RELOAD}"
        )
    if kind == START and task.fresh_start is not None:
        raise aws_error(
            "InvalidParameterCombinationException",
            "Start Type : START_REPLICATION, valid only for tasks running for the first time; "
            f"use {RELOAD} or {RESUME}",
        )
    if kind != START and task.fresh_start is None:
        name = kind.upper().replace("-", "_")
        raise aws_error(
            "InvalidParameterCombinationException",
            f"Start Type : {name}, not valid for a task that has never run; use {START}",
        )


def _plan(store: DmsState, task: Task) -> tuple[LoadPlan, str]:
    """All a run needs, and the name of the task's instance."""
    endpoint = store.endpoints[task.source_arn]
    try:
        plan = LoadPlan(
            account=store.account,
            region=store.region,
            task_id=task.resource_id,
            source=parse_s3_source(endpoint),
            mappings=parse_table_mappings(task.table_mappings),
            settings=task.settings,
        )
    except DefinitionError as e:
        raise invalid_value(e.message) from e
    return plan, store.instances[task.instance_arn]["ReplicationInstanceIdentifier"]


def _tables(task: Task, plan: LoadPlan, kind: str) -> dict[tuple[str, str], TableProgress]:
    """The tables that the rules select; those to load again are reset."""
    tables: dict[tuple[str, str], TableProgress] = {}
    for table in plan.source.tables:
        if not plan.mappings.selects(table.schema, table.name):
            continue
        key = (table.schema, table.name)
        progress = task.tables.get(key) or TableProgress(table.schema, table.name)
        if kind != RESUME or progress.state != COMPLETED:
            progress.reset()
        tables[key] = progress
    return tables

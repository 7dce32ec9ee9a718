"""One run of a replication task, in its own thread: the load, reloads meanwhile, the end."""

from __future__ import annotations

import logging

from lakestack import changes, clock
from lakestack.services.dms import state_changes
from lakestack.services.dms.errors import CancelledError, TaskError
from lakestack.services.dms.full_load import FullLoad, LoadPlan
from lakestack.services.dms.progress import COMPLETED, ERROR, RELOADING, TableProgress
from lakestack.services.dms.state import DmsState, Task
from lakestack.services.dms.task_log import TASK_MANAGER, TaskLog

LOG = logging.getLogger(__name__)

FINISHED = "Stop Reason FULL_LOAD_ONLY_FINISHED"
STOPPED = "Stop Reason NORMAL"
FAILED = "Stop Reason FATAL_ERROR"
NO_TABLES = (
    "No tables were found at task initialization. Either the selected table(s) no longer exist "
    "or no match was found for the table selection pattern(s)."
)

Tables = dict[tuple[str, str], TableProgress]


def run_task(store: DmsState, task: Task, plan: LoadPlan, instance: str, tables: Tables) -> None:
    """Load `tables` and set the task's final state; never raises."""
    failure: str | None = None
    try:
        # The log is complete before the task shows its final state.
        with TaskLog(plan.account, plan.region, instance, plan.task_id) as log:
            failure = _run(store, task, plan, tables, log)
    except Exception as e:  # a thread has no caller: the task must say what happened
        LOG.exception("DMS task %s", task.identifier)
        failure = f"{type(e).__name__}: {e}"
    with store.lock:
        task.stopped, task.took = clock.utc(), clock.steady() - task.began
        if failure is not None:
            task.status, task.stop_reason = "failed", FAILED
            task.last_failure = f"Last Error {failure} {FAILED} Error Level FATAL"
        elif not task.closing:
            task.status, task.stop_reason = "stopped", STOPPED
        else:
            task.load_finished = task.stopped
            task.status, task.stop_reason = "stopped", FINISHED
            task.last_failure = _suspended(task)
        ended = state_changes.FAILED if failure is not None else state_changes.STOPPED
        reason = task.last_failure if failure is not None else task.stop_reason
        state_changes.publish(store, task, ended, reason=reason or "")
    changes.note()


def _suspended(task: Task) -> str | None:
    """LastFailureMessage of a task that has finished without some of its tables."""
    found = [
        f"Table '{table.schema}'.'{table.name}' was errored/suspended: {table.failure}"
        for table in task.tables.values()
        if table.state == ERROR
    ]
    return f"Last Error {'; '.join(found)} Error Level RECOVERABLE" if found else None


def _run(store: DmsState, task: Task, plan: LoadPlan, tables: Tables, log: TaskLog) -> str | None:
    """Do the loads; returns why the task failed, or None.

    `Task.closing` is set when everything was loaded: from then on no reload is accepted.
    """
    name = f"Task '{task.identifier}'"
    log.info(TASK_MANAGER, f"{name} starting full load of {len(tables)} tables")
    try:
        if not task.tables and plan.settings.fail_on_no_tables:
            raise TaskError(NO_TABLES)
        while not task.closing:
            FullLoad(plan, tables, task.cancelled, log).run()
            tables = _reloads(store, task)
    except CancelledError:
        log.info(TASK_MANAGER, f"{name} was stopped by request")
    except TaskError as e:
        log.error(TASK_MANAGER, f"{name} failed: {e.message}")
        return e.message
    else:
        loaded = sum(t.state == COMPLETED for t in task.tables.values())
        errors = len(task.tables) - loaded
        log.info(
            TASK_MANAGER, f"{name} finished full load: {loaded} tables loaded, {errors} in error"
        )
    return None


def _reloads(store: DmsState, task: Task) -> Tables:
    """Take what ReloadTables asked for while the last load ran; nothing closes the task."""
    with store.lock:
        tables = {key: task.tables[key] for key in task.reloads}
        task.reloads = []
        task.closing = not tables
    for table in tables.values():
        table.reset(RELOADING)
    return tables

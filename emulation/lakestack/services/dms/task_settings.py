"""Task settings: defaults as on AWS, the caller's changes merged in, the parts that matter read.

AWS DMS User Guide, "Specifying task settings for AWS Database Migration Service tasks" and
"Error handling task settings".
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from lakestack.services.dms.errors import DefinitionError

LOG_ERROR = "LOG_ERROR"
IGNORE_RECORD = "IGNORE_RECORD"
SUSPEND_TABLE = "SUSPEND_TABLE"
STOP_TASK = "STOP_TASK"
DROP_AND_CREATE = "DROP_AND_CREATE"
TRUNCATE_BEFORE_LOAD = "TRUNCATE_BEFORE_LOAD"
DO_NOTHING = "DO_NOTHING"

_RECORD_POLICIES = (LOG_ERROR, IGNORE_RECORD, SUSPEND_TABLE, STOP_TASK)

DEFAULTS: dict[str, Any] = {
    "TargetMetadata": {
        "TargetSchema": "",
        "SupportLobs": True,
        "FullLobMode": False,
        "LobChunkSize": 64,
        "LimitedSizeLobMode": True,
        "LobMaxSize": 32,
        "InlineLobMaxSize": 0,
        "LoadMaxFileSize": 0,
        "ParallelLoadThreads": 0,
        "ParallelLoadBufferSize": 0,
        "BatchApplyEnabled": False,
        "TaskRecoveryTableEnabled": False,
    },
    "FullLoadSettings": {
        "TargetTablePrepMode": DROP_AND_CREATE,
        "CreatePkAfterFullLoad": False,
        "StopTaskCachedChangesApplied": False,
        "StopTaskCachedChangesNotApplied": False,
        "MaxFullLoadSubTasks": 8,
        "TransactionConsistencyTimeout": 600,
        "CommitRate": 10000,
    },
    "Logging": {"EnableLogging": False},
    "ErrorBehavior": {
        "DataErrorPolicy": LOG_ERROR,
        "DataTruncationErrorPolicy": LOG_ERROR,
        "DataErrorEscalationPolicy": SUSPEND_TABLE,
        "DataErrorEscalationCount": 0,
        "TableErrorPolicy": SUSPEND_TABLE,
        "TableErrorEscalationPolicy": STOP_TASK,
        "TableErrorEscalationCount": 0,
        "RecoverableErrorCount": -1,
        "RecoverableErrorInterval": 5,
        "RecoverableErrorThrottling": True,
        "RecoverableErrorThrottlingMax": 1800,
        "ApplyErrorDeletePolicy": IGNORE_RECORD,
        "ApplyErrorInsertPolicy": LOG_ERROR,
        "ApplyErrorUpdatePolicy": LOG_ERROR,
        "ApplyErrorEscalationPolicy": LOG_ERROR,
        "ApplyErrorEscalationCount": 0,
        "FullLoadIgnoreConflicts": True,
        "FailOnNoTablesCaptured": True,
    },
}


@dataclass(frozen=True)
class TaskSettings:
    """The settings that a full load obeys; see `document` for all of them.

    Args:
        commit_rate: most rows that may be read but not yet written, per table
        load_threads: ParallelLoadThreads; 0 leaves the choice to the target
        escalation_count: rejected rows of a table at which `escalation_policy` acts, 0: never
    """

    document: str
    prep_mode: str
    max_subtasks: int
    commit_rate: int
    load_threads: int
    data_error: str
    truncation_error: str
    escalation_policy: str
    escalation_count: int
    table_error: str
    table_escalation_count: int
    fail_on_no_tables: bool


def parse_task_settings(text: str | None, previous: str | None = None) -> TaskSettings:
    """Merge the caller's ReplicationTaskSettings into the defaults and check what matters.

    Args:
        text: JSON document with any part of the settings, or nothing for the defaults
        previous: the settings to change (ModifyReplicationTask), instead of the defaults

    Raises:
        DefinitionError: naming the setting, its value and the valid ones
    """
    merged = json.loads(previous) if previous else copy.deepcopy(DEFAULTS)
    for section, values in _load(text).items():
        if isinstance(values, dict) and isinstance(merged.get(section), dict):
            # The console writes null for what was never set.
            merged[section].update({k: v for k, v in values.items() if v is not None})
        elif values is not None or section not in DEFAULTS:
            merged[section] = values
    for section in DEFAULTS:
        if not isinstance(merged[section], dict):
            raise DefinitionError(f"ReplicationTaskSettings: {section} must be a JSON object")
    load, errors = merged["FullLoadSettings"], merged["ErrorBehavior"]
    # "The default value is 50. The maximum value is 1,000": of records, for a DynamoDB target.
    _number(merged["TargetMetadata"], "ParallelLoadBufferSize", 0, 1000)
    return TaskSettings(
        document=json.dumps(merged),
        prep_mode=_choice(
            load, "TargetTablePrepMode", (DROP_AND_CREATE, TRUNCATE_BEFORE_LOAD, DO_NOTHING)
        ),
        max_subtasks=_number(load, "MaxFullLoadSubTasks", 1, 49),
        commit_rate=_number(load, "CommitRate", 1, 50000),
        load_threads=_number(merged["TargetMetadata"], "ParallelLoadThreads", 0, 200),
        data_error=_choice(errors, "DataErrorPolicy", _RECORD_POLICIES),
        truncation_error=_choice(errors, "DataTruncationErrorPolicy", _RECORD_POLICIES),
        escalation_policy=_choice(
            errors, "DataErrorEscalationPolicy", (LOG_ERROR, SUSPEND_TABLE, STOP_TASK)
        ),
        escalation_count=_number(errors, "DataErrorEscalationCount", 0, 10000),
        table_error=_choice(errors, "TableErrorPolicy", (SUSPEND_TABLE, STOP_TASK)),
        table_escalation_count=_number(errors, "TableErrorEscalationCount", 0, 10000),
        fail_on_no_tables=_truth(errors, "FailOnNoTablesCaptured"),
    )


def _load(text: str | None) -> dict[str, Any]:
    if not text or not text.strip():
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise DefinitionError(f"ReplicationTaskSettings is not valid JSON: {e}") from e
    if not isinstance(value, dict):
        raise DefinitionError("ReplicationTaskSettings must be a JSON object")
    return value


def _choice(section: dict[str, Any], key: str, valid: tuple[str, ...]) -> str:
    value = section.get(key)
    if isinstance(value, str) and value.upper() in valid:
        return value.upper()
    raise DefinitionError(f"{key} is {value!r}; valid: {', '.join(valid)}")


def _number(section: dict[str, Any], key: str, low: int, high: int) -> int:
    value = section.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise DefinitionError(f"{key} is {value!r}; valid: a whole number from {low} to {high}")
    return value


def _truth(section: dict[str, Any], key: str) -> bool:
    value = section.get(key)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise DefinitionError(f"{key} is {value!r}; valid: true, false")

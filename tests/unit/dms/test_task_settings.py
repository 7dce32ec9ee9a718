"""Task settings: AWS's defaults, changes merged in, wrong values named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.dms.errors import DefinitionError
from lakestack.services.dms.task_settings import DEFAULTS, parse_task_settings


def test_defaults() -> None:
    settings = parse_task_settings(None)
    assert settings == parse_task_settings("")
    assert (settings.prep_mode, settings.max_subtasks) == ("DROP_AND_CREATE", 8)
    assert (settings.data_error, settings.table_error) == ("LOG_ERROR", "SUSPEND_TABLE")
    assert json.loads(settings.document) == DEFAULTS


def test_a_part_changes_only_that_part() -> None:
    text = json.dumps({"FullLoadSettings": {"MaxFullLoadSubTasks": "3"}})
    settings = parse_task_settings(text)
    assert settings.max_subtasks == 3
    assert settings.commit_rate == 10000


def test_modify_starts_from_the_settings_before() -> None:
    first = parse_task_settings('{"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}')
    second = parse_task_settings(
        '{"ErrorBehavior": {"DataErrorPolicy": "STOP_TASK"}}', first.document
    )
    assert (second.prep_mode, second.data_error) == ("DO_NOTHING", "STOP_TASK")


def test_null_means_the_default() -> None:
    text = '{"TargetMetadata": {"ParallelLoadThreads": null}, "ErrorBehavior": null, "TT": null}'
    settings = parse_task_settings(text)
    assert settings.load_threads == 0
    assert json.loads(settings.document) == {**DEFAULTS, "TT": None}


def test_unknown_sections_are_kept() -> None:
    settings = parse_task_settings('{"TTSettings": {"EnableTT": false}}')
    assert json.loads(settings.document)["TTSettings"] == {"EnableTT": False}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"FullLoadSettings": {"TargetTablePrepMode": "WIPE"}}, "DROP_AND_CREATE, TRUNCATE"),
        ({"FullLoadSettings": {"MaxFullLoadSubTasks": 50}}, "from 1 to 49"),
        ({"TargetMetadata": {"ParallelLoadBufferSize": 1001}}, "from 0 to 1000"),
        ({"FullLoadSettings": {"CommitRate": True}}, "from 1 to 50000"),
        ({"ErrorBehavior": {"DataErrorPolicy": "PANIC"}}, "DataErrorPolicy is 'PANIC'"),
        ({"ErrorBehavior": {"TableErrorPolicy": "LOG_ERROR"}}, "SUSPEND_TABLE, STOP_TASK"),
        ({"ErrorBehavior": {"FailOnNoTablesCaptured": "perhaps"}}, "valid: true, false"),
        ({"ErrorBehavior": []}, "ErrorBehavior must be a JSON object"),
        ([], "must be a JSON object"),
    ],
)
def test_wrong_values_are_named(settings: Any, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        parse_task_settings(json.dumps(settings))


KEYS = [*DEFAULTS, *DEFAULTS["FullLoadSettings"], *DEFAULTS["ErrorBehavior"]]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=15,
)


@given(JSON | st.dictionaries(st.sampled_from(list(DEFAULTS)), JSON))
def test_no_settings_make_it_crash(settings: Any) -> None:
    try:
        parse_task_settings(json.dumps(settings))
    except DefinitionError as e:
        assert e.message

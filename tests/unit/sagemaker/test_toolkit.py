"""What a training script is handed: variables, arguments, configuration files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.sagemaker import toolkit

RAW = {
    "sagemaker_program": '"train.py"',
    "sagemaker_submit_directory": "s3://b/source.tar.gz",
    "factors": "48",
    "rate": "0.5",
    "name": '"als"',
    "plain": "als",
    "on": "true",
    "f": "1",
}
CHANNELS = [{"ChannelName": "train"}, {"ChannelName": "Test-1", "ContentType": "text/csv"}]
JOB = {"name": "job-1", "arn": "arn:x", "source": "s3://b/source.tar.gz"}


def variables() -> dict[str, str]:
    tree = toolkit.Tree(Path("/private/opt/ml"))
    return toolkit.environment(tree, RAW, CHANNELS, "ml.m5.large", "train.py", JOB)


def test_hyperparameters_are_decoded_as_the_toolkit_does() -> None:
    decoded = toolkit.user_hyperparameters(toolkit.decode_hyperparameters(RAW))
    assert decoded == {
        "factors": 48,
        "rate": 0.5,
        "name": "als",
        "plain": "als",
        "on": True,
        "f": 1,
    }


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_any_text_decodes(raw: dict[str, str]) -> None:
    assert toolkit.decode_hyperparameters(raw).keys() == raw.keys()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_json_encoded_values_come_back(value: Any) -> None:
    assert toolkit.decode_hyperparameters({"a": json.dumps(value)}) == {"a": value}


def test_arguments_are_sorted_pairs() -> None:
    assert toolkit.arguments({"b": 1, "alpha": {"y": 2, "x": 1}, "on": True}) == [
        "--alpha",
        "x=1,y=2",
        "-b",
        "1",
        "--on",
        "True",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SM_CHANNELS", '["Test-1","train"]'),
        ("SM_CHANNEL_TRAIN", "/private/opt/ml/input/data/train"),
        ("SM_CHANNEL_TEST-1", "/private/opt/ml/input/data/Test-1"),
        ("SM_MODEL_DIR", "/private/opt/ml/model"),
        ("SM_OUTPUT_DIR", "/private/opt/ml/output"),
        ("SM_OUTPUT_DATA_DIR", "/private/opt/ml/output/data"),
        ("SM_INPUT_DIR", "/private/opt/ml/input"),
        ("SM_INPUT_CONFIG_DIR", "/private/opt/ml/input/config"),
        ("SM_HP_FACTORS", "48"),
        ("SM_HP_NAME", "als"),
        ("SM_HP_ON", "true"),
        ("SM_MODULE_NAME", "train"),
        ("SM_MODULE_DIR", "s3://b/source.tar.gz"),
        ("SM_USER_ENTRY_POINT", "train.py"),
        ("SM_HOSTS", '["algo-1"]'),
        ("SM_CURRENT_HOST", "algo-1"),
        ("SM_NUM_GPUS", "0"),
        ("TRAINING_JOB_NAME", "job-1"),
    ],
)
def test_variables(name: str, value: str) -> None:
    assert variables()[name] == value


def test_structured_variables_are_json() -> None:
    found = variables()
    assert json.loads(found["SM_HPS"])["rate"] == 0.5
    assert json.loads(found["SM_USER_ARGS"])[:2] == ["-f", "1"]
    assert json.loads(found["SM_TRAINING_ENV"])["job_name"] == "job-1"
    assert json.loads(found["SM_INPUT_DATA_CONFIG"])["Test-1"]["ContentType"] == "text/csv"
    assert int(found["SM_NUM_CPUS"]) >= 1
    assert not any(name.startswith("SM_HP_SAGEMAKER") for name in found)


def test_tree_and_configuration_files(tmp_path: Path) -> None:
    tree = toolkit.Tree(tmp_path / "opt" / "ml")
    tree.make()
    toolkit.write_config(tree, RAW, CHANNELS, "ml.m5.large")
    assert tree.root.stat().st_mode & 0o077 == 0
    read = {p.stem: json.loads(p.read_text()) for p in tree.config.iterdir()}
    assert read["hyperparameters"] == RAW
    assert read["inputdataconfig"]["train"]["TrainingInputMode"] == "File"
    assert read["resourceconfig"]["hosts"] == ["algo-1"]

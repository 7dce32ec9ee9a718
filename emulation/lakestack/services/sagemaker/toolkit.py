"""What the SageMaker training toolkit hands to a script: /opt/ml, SM_* variables, arguments.

Amazon SageMaker Developer Guide, "Amazon SageMaker Training Storage Folders" and the open-source
SageMaker Training Toolkit's list of environment variables. The folder tree is private to the job,
since a literal /opt/ml would need root: scripts find it through the variables, and what they call
/opt/ml is it (`launch`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "algo-1"
RESERVED = "sagemaker_"
PROGRAM = "sagemaker_program"
SUBMIT_DIRECTORY = "sagemaker_submit_directory"
TUNING_METRIC = "_tuning_objective_metric"


@dataclass(frozen=True)
class Tree:
    """Folders of one training job, laid out as /opt/ml is."""

    root: Path

    @property
    def code(self) -> Path:
        return self.root / "code"

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def config(self) -> Path:
        return self.root / "input" / "config"

    @property
    def data(self) -> Path:
        return self.root / "input" / "data"

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def output_data(self) -> Path:
        return self.root / "output" / "data"

    @property
    def intermediate(self) -> Path:
        return self.root / "output" / "intermediate"

    @property
    def failure(self) -> Path:
        return self.root / "output" / "failure"

    def make(self) -> None:
        """Make all folders, readable by the owner only."""
        self.root.mkdir(parents=True, mode=0o700)
        for folder in (
            self.code,
            self.config,
            self.data,
            self.model,
            self.output_data,
            self.intermediate,
        ):
            folder.mkdir(parents=True)


def decode_hyperparameters(raw: Mapping[str, str]) -> dict[str, Any]:
    """Values as the toolkit reads them: JSON where they are JSON, else the text itself."""
    return {name: _decoded(value) for name, value in raw.items()}


def user_hyperparameters(decoded: Mapping[str, Any]) -> dict[str, Any]:
    """The hyper-parameters meant for the script, without the toolkit's own."""
    return {
        name: value
        for name, value in decoded.items()
        if not name.startswith(RESERVED) and name != TUNING_METRIC
    }


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Command-line arguments ``--name value``, sorted by name (``-n`` for one letter)."""
    result = []
    for name in sorted(hyperparameters):
        value = hyperparameters[name]
        if isinstance(value, dict):
            value = ",".join(f"{k}={v}" for k, v in sorted(value.items()))
        result += [f"--{name}" if len(name) > 1 else f"-{name}", str(value)]
    return result


def write_config(
    tree: Tree, raw: Mapping[str, str], channels: list[dict[str, Any]], instance_type: str
) -> None:
    """Write input/config/{hyperparameters,inputdataconfig,resourceconfig}.json."""
    for name, content in (
        ("hyperparameters", dict(raw)),
        ("inputdataconfig", input_data_config(channels)),
        ("resourceconfig", resource_config(instance_type)),
    ):
        (tree.config / f"{name}.json").write_text(json.dumps(content))


def input_data_config(channels: list[dict[str, Any]]) -> dict[str, Any]:
    """Content of inputdataconfig.json."""
    return {
        c["ChannelName"]: {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
            **({"ContentType": c["ContentType"]} if "ContentType" in c else {}),
        }
        for c in channels
    }


def resource_config(instance_type: str) -> dict[str, Any]:
    """Content of resourceconfig.json."""
    group = "homogeneousCluster"
    return {
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_group_name": group,
        "hosts": [HOST],
        "instance_groups": [
            {"instance_group_name": group, "instance_type": instance_type, "hosts": [HOST]}
        ],
        "network_interface_name": "lo",
    }


def environment(
    tree: Tree,
    raw: Mapping[str, str],
    channels: list[dict[str, Any]],
    instance_type: str,
    program: str,
    job: Mapping[str, str],
) -> dict[str, str]:
    """The SM_* variables of a training job.

    Args:
        raw: hyper-parameters as sent
        program: entry point relative to the source, for example ``train.py``
        job: ``name``, ``arn`` and ``source`` (S3 URI of the source)
    """
    decoded = decode_hyperparameters(raw)
    mine = user_hyperparameters(decoded)
    module = program.removesuffix(".py")
    resources = resource_config(instance_type)
    values: dict[str, Any] = {
        "hosts": [HOST],
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_instance_group": resources["current_group_name"],
        "network_interface_name": resources["network_interface_name"],
        "hps": mine,
        "user_entry_point": program,
        "user_args": arguments(mine),
        "framework_params": {k: v for k, v in decoded.items() if k.startswith(RESERVED)},
        "resource_config": resources,
        "input_data_config": input_data_config(channels),
        "channels": sorted(c["ChannelName"] for c in channels),
        "module_name": module,
        "module_dir": job["source"],
        "log_level": decoded.get("sagemaker_container_log_level", 20),
        "input_dir": str(tree.input),
        "input_config_dir": str(tree.config),
        "output_dir": str(tree.output),
        "output_data_dir": str(tree.output_data),
        "output_intermediate_dir": str(tree.intermediate),
        "model_dir": str(tree.model),
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
    }
    values["training_env"] = {
        "job_name": job["name"],
        "hyperparameters": mine,
        "channel_input_dirs": {
            c["ChannelName"]: str(tree.data / c["ChannelName"]) for c in channels
        },
        **{k: v for k, v in values.items() if k not in ("hps", "user_args", "channels")},
    }
    values.update(
        {f"channel_{c['ChannelName']}": str(tree.data / c["ChannelName"]) for c in channels}
    )
    values.update({f"hp_{name}": value for name, value in mine.items()})
    result = {f"SM_{name.upper()}": _text(value) for name, value in values.items()}
    result.update(TRAINING_JOB_NAME=job["name"], TRAINING_JOB_ARN=job["arn"])
    return result


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

"""A training script's environment as an object. Standard library only.

SageMaker Training Toolkit, README, "Environment variables": the members are those of
``SM_TRAINING_ENV`` and of the other variables, under the toolkit's names.
"""

from __future__ import annotations

import json
import os
from typing import Any

_VARIABLES = {
    "additional_framework_parameters": "SM_FRAMEWORK_PARAMS",
    "channel_names": "SM_CHANNELS",
    "current_host": "SM_CURRENT_HOST",
    "current_instance_group": "SM_CURRENT_INSTANCE_GROUP",
    "current_instance_type": "SM_CURRENT_INSTANCE_TYPE",
    "hosts": "SM_HOSTS",
    "hyperparameters": "SM_HPS",
    "input_config_dir": "SM_INPUT_CONFIG_DIR",
    "input_data_config": "SM_INPUT_DATA_CONFIG",
    "input_dir": "SM_INPUT_DIR",
    "log_level": "SM_LOG_LEVEL",
    "model_dir": "SM_MODEL_DIR",
    "module_dir": "SM_MODULE_DIR",
    "module_name": "SM_MODULE_NAME",
    "network_interface_name": "SM_NETWORK_INTERFACE_NAME",
    "num_cpus": "SM_NUM_CPUS",
    "num_gpus": "SM_NUM_GPUS",
    "output_data_dir": "SM_OUTPUT_DATA_DIR",
    "output_dir": "SM_OUTPUT_DIR",
    "output_intermediate_dir": "SM_OUTPUT_INTERMEDIATE_DIR",
    "resource_config": "SM_RESOURCE_CONFIG",
    "user_entry_point": "SM_USER_ENTRY_POINT",
}


def _read(variable: str) -> Any:
    text = os.environ.get(variable, "")
    try:
        return json.loads(text)
    except ValueError:
        return text


class Environment:
    """The environment of this job; attributes as the toolkit names them.

    Attributes:
        channel_input_dirs: folder of each channel
        is_master, is_main: whether this host is the first one; there is one host
        job_name: of the training job
        master_hostname: the first host
    """

    def __init__(self) -> None:
        for name, variable in _VARIABLES.items():
            setattr(self, name, _read(variable))
        job = _read("SM_TRAINING_ENV")
        self.job_name: str = job["job_name"]
        self.channel_input_dirs: dict[str, str] = job["channel_input_dirs"]
        self.master_hostname: str = sorted(self.hosts)[0]
        self.is_master = self.is_main = self.current_host == self.master_hostname
        self.is_hetero = False

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"sagemaker_training.environment.Environment.{name} is not emulated; valid: "
            f"{', '.join(sorted(vars(self)))}"
        )

    def to_env_vars(self) -> dict[str, str]:
        """The variables of the toolkit."""
        return {name: value for name, value in os.environ.items() if name.startswith("SM_")}


def num_cpus() -> int:
    """CPUs of this host."""
    return os.cpu_count() or 1


def num_gpus() -> int:
    """GPUs of this host: none are used."""
    return 0


def read_hyperparameters() -> dict[str, Any]:
    """The hyper-parameters of the script."""
    found: dict[str, Any] = _read("SM_HPS")
    return found

"""What is ordered from AWS: instance types, images and buffers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.errors import SettingsError
from pipeline.framework_images import image_uri

__all__ = ["VARIABLES", "Sizes"]

VARIABLES: Final[Mapping[str, tuple[str, str, str]]] = {
    "dms_instance_class": ("LAKE_DMS_INSTANCE_CLASS", r"dms\.[a-z0-9]+\.[a-z0-9]+", "dms.t3.small"),
    "training_instance_type": (
        "LAKE_TRAINING_INSTANCE_TYPE",
        r"ml\.[a-z0-9-]+\.[a-z0-9]+",
        "ml.m5.large",
    ),
    "hosting_instance_type": (
        "LAKE_HOSTING_INSTANCE_TYPE",
        r"ml\.[a-z0-9-]+\.[a-z0-9]+",
        "ml.t2.medium",
    ),
    "framework_tag": (
        "LAKE_FRAMEWORK_TAG",
        r"\d+\.\d+\.\d+-cpu-py3\d+-[a-z0-9.]+-sagemaker[a-z0-9.-]*",
        "2.6.0-cpu-py312-ubuntu22.04-sagemaker",
    ),
}
"""By field: the variable that sets it, what it may be, and an example."""


@dataclass(frozen=True)
class Sizes:
    """What is ordered from AWS; `from_environment` lets the user choose some of it."""

    dms_instance_class: str = "dms.t3.medium"
    glue_worker_type: str = "G.1X"
    glue_workers: int = 2
    training_instance_type: str = "ml.m5.large"
    hosting_instance_type: str = "ml.t2.medium"
    framework_tag: str = "2.6.0-cpu-py312-ubuntu22.04-sagemaker"
    """Of the AWS Deep Learning Containers ``pytorch-training`` and ``pytorch-inference``: the
    newest that both have, and for whose Python everything in models/requirements.txt has wheels
    (`pipeline.account.images`)."""
    firehose_interval: int = 60
    """Seconds, BufferingHints.IntervalInSeconds."""
    firehose_size: int = 5
    """MiB, BufferingHints.SizeInMBs."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Sizes:
        """The sizes that the user has chosen.

        Raises:
            SettingsError: a variable has a value that cannot be one
        """
        given: dict[str, str] = {}
        for name, (variable, pattern, example) in VARIABLES.items():
            value = environ.get(variable, "").strip()
            if value and not re.fullmatch(pattern, value):
                raise SettingsError(
                    f"{variable} is {value!r}; valid are values like {example}.",
                    f"export {variable}={example}; or: unset {variable}",
                )
            if value:
                given[name] = value
        return cls(**given)  # type: ignore[arg-type]

    def image(self, kind: str, region: str) -> str:
        """The container image URI for `kind` (training or inference) in `region`.

        Raises:
            SettingsError: AWS has no such image there
        """
        return image_uri(f"pytorch-{kind}", self.framework_tag, region)

"""What is ordered from AWS: instance types, images and buffers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.framework_images import image_uri

__all__ = ["Sizes"]


@dataclass(frozen=True)
class Sizes:
    """What is ordered from AWS; the defaults are those of the aws target."""

    dms_instance_class: str = "dms.t3.medium"
    glue_worker_type: str = "G.1X"
    glue_workers: int = 2
    training_instance_type: str = "ml.m5.large"
    hosting_instance_type: str = "ml.t2.medium"
    framework_tag: str = "2.5.1-cpu-py311-ubuntu22.04-sagemaker"
    """Of the AWS Deep Learning Containers ``pytorch-training`` and ``pytorch-inference``."""
    firehose_interval: int = 60
    """Seconds, BufferingHints.IntervalInSeconds."""
    firehose_size: int = 5
    """MiB, BufferingHints.SizeInMBs."""

    def image(self, kind: str, region: str) -> str:
        """The container image URI for `kind` (training or inference) in `region`.

        Raises:
            SettingsError: AWS has no such image there
        """
        return image_uri(f"pytorch-{kind}", self.framework_tag, region)

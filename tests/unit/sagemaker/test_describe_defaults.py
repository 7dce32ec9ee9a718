"""What DescribeTrainingJob shows of what nobody has asked for."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.sagemaker.training_job import TrainingJob

FLAGS = (
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
)


@pytest.mark.parametrize(
    ("given", "key", "isolated"),
    [({}, "", False), ({"EnableNetworkIsolation": True, "key": "alias/k"}, "alias/k", True)],
)
def test_defaults_are_shown_and_give_way(given: dict[str, Any], key: str, isolated: bool) -> None:
    output = {"S3OutputPath": "s3://b/o"} | ({"KmsKeyId": given["key"]} if "key" in given else {})
    flags = {name: value for name, value in given.items() if name in FLAGS}
    job = TrainingJob("1", "r", "a", {"TrainingJobName": "n", "OutputDataConfig": output, **flags})
    shown = job.describe()
    assert shown["OutputDataConfig"] == {"S3OutputPath": "s3://b/o", "KmsKeyId": key}
    assert [shown[name] for name in FLAGS] == [isolated, False, False]

"""Training jobs in script mode: what SageMaker is asked for, and what is found of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing

__all__ = ["LOG_GROUP", "METRICS", "artifact_is_there", "jobs_on", "metrics_of", "training_request"]

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
MOST_SECONDS: Final = 3600
_MEASURED: Final = (
    "ndcg_at_10",
    "precision_at_10",
    "recall_at_10",
    "map_at_10",
    "coverage_at_10",
)
METRICS: Final = (*_MEASURED, *(f"popularity_{name}" for name in _MEASURED))
"""What train.py prints of every model."""


def training_request(
    lake: Lake,
    name: str,
    program: str,
    channels: Mapping[str, str],
    metrics: Sequence[str] = METRICS,
) -> dict[str, Any]:
    """The parameters of CreateTrainingJob.

    Args:
        lake: where
        name: of the job
        program: the script in the source directory that is run
        channels: S3 URI by name of the channel
        metrics: names that the script prints

    Returns:
        as boto3 takes them
    """
    bucket, sizes = lake.bucket, lake.target.sizes
    return {
        "TrainingJobName": name,
        "RoleArn": lake.stacks.outputs("001-storage-and-roles")["SageMakerRoleArn"],
        "AlgorithmSpecification": {
            "TrainingImage": sizes.image("training", lake.target.region),
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": metric, "Regex": f"metric {metric}=([0-9.eE+-]+);"} for metric in metrics
            ],
        },
        # As the SageMaker Python SDK sends them: every value is JSON.
        "HyperParameters": {
            "sagemaker_program": json.dumps(program),
            "sagemaker_submit_directory": json.dumps(f"s3://{bucket}/{lake.settings.source_key}"),
            "sagemaker_region": json.dumps(lake.target.region),
            "sagemaker_job_name": json.dumps(name),
        },
        "InputDataConfig": [
            {
                "ChannelName": channel,
                "ContentType": "text/csv" if channel == "train" else "application/gzip",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": uri,
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for channel, uri in channels.items()
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/{lake.settings.models}"},
        "ResourceConfig": {
            "InstanceType": sizes.training_instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": MOST_SECONDS},
        "Tags": [lake.settings.tag],
    }


def jobs_on(lake: Lake, stem: str) -> list[dict[str, Any]]:
    """Summaries of the jobs whose names contain `stem`, newest first."""
    pages = lake.client("sagemaker").get_paginator("list_training_jobs")
    return [
        job
        for page in pages.paginate(NameContains=stem, SortBy="CreationTime", SortOrder="Descending")
        for job in page["TrainingJobSummaries"]
    ]


def metrics_of(job: Mapping[str, Any]) -> dict[str, float]:
    """The last values of a job, as DescribeTrainingJob shows it."""
    return {m["MetricName"]: m["Value"] for m in job.get("FinalMetricDataList", [])}


def artifact_is_there(lake: Lake, url: str) -> bool:
    """Whether an object is there.

    Args:
        lake: where
        url: ``s3://bucket/key``
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")
    try:
        lake.s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True

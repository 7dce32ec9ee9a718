"""The lake's logs: groups of its own, and its streams in groups that it shares with others.

The services make them and let nobody tag them as they do; so only exact names count, and the
caller sees to it that there is a lake to have written them.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing
from pipeline.ownership import training_jobs, transform_jobs

__all__ = ["delete_logs", "job_runs", "log_groups"]


def delete_logs(lake: Lake, runs: list[str]) -> list[str]:
    """Delete them.

    Args:
        runs: ids of the Glue job's runs, which their streams are named after

    Returns:
        what was deleted
    """
    logs = lake.client("logs")
    deleted = []
    for group in log_groups(lake):
        logs.delete_log_group(logGroupName=group)
        deleted.append(f"log group {group}")
    for group, stream in _shared_streams(lake, runs):
        logs.delete_log_stream(logGroupName=group, logStreamName=stream)
        deleted.append(f"log stream {group}/{stream}")
    return deleted


def log_groups(lake: Lake) -> list[str]:
    """Groups that only the lake writes to, as far as they are there."""
    settings = lake.settings
    names = (
        f"/aws/sagemaker/Endpoints/{settings.endpoint}",
        f"/aws/kinesisfirehose/{settings.delivery_stream}",
        f"dms-tasks-{settings.replication_instance}",
        *(f"/aws/lambda/{function}" for function in settings.functions),
    )
    pages = lake.client("logs").get_paginator("describe_log_groups")
    return [
        name
        for name in names
        for page in pages.paginate(logGroupNamePrefix=name)
        for group in page["logGroups"]
        if group["logGroupName"] == name
    ]


def job_runs(lake: Lake) -> list[str]:
    """Ids of the Glue job's runs."""
    pages = lake.client("glue").get_paginator("get_job_runs")
    try:
        return [
            run["Id"]
            for page in pages.paginate(JobName=lake.settings.job)
            for run in page["JobRuns"]
        ]
    except ClientError as error:
        if is_missing(error):
            return []
        raise


def _shared_streams(lake: Lake, runs: list[str]) -> list[tuple[str, str]]:
    jobs = {
        "/aws/sagemaker/TrainingJobs": training_jobs(lake),
        "/aws/sagemaker/TransformJobs": transform_jobs(lake),
    }
    crawlers = (lake.settings.stream_crawler, lake.settings.tables_crawler)
    found = [
        (group, stream)
        for group, names in jobs.items()
        for job in names
        for stream in _log_streams(lake, group, f"{job}/")
    ]
    found += [
        ("/aws-glue/crawlers", stream)
        for crawler in crawlers
        for stream in _log_streams(lake, "/aws-glue/crawlers", crawler)
        if stream == crawler
    ]
    # A run's id is as good as unique, and executors' streams have more after it.
    found += [
        (group, stream)
        for group in ("/aws-glue/jobs/error", "/aws-glue/jobs/logs-v2", "/aws-glue/jobs/output")
        for run in runs
        for stream in _log_streams(lake, group, run)
    ]
    return found


def _log_streams(lake: Lake, group: str, prefix: str) -> list[str]:
    pages = lake.client("logs").get_paginator("describe_log_streams")
    try:
        return [
            stream["logStreamName"]
            for page in pages.paginate(logGroupName=group, logStreamNamePrefix=prefix)
            for stream in page["logStreams"]
        ]
    except ClientError as error:
        if is_missing(error):
            return []
        raise

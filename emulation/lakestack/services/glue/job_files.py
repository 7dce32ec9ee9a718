"""Files that a job run names in S3: its script, modules, jars and others."""

from __future__ import annotations

from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.base import client
from lakestack.services.glue.s3_crawler import split_path


class LaunchError(Exception):
    """The script never ran; the text becomes the run's ErrorMessage."""


def download(account: str, region: str, url: str, folder: Path) -> Path:
    """Fetch an object into a folder, under its own name.

    Raises:
        LaunchError: there is no such object
    """
    bucket, key = split_path(url)
    target = folder / Path(key).name
    try:
        client(account, region, "s3").download_file(bucket, key, str(target))
    except ClientError as e:
        status = e.response["ResponseMetadata"]["HTTPStatusCode"]
        code = e.response["Error"]["Code"]
        code = "NoSuchKey" if code == "404" else code
        raise LaunchError(
            f"LAUNCH ERROR | Error downloading from S3 for bucket: {bucket}, key: {key}. "
            f"{e.response['Error']['Message']} (Service: Amazon S3; Status Code: {status}; "
            f"Error Code: {code}). Please refer logs for details."
        ) from e
    except (BotoCoreError, OSError) as e:
        raise LaunchError(
            f"LAUNCH ERROR | Error downloading from S3 for bucket: {bucket}, key: {key}. {e}"
        ) from e
    return target

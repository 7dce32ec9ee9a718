"""A lake that an earlier version has made: its bucket's name had no region in it.

Its stacks have the names of today's, so a run would have CloudFormation rename what they hold, and
leave the old bucket behind with all that lies in it. So it is told by its stack and tag: it can
still be looked at and destroyed, and nothing else is done with it.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.errors import EarlierLakeError
from pipeline.infrastructure import BUCKET
from pipeline.lake import Lake
from pipeline.resource_looks import is_made
from pipeline.run_state import RunState

__all__ = ["take_earlier"]


def take_earlier(lake: Lake, *, to_change: bool) -> None:
    """Have `lake` speak to the bucket that its stack has made, if that has another name.

    Args:
        lake: just opened
        to_change: whether the command makes or changes stacks

    Raises:
        EarlierLakeError: there is such a lake, and it is to be changed
    """
    bucket = _bucket_of_stack(lake)
    if bucket is None or bucket == lake.settings.bucket:
        return
    if to_change:
        options = lake.target.lake_options
        raise EarlierLakeError(
            f"The lake in account {lake.target.account}, region {lake.target.region}, was made by "
            f"an earlier version: its bucket is {bucket}, and today's is {lake.settings.bucket}. "
            "Nothing was touched.",
            f"Make it again: lake destroy{options}; then: lake run{options}",
        )
    lake.settings = replace(lake.settings, bucket_name=bucket)
    lake.stacks = replace(lake.stacks, settings=lake.settings)
    lake.state = RunState(lake.s3, bucket, lake.settings.state)


def _bucket_of_stack(lake: Lake) -> str | None:
    """The bucket that the lake's own stack has made, None when there is none."""
    stack = lake.stacks.describe(BUCKET)
    if stack is None or not lake.settings.owns(stack.get("Tags", [])):
        return None
    made = lake.client("cloudformation").describe_stack_resources(StackName=stack["StackName"])
    return next(
        (
            str(resource["PhysicalResourceId"])
            for resource in made["StackResources"]
            if resource.get("ResourceType") == "AWS::S3::Bucket" and is_made(resource)
        ),
        None,
    )

"""What is at work is stopped as soon as it can be, and waited for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from pipeline.cloudformation import Stacks
from pipeline.destroy.leftovers import tagged_resources
from pipeline.destroy.stopping import stop_work
from pipeline.dms_roles import MADE_BY_A_LAKE, delete_unused_roles, roles_to_make
from pipeline.lake import Lake
from pipeline.ownership import Belongings
from pipeline.settings import ROOT, Settings
from pipeline.target import open_target
from tests.unit.pipeline.fakes import SilentReporter, client_error

SETTINGS = Settings("123456789012")


class FakeDms:
    """One task; each look at it shows the next status."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.stopped_when: list[str] = []

    def describe_replication_tasks(self, **_: Any) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.last = status
        task = {
            "ReplicationTaskArn": "arn",
            "ReplicationTaskIdentifier": "movielens-lake-full-load",
            "Status": status,
        }
        return {"ReplicationTasks": [task]}

    def stop_replication_task(self, **_: Any) -> None:
        self.stopped_when.append(self.last)
        if self.last != "running":
            raise client_error("InvalidResourceStateFault", "StopReplicationTask")


class NoJobs:
    """A SageMaker without training and transform jobs."""

    def get_paginator(self, _: str) -> NoJobs:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"TrainingJobSummaries": [], "TransformJobSummaries": []}]


def lake(**clients: Any) -> Lake:
    target = open_target("local", environ={})
    target = replace(target, waits=replace(target.waits, poll=0.001, stack=5), _clients=clients)
    stacks = SimpleNamespace(describe=lambda _: {"StackStatus": "CREATE_COMPLETE"})
    made = Lake.open(target, SilentReporter())
    made.settings, made.stacks = SETTINGS, cast(Stacks, stacks)
    return made


@pytest.mark.parametrize(
    "statuses",
    [
        ("starting", "starting", "starting", "starting", "running", "stopping", "stopped"),
        ("running", "running", "running", "stopping", "stopped"),
        ("creating", "creating", "creating", "ready"),
    ],
)
def test_a_task_is_stopped_once_it_can_be(statuses: tuple[str, ...]) -> None:
    """StopReplicationTask refuses one that is starting: the bucket was left for a second run."""
    dms = FakeDms("running", *statuses)
    own = Belongings({ROOT: []}, bucket=True)
    stopped = stop_work(lake(dms=dms, glue=None, sagemaker=NoJobs()), own)
    assert dms.stopped_when == (["running"] if "running" in statuses else [])
    assert dms.statuses == [statuses[-1]]
    assert stopped == ["task movielens-lake-full-load (stopped)"]


class EndsMeanwhile(FakeDms):
    """A task that has ended by the time that it is asked to stop."""

    def stop_replication_task(self, **_: Any) -> None:
        self.stopped_when.append(self.last)
        raise client_error(self.code, "StopReplicationTask")

    code = "InvalidResourceStateFault"


def test_what_ends_before_the_stop_counts_as_stopped() -> None:
    dms = EndsMeanwhile("running", "running", "running", "stopped")
    own = Belongings({ROOT: []}, bucket=True)
    stopped = stop_work(lake(dms=dms, glue=None, sagemaker=NoJobs()), own)
    assert dms.stopped_when == ["running"]
    assert stopped == ["task movielens-lake-full-load (stopped)"]


def test_a_stop_that_is_refused_for_another_reason_is_an_error() -> None:
    dms = EndsMeanwhile("running", "running", "running", "stopped")
    dms.code = "AccessDeniedException"
    own = Belongings({ROOT: []}, bucket=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        stop_work(lake(dms=dms, glue=None, sagemaker=NoJobs()), own)


class NoTask:
    """A DMS without tasks."""

    def describe_replication_tasks(self, **_: Any) -> dict[str, Any]:
        return {"ReplicationTasks": []}


@pytest.mark.parametrize("code", ["CrawlerNotRunningException", "CrawlerStoppingException"])
def test_a_crawler_that_ends_meanwhile_counts_as_stopped(code: str) -> None:
    name = SETTINGS.stream_crawler
    states = ["RUNNING", "RUNNING", "STOPPING", "READY"]

    def refuse(**_: Any) -> None:
        raise client_error(code, "StopCrawler")

    glue = SimpleNamespace(
        get_crawler=lambda **_: {"Crawler": {"State": states.pop(0)}}, stop_crawler=refuse
    )
    own = Belongings({"catalog": [f"crawler {name}"]}, bucket=True)
    stopped = stop_work(lake(dms=NoTask(), glue=glue, sagemaker=NoJobs()), own)
    assert stopped == [f"crawler {name} (stopped)"]
    assert states == []


class OneJob(NoJobs):
    """A job that completes between the look and the stop.

    Args:
        kind: Training or Transform
        prefix: beginning of its name
    """

    statuses = ("InProgress", "InProgress", "Completed")

    def __init__(self, kind: str, prefix: str) -> None:
        self.kind, self.name = kind, f"{prefix}-0123456789ab-1"
        self.left = list(self.statuses)

    def paginate(self, **given: Any) -> list[dict[str, Any]]:
        job = {f"{self.kind}JobName": self.name, f"{self.kind}JobArn": "arn"}
        ours = given["StatusEquals"] == "InProgress" and self.name.startswith(given["NameContains"])
        (none,) = super().paginate()
        return [{**none, f"{self.kind}JobSummaries": [job] if ours else []}]

    def list_tags(self, **_: Any) -> dict[str, Any]:
        return {"Tags": [SETTINGS.tag]}

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        return {f"{self.kind}JobStatus": self.left.pop(0)}

    def stop_training_job(self, **_: Any) -> None:
        raise client_error("ValidationException", f"Stop{self.kind}Job")

    describe_transform_job, stop_transform_job = describe_training_job, stop_training_job


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [("Training", SETTINGS.training_prefix), ("Transform", SETTINGS.lists_prefix)],
)
def test_a_job_that_ends_meanwhile_counts_as_stopped(kind: str, prefix: str) -> None:
    jobs = OneJob(kind, prefix)
    own = Belongings({}, bucket=True)
    [stopped] = stop_work(lake(dms=NoTask(), glue=None, sagemaker=jobs), own)
    assert stopped.startswith(f"{kind.lower()} job ")
    assert jobs.left == []


class FakeIam:
    """Roles by name, with their tags."""

    def __init__(self, **roles: list[dict[str, str]]) -> None:
        self.roles = {name.replace("_", "-"): tags for name, tags in roles.items()}

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        if RoleName not in self.roles:
            raise client_error("NoSuchEntity", "GetRole")
        return {"Role": {"RoleName": RoleName, "Tags": self.roles[RoleName]}}

    def get_paginator(self, _: str) -> FakeIam:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"AttachedPolicies": [{"PolicyArn": "arn:policy"}]}]

    def detach_role_policy(self, **_: Any) -> None:
        pass

    def delete_role(self, *, RoleName: str) -> None:  # noqa: N803
        del self.roles[RoleName]


class Region:
    """What DMS has in one region."""

    def __init__(self, *instances: str, refuses: bool = False, bucket: str = "") -> None:
        self.instances, self.refuses, self.bucket = instances, refuses, bucket

    def get_paginator(self, _: str) -> Region:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Buckets": [{"Name": self.bucket}, {"Name": "123456789012-others-eu-west-1"}]}]

    def get_bucket_tagging(self, *, Bucket: str) -> dict[str, Any]:  # noqa: N803
        if Bucket != self.bucket:
            raise client_error("NoSuchTagSet", "GetBucketTagging")
        return {"TagSet": [{"Key": "project", "Value": "films"}]}

    def describe_replication_instances(self) -> dict[str, Any]:
        if self.refuses:
            raise client_error("AccessDeniedException", "DescribeReplicationInstances")
        found = [{"ReplicationInstanceIdentifier": name} for name in self.instances]
        return {"ReplicationInstances": found}

    def describe_replication_subnet_groups(self) -> dict[str, Any]:
        return {"ReplicationSubnetGroups": []}


def account(iam: FakeIam, elsewhere: Region) -> Lake:
    regions = [{"RegionName": "us-east-1"}, {"RegionName": "eu-west-1"}]
    ec2 = SimpleNamespace(describe_regions=lambda: {"Regions": regions})
    there = {"dms in eu-west-1": elsewhere}
    return lake(iam=iam, ec2=ec2, dms=Region(), s3=elsewhere, **there)


def test_an_account_wide_role_goes_when_nobody_uses_dms() -> None:
    iam, kept = FakeIam(dms_vpc_role=[SETTINGS.tag], dms_cloudwatch_logs_role=[]), list[str]()
    assert delete_unused_roles(account(iam, Region()), kept) == ["role dms-vpc-role"]
    assert list(iam.roles) == ["dms-cloudwatch-logs-role"], "that one somebody else has made"
    assert kept == []


def test_the_last_lake_of_an_account_deletes_the_roles_that_another_one_has_made() -> None:
    other = {"Key": "project", "Value": "films"}
    iam = FakeIam(dms_vpc_role=[other, MADE_BY_A_LAKE], dms_cloudwatch_logs_role=[other])
    assert delete_unused_roles(account(iam, Region()), []) == ["role dms-vpc-role"]


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        (
            Region(bucket="123456789012-films-eu-west-1"),
            "the lake of bucket 123456789012-films-eu-west-1",
        ),
        (Region("theirs"), "replication instance theirs in eu-west-1"),
        (
            Region(refuses=True),
            "region eu-west-1 does not say whether DMS is in use there (AccessDeniedException)",
        ),
    ],
)
def test_an_account_wide_role_stays_while_dms_is_used_in_any_region(
    elsewhere: Region, why: str
) -> None:
    iam, kept = FakeIam(dms_vpc_role=[SETTINGS.tag]), list[str]()
    assert delete_unused_roles(account(iam, elsewhere), kept) == []
    assert list(iam.roles) == ["dms-vpc-role"]
    assert kept == [f"role dms-vpc-role (in use: {why})"]


class TagIndex:
    """Answers of GetResources, one after the other; the last stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def get_paginator(self, _: str) -> TagIndex:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        arns = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        found = [{"ResourceARN": arn, "Tags": [SETTINGS.tag]} for arn in arns]
        # An emulator's index may forget the tags and keep the name.
        return [{"ResourceTagMappingList": [*found, {"ResourceARN": "x", "Tags": []}]}]


def tagged(index: TagIndex, patience: float) -> list[str]:
    found = lake(resourcegroupstaggingapi=index)
    waits = replace(found.target.waits, tag_index=patience)
    target = replace(found.target, waits=waits)
    made = SimpleNamespace(target=target, client=target.client, settings=SETTINGS)
    return tagged_resources(cast(Lake, made), ["/a-job"])


def test_leftovers_are_found_by_tag_once_the_index_has_caught_up() -> None:
    job = "arn:aws:sagemaker:us-east-1:123456789012:training-job/a-job"
    assert tagged(TagIndex(["arn:a", "arn:b"], ["arn:a"], [job]), patience=30) == []
    assert tagged(TagIndex(["arn:a", "arn:b"], ["arn:a"]), patience=0.05) == ["arn:a"]


def test_both_account_wide_roles_are_made_where_absent_and_only_there() -> None:
    """AWS DMS User Guide, "Creating the IAM roles to use with AWS DMS"."""

    def asked(iam: FakeIam, **given: str) -> dict[str, str]:
        target = SimpleNamespace(client=lambda _: iam)
        stacks = SimpleNamespace(target=target, parameters=lambda _: given)
        return roles_to_make(cast(Stacks, stacks))

    assert asked(FakeIam()) == {"CreateDmsVpcRole": "true", "CreateDmsLogsRole": "true"}
    there = FakeIam(dms_vpc_role=[], dms_cloudwatch_logs_role=[])
    assert asked(there) == {"CreateDmsVpcRole": "false", "CreateDmsLogsRole": "false"}
    # What the stack has made stays its own, or it would give it up.
    made = {"CreateDmsVpcRole": "true", "CreateDmsLogsRole": "true"}
    assert asked(there, **made) == made

"""An AWS account in this process: moto, and doubles of the work that moto does not do."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.endpoint
import botocore.loaders
import botocore.session
import pytest
from botocore import xform_name
from botocore.retries.bucket import TokenBucket
from moto import mock_aws
from moto.awslambda.models import LambdaBackend
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend as TagIndex
from moto.s3.models import FakeBucket, s3_backends
from moto.sagemaker.models import FakeEndpointConfig
from typer.testing import CliRunner

from pipeline import polling
from pipeline.cli.commands import app
from pipeline.destroy import leftovers
from tests.integration.aws_target.cloudformation import CloudFormation
from tests.integration.aws_target.dms import Dms
from tests.integration.aws_target.functions import Functions
from tests.integration.aws_target.glue import Glue
from tests.integration.aws_target.offers import Offers
from tests.integration.aws_target.resources import Kinds
from tests.integration.aws_target.sagemaker import SageMaker
from tests.integration.aws_target.wire import Wire
from tests.support import last_error

ACCOUNT: Final = "123456789012"
"""moto's."""
REGION: Final = "eu-central-1"
"""Not the one that is assumed where nothing is chosen."""


@dataclass(frozen=True)
class Ended:
    """How one call of `lake` ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """What ``--json`` printed."""
        return dict(json.loads(self.stdout[self.stdout.index("{") :]))  # after what was typed

    @property
    def error(self) -> tuple[str, str]:
        """The error and the next command, last on stderr."""
        return last_error(self.stderr)


@dataclass
class Account:
    """One account with all that runs in it."""

    wire: Wire
    formation: CloudFormation
    dms: Dms
    functions: Functions
    glue: Glue
    sagemaker: SageMaker
    offers: Offers
    data: Path
    region: str = REGION

    def lake(self, *words: str, typed: str = f"{ACCOUNT}\n") -> Ended:
        """Run `lake <words> --target aws`; a person types the account id where it is asked for."""
        with self.speaking():
            done = CliRunner().invoke(app, [*words, "--target", "aws"], input=typed)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ended(done.exit_code, done.stdout, done.stderr)

    def run(self, *words: str) -> Ended:
        """`lake run` on the account's data folder."""
        return self.lake("run", "--movielens", str(self.data), "--json", *words)

    def left(self) -> list[str]:
        """What exists in the account and would go on costing or holding something."""
        with self.speaking():
            return found_in(self)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Have all clients that are given no region speak to the account's."""
        if self.region == REGION:
            yield
            return
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
                patch.setenv(name, self.region)
            patch.setattr(boto3, "DEFAULT_SESSION", None)
            yield


def found_in(account: Account) -> list[str]:
    """Everything at moto and the doubles that a lake can consist of."""
    client = boto3.client
    found = [f"stack {s.name}" for s in account.formation.stacks if s.live]
    found += [f"dms {arn}" for arn in account.dms.things]
    looks: list[tuple[str, Callable[[], Any]]] = [
        ("bucket", lambda: [b["Name"] for b in client("s3").list_buckets()["Buckets"]]),
        ("table", lambda: client("dynamodb").list_tables()["TableNames"]),
        ("role", lambda: [r["RoleName"] for r in client("iam").list_roles()["Roles"]]),
        ("stream", lambda: client("kinesis").list_streams()["StreamNames"]),
        ("delivery", lambda: client("firehose").list_delivery_streams()["DeliveryStreamNames"]),
        (
            "function",
            lambda: [f["FunctionName"] for f in client("lambda").list_functions()["Functions"]],
        ),
        ("job", lambda: client("glue").list_jobs()["JobNames"]),
        ("crawler", lambda: client("glue").list_crawlers()["CrawlerNames"]),
        ("database", lambda: [d["Name"] for d in client("glue").get_databases()["DatabaseList"]]),
        (
            "endpoint",
            lambda: [e["EndpointName"] for e in client("sagemaker").list_endpoints()["Endpoints"]],
        ),
        (
            "config",
            lambda: [
                e["EndpointConfigName"]
                for e in client("sagemaker").list_endpoint_configs()["EndpointConfigs"]
            ],
        ),
        ("model", lambda: [m["ModelName"] for m in client("sagemaker").list_models()["Models"]]),
        ("queue", lambda: client("sqs").list_queues().get("QueueUrls", [])),
        (
            "logs",
            lambda: [g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]],
        ),
        (
            "vpc",
            lambda: [
                v["VpcId"] for v in client("ec2").describe_vpcs()["Vpcs"] if not v["IsDefault"]
            ],
        ),
    ]
    return sorted(found + [f"{kind} {name}" for kind, look in looks for name in look()])


@contextmanager
def opened(folder: Path, data: Path, patch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A new, empty account; `lake --target aws` speaks to it."""
    patch.setenv("AWS_REGION", REGION)
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    patch.setenv("AWS_ACCESS_KEY_ID", "testing")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    patch.setenv("LAKE_CACHE", str(folder / "cache"))
    # Doubles are done at once: what is waited for is how often is looked, not how long.
    patch.setattr(polling, "time", Fast())
    patch.setattr(leftovers, "time", Skipping())  # the index of tags never lags here
    with ExitStack() as stack:
        wire = Wire()
        stack.enter_context(wire.installed())
        stack.enter_context(mock_aws(config={"iam": {"load_aws_managed_policies": True}}))
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        # Each `lake` has a session of its own, which would read the same models again.
        patch.setattr(botocore.session, "create_loader", _loader)
        # botocore asks as often as it does, and does not wait before it.
        patch.setattr(botocore.endpoint, "time", Fast())
        patch.setattr(TokenBucket, "_sleep_amount", lambda *_: 0)
        # moto runs mapped functions in Docker, once a record; `Functions.pump` does it instead.
        patch.setattr(LambdaBackend, "send_kinesis_message", lambda *_, **__: None)
        patch.setattr(FakeBucket, "get_permission", _permission_over_tls)
        patch.setattr(FakeEndpointConfig, "arn", _ARN, raising=False)
        patch.setattr(TagIndex, "_get_resources_generator", _tagged_in_region)
        account = _in_region(REGION, wire, folder, data, stack)
        wire.doubles.update(doubles(account))
        yield account


@contextmanager
def opened_elsewhere(account: Account, region: str, folder: Path) -> Iterator[Account]:
    """Another region of `account`."""
    with ExitStack() as stack:
        other = _in_region(region, account.wire, folder / region, account.data, stack)
        account.wire.elsewhere[region] = doubles(other)
        yield other


def _in_region(region: str, wire: Wire, folder: Path, data: Path, stack: ExitStack) -> Account:
    offers = Offers(region)
    dms = Dms(ACCOUNT, region, offers)
    functions = Functions(ACCOUNT, region, folder / "functions")
    stack.enter_context(functions.listening())
    formation = CloudFormation(ACCOUNT, region, Kinds(dms, functions))
    glue, sagemaker = Glue(), SageMaker(ACCOUNT, region, folder / "sagemaker")
    stack.callback(sagemaker.close)
    return Account(wire, formation, dms, functions, glue, sagemaker, offers, data, region)


DOUBLED: Final[dict[str, tuple[str, ...]]] = {
    "cloudformation": (
        "CreateStack",
        "UpdateStack",
        "DeleteStack",
        "DescribeStacks",
        "DescribeStackResources",
        "DescribeStackEvents",
        "ListStackResources",
        "GetTemplate",
    ),
    "dms": (
        "DescribeReplicationTasks",
        "DescribeReplicationInstances",
        "DescribeReplicationSubnetGroups",
        "DescribeEndpoints",
        "DescribeOrderableReplicationInstances",
        "DescribeConnections",
        "DescribeTableStatistics",
        "TestConnection",
        "StartReplicationTask",
        "StopReplicationTask",
    ),
    "glue": (
        "StartCrawler",
        "GetCrawler",
        "StopCrawler",
        "StartJobRun",
        "GetJobRun",
        "GetJobRuns",
        "BatchStopJobRun",
    ),
    "ecr": ("BatchGetImage",),
    "lambda": ("Invoke", "ListEventSourceMappings"),
    "sagemaker": (
        "CreateTrainingJob",
        "DescribeTrainingJob",
        "ListTrainingJobs",
        "StopTrainingJob",
        "CreateTransformJob",
        "DescribeTransformJob",
        "ListTransformJobs",
        "StopTransformJob",
        "ListTags",
        "UpdateEndpoint",
        "DeleteModelPackage",
        "DeleteModelPackageGroup",
    ),
    "sagemaker-runtime": ("InvokeEndpoint",),
    "service-quotas": ("GetServiceQuota", "GetAWSDefaultServiceQuota", "ListServiceQuotas"),
}
"""Operations that a double answers; every other one is moto's."""


def doubles(account: Account) -> dict[tuple[str, str], Any]:
    """What answers each operation of `DOUBLED`."""
    by_service = {
        "cloudformation": account.formation,
        "dms": account.dms,
        "ecr": account.offers,
        "glue": account.glue,
        "lambda": account.functions,
        "sagemaker": account.sagemaker,
        "sagemaker-runtime": account.sagemaker,
        "service-quotas": account.offers,
    }
    return {
        (service, operation): getattr(by_service[service], xform_name(operation))
        for service, operations in DOUBLED.items()
        for operation in operations
    }


def _permission_over_tls(bucket: FakeBucket, action: str, resource: str) -> Any:
    """Moto's own, which knows no conditions, without what only holds for requests without TLS."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    policy["Statement"] = [s for s in policy["Statement"] if s.get("Condition") != _WITHOUT_TLS]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


_EVERYWHERE: Final = TagIndex._get_resources_generator


def _tagged_in_region(index: TagIndex, *args: Any, **kwargs: Any) -> Iterator[dict[str, Any]]:
    """Moto's own without the buckets of other regions, which AWS's index does not show."""
    buckets = s3_backends[index.account_id]["aws"].buckets
    for found in _EVERYWHERE(index, *args, **kwargs):
        name = found["ResourceARN"].removeprefix("arn:aws:s3:::")
        if name not in buckets or buckets[name].region_name == index.region_name:
            yield found


_ARN: Final = property(lambda config: config.endpoint_config_arn, lambda _config, _value: None)
"""moto's is a tuple, on which its index of tags fails."""
_WITHOUT_TLS: Final = {"Bool": {"aws:SecureTransport": "false"}}


_loader = functools.cache(botocore.loaders.create_loader)


class Fast:
    """The module `time` with sleeps of a thousandth: the deadlines of polls count as they do."""

    monotonic, time = staticmethod(time.monotonic), staticmethod(time.time)

    @staticmethod
    def sleep(seconds: float) -> None:
        time.sleep(min(seconds / 1000, 0.02))


class Skipping:
    """The module `time` of which a sleep takes no time, and the clock says that it did."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

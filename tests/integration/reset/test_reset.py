"""A reset leaves nothing of any service, and ends what runs."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lakestack import registry
from lakestack.instance import Running
from tests import support
from tests.integration.reset.own_samples import OWN_SAMPLES
from tests.integration.reset.samples import SAMPLES, Aws
from tests.support import REGION, unique, wait_until

NOTHING_TO_LIST = {"sts", "sagemaker-runtime"}
"""STS's sessions cannot be listed (`test_a_session_is_forgotten`), and SageMaker Runtime has only
what SageMaker has."""
RESET_SECONDS = 0.3
OTHER = "111122223333"


@pytest.fixture(scope="module")
def own() -> Iterator[Running]:
    """An emulator that nobody else uses."""
    with support.emulator() as running:
        yield running


@pytest.fixture(scope="module")
def here(own: Running) -> Aws:
    return support.clients(own.url)


def post(own: Running, path: str, document: Any = None, **headers: str) -> tuple[int, Any]:
    body = document if isinstance(document, bytes) else json.dumps(document or {}).encode()
    request = urllib.request.Request(own.url + path, body, headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read())


def reset(own: Running, **scope: str) -> dict[str, Any]:
    status, document = post(own, "/_lakestack/reset", scope)
    assert status == 200, document
    found: dict[str, Any] = document["reset"]
    assert found["not_ended"] == []
    return found


def clients_of(own: Running, account: str, region: str) -> Aws:
    session = boto3.Session(
        aws_access_key_id=account, aws_secret_access_key="t", region_name=region
    )
    config = Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=60)
    return lambda service: session.client(service, endpoint_url=own.url, config=config)


def processes_of_users(own: Running) -> list[str]:
    """Command lines of what the emulator has started, but for the engine of DynamoDB."""
    found = []
    for process in psutil.Process(own.pid).children(recursive=True):
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if line and "dynamodb" not in line.lower() and "py4j" not in line.lower():
            found.append(line)
    return found


def samples() -> dict[str, Any]:
    return {**SAMPLES, **OWN_SAMPLES}


def test_every_service_has_a_sample(own: Running) -> None:
    with urllib.request.urlopen(f"{own.url}/_localstack/health", timeout=30) as answer:  # noqa: S310
        services = set(json.loads(answer.read())["services"])
    assert {each.api for each in registry.SERVICES} <= services
    assert services - set(samples()) - NOTHING_TO_LIST == set(), "make a sample of these"


def test_a_reset_leaves_nothing_of_any_service(own: Running, here: Aws) -> None:
    reset(own)
    empty = {
        (service, n): sample.listed(here)
        for service, found in samples().items()
        for n, sample in enumerate(found)
    }
    not_made = {}
    for service, found in samples().items():
        for n, sample in enumerate(found):
            try:
                sample.make(here, unique("sample"))
                if sample.listed(here) == empty[service, n]:
                    not_made[service, n] = "it is not listed"
            except (ClientError, BotoCoreError) as e:
                not_made[service, n] = str(e)
    assert not_made == {}
    assert processes_of_users(own)

    done = reset(own)

    assert processes_of_users(own) == []
    left = {
        (service, n): now
        for service, found in samples().items()
        for n, sample in enumerate(found)
        if (now := sample.listed(here)) != empty[service, n]
    }
    assert left == {}
    assert done["seconds"] < 10 * RESET_SECONDS, "ten times the promise: other tests run beside it"
    # Nothing comes back by what was under way.
    time_of_flushes = time.monotonic() + 2.0
    wait_until(lambda: time.monotonic() > time_of_flushes)
    assert here("logs").describe_log_groups()["logGroups"] == []
    assert here("s3").list_buckets()["Buckets"] == []


def test_a_second_life_is_as_the_first(own: Running, here: Aws) -> None:
    """What was reset can be made again, under the same names."""
    again = ("dynamodb", "s3", "kinesis", "events", "sqs", "lambda", "cloudwatch", "stepfunctions")
    for _ in range(2):
        name = "the-same-name"
        for service in again:
            for n, sample in enumerate(samples()[service]):
                sample.make(here, f"{name}-{service}-{n}")
        reset(own)


def test_a_session_is_forgotten(own: Running, here: Aws) -> None:
    def caller() -> str:
        role = f"arn:aws:iam::{support.ACCOUNT}:role/r"
        given = here("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        sts = boto3.client(
            "sts",
            endpoint_url=own.url,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )
        assert "assumed-role/r/session" in sts.get_caller_identity()["Arn"]
        reset(own)
        try:
            return str(sts.get_caller_identity()["Arn"])
        except ClientError as e:
            return str(e.response["Error"]["Code"])

    assert "assumed-role" not in caller()


SCOPED = (
    "acm", "apigateway", "apigatewayv2", "cloudformation", "cloudwatch", "dynamodb",
    "dynamodbstreams", "ec2", "events", "firehose", "kinesis", "kms", "logs", "pipes", "s3",
    "scheduler", "secretsmanager", "sns", "sqs", "ssm", "stepfunctions",
)  # fmt: skip
PLACES = ((support.ACCOUNT, REGION), (OTHER, REGION), (support.ACCOUNT, "eu-central-1"))


def test_a_reset_of_one_account_and_region_leaves_the_others(own: Running) -> None:
    """With names that are the same in all, where a service has names of its own."""
    reset(own)
    scoped = [
        (s, samples()[s][0]) for s in SCOPED if s not in ("dms", "glue", "lambda", "sagemaker")
    ]
    everywhere = {place: clients_of(own, *place) for place in PLACES}
    empty = {(p, s): x.listed(aws) for p, aws in everywhere.items() for s, x in scoped}
    full: dict[Any, Any] = {}
    for aws in everywhere.values():
        for service, sample in scoped:
            # S3's names are the whole world's.
            sample.make(aws, unique("s3") if service == "s3" else f"same-{service}")
    for place, aws in everywhere.items():
        for service, sample in scoped:
            full[place, service] = _shape(sample.listed(aws))
            assert full[place, service] != _shape(empty[place, service]), (place, service)
    account, region = PLACES[0]

    reset(own, account=account, region=region)

    for place, aws in everywhere.items():
        for service, sample in scoped:
            now = _shape(sample.listed(aws))
            if place == PLACES[0] and service != "s3":
                assert now == _shape(empty[place, service]), (place, service)
            elif service != "s3":
                assert now == full[place, service], (place, service)
    assert _regions_of_buckets(everywhere[PLACES[0]]) == {"eu-central-1"}
    assert _regions_of_buckets(everywhere[PLACES[1]]) == {REGION}
    for place in PLACES[1:]:
        table = everywhere[place]("dynamodb").scan(TableName="same-dynamodb")
        assert table["Count"] == 1
    reset(own, account=account)
    reset(own)


def _regions_of_buckets(aws: Aws) -> set[str]:
    s3 = aws("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    return {s3.get_bucket_location(Bucket=n)["LocationConstraint"] or REGION for n in names}


def _shape(found: Any) -> Any:
    """A listing without what time changes."""
    return sorted(json.dumps(each, default=lambda _: "time") for each in found)


def test_a_process_of_another_account_goes_on(own: Running) -> None:
    one, other = clients_of(own, support.ACCOUNT, REGION), clients_of(own, OTHER, REGION)
    for aws in (one, other):
        OWN_SAMPLES["glue"][0].make(aws, unique("job"))
        OWN_SAMPLES["lambda"][0].make(aws, unique("fn"))
    reset(own, account=support.ACCOUNT, region=REGION)
    (job,) = other("glue").get_jobs()["Jobs"]
    (run,) = other("glue").get_job_runs(JobName=job["Name"])["JobRuns"]
    assert run["JobRunState"] == "RUNNING"
    (function,) = other("lambda").list_functions()["Functions"]
    answer = other("lambda").invoke(FunctionName=function["FunctionName"])
    assert json.loads(answer["Payload"].read()) == 1
    assert one("glue").get_jobs()["Jobs"] == []
    assert one("lambda").list_functions()["Functions"] == []
    reset(own)


def test_dms_and_sagemaker_of_another_account_or_region_go_on(own: Running) -> None:
    reset(own)
    everywhere = {place: clients_of(own, *place) for place in PLACES}
    (dms,), (training, endpoint, *_) = OWN_SAMPLES["dms"], OWN_SAMPLES["sagemaker"]
    for aws in everywhere.values():
        for sample in (dms, training, endpoint):
            sample.make(aws, unique("scoped"))
    full = {place: _kept(aws) for place, aws in everywhere.items()}
    account, region = PLACES[0]

    done = reset(own, account=account, region=region)

    assert {"dms", "sagemaker"} <= set(done["services"])
    gone = _kept(everywhere[PLACES[0]])
    assert gone == {kind: {} for kind in gone}
    for place in PLACES[1:]:
        assert _kept(everywhere[place]) == full[place]
        runtime = everywhere[place]("sagemaker-runtime")
        (name,) = full[place]["endpoints"]
        answer = runtime.invoke_endpoint(
            EndpointName=name, ContentType="application/json", Body=b'{"a": 1}'
        )
        assert json.loads(answer["Body"].read())["echo"] == {"a": 1}
    reset(own)
    assert processes_of_users(own) == []


def _kept(aws: Aws) -> dict[str, dict[str, Any]]:
    """DMS's and SageMaker's resources of an account and region by name, with their states."""
    dms, sagemaker, dynamodb = aws("dms"), aws("sagemaker"), aws("dynamodb")
    tasks = dms.describe_replication_tasks()["ReplicationTasks"]
    endpoints = dms.describe_endpoints()["Endpoints"]
    instances = dms.describe_replication_instances()["ReplicationInstances"]
    jobs = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    served = sagemaker.list_endpoints()["Endpoints"]
    tables = dynamodb.list_tables()["TableNames"]
    return {
        "tasks": {t["ReplicationTaskIdentifier"]: t["Status"] for t in tasks},
        "ends": {e["EndpointIdentifier"]: e["EngineName"] for e in endpoints},
        "instances": {i["ReplicationInstanceIdentifier"]: "" for i in instances},
        "jobs": {j["TrainingJobName"]: j["TrainingJobStatus"] for j in jobs},
        "endpoints": {e["EndpointName"]: e["EndpointStatus"] for e in served},
        "models": {m["ModelName"]: "" for m in sagemaker.list_models()["Models"]},
        "loaded": {t: dynamodb.scan(TableName=t, Select="COUNT")["Count"] for t in tables},
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Referer": "https://evil.example/page"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Origin": "null", "Content-Type": "text/plain"},
    ],
)
def test_a_web_page_cannot_reset(own: Running, here: Aws, headers: dict[str, str]) -> None:
    name = unique("kept")
    here("sqs").create_queue(QueueName=name)
    for path in ("/_lakestack/reset",):
        status, _ = post(own, path, {}, **headers)
        assert status == 403
    assert here("sqs").get_queue_url(QueueName=name)["QueueUrl"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "is no JSON"),
        (b"[]", "is a JSON list"),
        (b'{"acount": "1"}', "no member 'acount'"),
        (b'{"account": "12"}', "The account '12' is none"),
        (b'{"region": 1}', "The region 1 is none"),
        (b'{"region": "nowhere"}', "The region 'nowhere' is none"),
    ],
)
def test_a_wrong_request_resets_nothing(own: Running, here: Aws, body: bytes, message: str) -> None:
    name = unique("kept")
    here("sqs").create_queue(QueueName=name)
    status, document = post(own, "/_lakestack/reset", body)
    assert status == 400
    assert message in document["error"]["message"]
    assert here("sqs").get_queue_url(QueueName=name)["QueueUrl"]

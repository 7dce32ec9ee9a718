"""One of everything of every service is saved, and is the same in a fresh process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.reset.own_samples import OWN_SAMPLES
from tests.integration.reset.samples import SAMPLES, Aws
from tests.integration.saved_state.lake import Machine, machine
from tests.support import unique

pytestmark = pytest.mark.large

BY_ITSELF = {
    "logs": ("storedBytes",),
    "support": ("status",),  # moto goes on with each look
    "transcribe": ("TranscriptionJobStatus", "FailureReason"),
    "sagemaker": (
        *("LastModifiedTime", "SecondaryStatus", "TrainingEndTime"),
        *("TrainingJobStatus", "EndpointStatus"),
    ),
}
"""Members that change with time, or tell that a process has ended; see the tests below."""


def listed(aws: Aws) -> dict[str, Any]:
    found = {}
    for service, samples in {**SAMPLES, **OWN_SAMPLES}.items():
        for number, sample in enumerate(samples):
            shown = json.loads(json.dumps(sample.listed(aws), default=str))
            for each in shown if isinstance(shown, list) else ():
                for member in BY_ITSELF.get(service, ()):
                    if isinstance(each, dict):
                        each.pop(member, None)
            found[f"{service} {number}"] = shown
    return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Everything is made, saved, and loaded in another process: (machine, clients, what was)."""
    with machine(tmp_path_factory.mktemp("home")) as lake:
        aws = lake.start()
        for samples in {**SAMPLES, **OWN_SAMPLES}.values():
            for sample in samples:
                sample.make(aws, unique("sample"))
        more = _more(aws)
        _certificates_are_issued(aws)
        before = listed(aws)
        saved = lake.state("save", "everything")
        lake.stop()
        aws = lake.start()
        loaded = lake.state("load", "everything")
        after = listed(aws)
        was = {"before": before, "after": after, "saved": saved, "loaded": loaded}
        yield lake, aws, {**was, **more}


def _more(aws: Aws) -> dict[str, Any]:
    """What listings do not show."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    versions = [
        s3.put_object(Bucket="versions", Key="k", Body=body)["VersionId"]
        for body in (b"first", b"s" * 700_000)
    ]
    s3.delete_object(Bucket="versions", Key="k")
    upload = s3.create_multipart_upload(Bucket="versions", Key="parts")["UploadId"]
    part = s3.upload_part(
        Bucket="versions", Key="parts", UploadId=upload, PartNumber=1, Body=b"p" * 100
    )
    aws("kinesis").create_stream(StreamName="records", ShardCount=2)
    aws("kinesis").get_waiter("stream_exists").wait(
        StreamName="records", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    entries = [{"Data": b"%d" % n, "PartitionKey": str(n)} for n in range(50)]
    put = aws("kinesis").put_records(StreamName="records", Records=entries)
    return {
        "versions": versions,
        "upload": (upload, part["ETag"]),
        "sequences": [r["SequenceNumber"] for r in put["Records"]],
    }


def _certificates_are_issued(aws: Aws) -> None:
    """Moto issues a certificate some seconds after its request; then more of it is listed."""
    for certificate in aws("acm").list_certificates()["CertificateSummaryList"]:
        aws("acm").get_waiter("certificate_validated").wait(
            CertificateArn=certificate["CertificateArn"],
            WaiterConfig={"Delay": 1, "MaxAttempts": 300},
        )


def test_everything_is_listed_as_before(story: Any) -> None:
    was = story[2]
    assert {k: v for k, v in was["after"].items() if v != was["before"][k]} == {}
    assert was["saved"]["omitted"] == []
    assert was["loaded"]["not_resumed"] == []


def test_objects_have_their_bodies_versions_and_uploads(story: Any) -> None:
    _, aws, was = story
    s3 = aws("s3")
    first, second = was["versions"]
    get = s3.get_object
    assert get(Bucket="versions", Key="k", VersionId=first)["Body"].read() == b"first"
    assert get(Bucket="versions", Key="k", VersionId=second)["Body"].read() == b"s" * 700_000
    with pytest.raises(ClientError, match="NoSuchKey"):
        get(Bucket="versions", Key="k")
    upload, etag = was["upload"]
    s3.complete_multipart_upload(
        Bucket="versions",
        Key="parts",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
    )
    assert get(Bucket="versions", Key="parts")["Body"].read() == b"p" * 100


def test_streams_have_their_records_and_number_on(story: Any) -> None:
    _, aws, was = story
    kinesis = aws("kinesis")
    found = []
    for shard in kinesis.list_shards(StreamName="records")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="records", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += kinesis.get_records(ShardIterator=iterator)["Records"]
    assert sorted(r["SequenceNumber"] for r in found) == sorted(was["sequences"])
    assert {r["Data"] for r in found} == {b"%d" % n for n in range(50)}
    after = kinesis.put_record(StreamName="records", Data=b"x", PartitionKey="1")
    former = [r for r in found if r["PartitionKey"] == "1"]
    assert int(after["SequenceNumber"]) > int(former[0]["SequenceNumber"])


def test_tables_have_their_items_and_streams(story: Any) -> None:
    _, aws, _ = story
    dynamodb = aws("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        described = dynamodb.describe_table(TableName=name)["Table"]
        assert described["TableStatus"] == "ACTIVE"
        if name.startswith("sample"):
            assert dynamodb.get_item(TableName=name, Key={"k": {"S": "1"}})["Item"]
            dynamodb.put_item(TableName=name, Item={"k": {"S": "2"}})
            assert dynamodb.scan(TableName=name)["Count"] == 2


def test_a_function_runs_and_its_mapping_polls(story: Any) -> None:
    _, aws, _ = story
    (function,) = aws("lambda").list_functions()["Functions"]
    name = function["FunctionName"]
    assert json.loads(aws("lambda").invoke(FunctionName=name)["Payload"].read()) == 1
    (mapping,) = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["State"] == "Enabled"


def test_an_endpoint_serves_again(story: Any) -> None:
    _, aws, _ = story
    (endpoint,) = aws("sagemaker").list_endpoints()["Endpoints"]
    assert endpoint["EndpointStatus"] == "InService"


def test_what_ran_has_ended_with_a_reason(story: Any) -> None:
    _, aws, _ = story
    (job,) = aws("glue").get_jobs()["Jobs"]
    (run,) = aws("glue").get_job_runs(JobName=job["Name"])["JobRuns"]
    assert run["JobRunState"] == "FAILED"
    assert "started again with its saved state" in run["ErrorMessage"]
    (training,) = aws("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    described = aws("sagemaker").describe_training_job(TrainingJobName=training["TrainingJobName"])
    assert described["TrainingJobStatus"] == "Failed"
    assert "started again with its saved state" in described["FailureReason"]
    (machine_,) = aws("stepfunctions").list_state_machines()["stateMachines"]
    arn = machine_["stateMachineArn"]
    (execution,) = aws("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    assert execution["status"] == "ABORTED"


def test_messages_are_received_and_metrics_read(story: Any) -> None:
    _, aws, _ = story
    (queue,) = aws("sqs").list_queues()["QueueUrls"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"
    (message,) = aws("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "m"


def test_a_save_after_a_small_change_writes_little_anew(story: Any) -> None:
    lake, aws, _ = story
    lake.state("save", "again")
    aws("s3").put_object(Bucket="versions", Key="small", Body=b"small")
    lake.state("save", "again")
    place = lake.emulator.folder / "state" / "again"
    (newest,) = place.iterdir()
    packs = {p.name: p.stat() for p in newest.glob("bodies-*.pack")}
    assert min(p.st_size for p in packs.values()) < 100_000


def test_states_are_listed_loaded_over_another_and_removed(story: Any) -> None:
    lake, aws, _ = story
    aws("s3").create_bucket(Bucket="before-the-save")
    lake.state("save", "one")
    aws("s3").create_bucket(Bucket="after-the-save")
    _, states = lake.ask("GET", "/_lakestack/state")
    assert {"everything", "one"} <= {each["name"] for each in states["states"]}
    lake.state("load", "one")
    names = {b["Name"] for b in aws("s3").list_buckets()["Buckets"]}
    assert "before-the-save" in names
    assert "after-the-save" not in names
    assert lake.ask("DELETE", "/_lakestack/state", {"name": "one"}) == (200, {"removed": True})
    status, document = lake.ask("POST", "/_lakestack/state/load", {"name": "one"})
    assert status == 400
    assert "There is no state 'one'" in document["error"]["message"]


@pytest.mark.parametrize(
    "document", [{}, {"name": "../x"}, {"name": 1}, {"name": "a", "path": "x"}, []]
)
def test_a_wrong_request_saves_nothing(story: Any, document: Any) -> None:
    lake: Machine = story[0]
    before = sorted(p.name for p in Path(lake.emulator.folder, "state").iterdir())
    for what in ("save", "load"):
        status, answer = lake.ask("POST", f"/_lakestack/state/{what}", document)
        assert status == 400, answer
        assert answer["error"]["hint"]
    assert sorted(p.name for p in Path(lake.emulator.folder, "state").iterdir()) == before

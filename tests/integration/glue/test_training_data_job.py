"""The training data job as a Glue job run in the emulator, on rows with every fault."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.uploads import glue_modules, glue_script
from tests.support import unique, wait_until

pytestmark = [pytest.mark.spark, pytest.mark.large]

Client = Callable[[str], Any]
TITLE = 'Misérables, Les "The New" (1998)'
MOVIES = [("1", "Toy Story (1995)", "Adventure|Animation"), ("31", TITLE, "Drama")]
MOVIES += [(str(i), f"Movie {i}", "(no genres listed)") for i in range(100, 160)]
STORED = [(str(u), str(m), "3.5", str(1_000_000_000 + u)) for u in range(1, 6) for m in (1, 31)]
STORED += [("7", str(m), "4.0", "1200000000") for m in range(100, 160)]
STREAMED = [
    {"userId": 133, "movieId": 31, "rating": 2.5, "timestamp": 1260759144},
    {"userId": 133, "movieId": 1, "rating": 3.0, "timestamp": 1260759179},
    {"userId": 1, "movieId": 31, "rating": 5.0, "timestamp": 1_100_000_000},  # later: it wins
    {"userId": 2, "movieId": 31, "rating": 1.0, "timestamp": 900_000_000},  # earlier: it loses
]
BAD = [
    {"userId": "userId", "movieId": "movieId", "rating": "rating", "timestamp": "timestamp"},
    {"userId": 9, "movieId": 31, "rating": 2.5, "timestamp": 1260759144000},
    {"userId": 9, "movieId": 31, "rating": 2.7, "timestamp": 1260759144},
    {"userId": 9, "movieId": 424242, "rating": 2.5, "timestamp": 1260759144},
]
REASONS = {
    "userid_not_a_number": 1,
    "timestamp_in_milliseconds": 1,
    "rating_off_half_step": 1,
    "movie_unknown": 1,
    "unreadable_record": 1,
}


@dataclass
class Lake:
    """A bucket, three DynamoDB tables, a catalog and the job, under names of their own."""

    aws: Client
    name: str

    def create(self) -> None:
        self.aws("s3").create_bucket(Bucket=self.name)
        self._dynamodb("ratings", ("userId", "movieId", "rating", "timestamp"), STORED)
        self._dynamodb("movies", ("movieId", "title", "genres"), MOVIES)
        links = [(m, m.zfill(7), "" if m == "31" else m) for m, *_ in MOVIES]
        self._dynamodb("links", ("movieId", "imdbId", "tmdbId"), links)
        self._stream()
        for key, body in (("job.py", glue_script()), ("spark_jobs.zip", glue_modules())):
            self.aws("s3").put_object(Bucket=self.name, Key=f"code/{key}", Body=body)
        arguments = {"bucket": self.name, "database": self.name, "max_rejected_percent": "10"}
        arguments |= {f"{t}_table": f"{self.name}_{t}" for t in ("ratings", "movies", "links")}
        self.aws("glue").create_job(
            Name=self.name,
            Role="arn:aws:iam::000000000000:role/glue",
            GlueVersion="5.1",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            Command={
                "Name": "glueetl",
                "PythonVersion": "3",
                "ScriptLocation": f"s3://{self.name}/code/job.py",
            },
            DefaultArguments={
                "--extra-py-files": f"s3://{self.name}/code/spark_jobs.zip",
                **{f"--{k}": v for k, v in arguments.items()},
            },
        )

    def _dynamodb(
        self, table: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]
    ) -> None:
        client, name = self.aws("dynamodb"), f"{self.name}_{table}"
        keys = columns[:2] if table == "ratings" else columns[:1]
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
            KeySchema=[
                {"AttributeName": k, "KeyType": t}
                for k, t in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        )
        numbers = ("rating", "timestamp")
        items = [
            {c: {"N" if c in numbers else "S": v} for c, v in zip(columns, row, strict=True) if v}
            for row in rows
        ]
        for start in range(0, len(items), 25):
            batch = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            client.batch_write_item(RequestItems={name: batch})
        types = {"rating": "double", "timestamp": "bigint"}
        glue = self.aws("glue")
        if table == "ratings":
            glue.create_database(DatabaseInput={"Name": self.name})
        glue.create_table(
            DatabaseName=self.name,
            TableInput={
                "Name": name,
                "Parameters": {"classification": "dynamodb"},
                "StorageDescriptor": {
                    "Location": f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}",
                    "Columns": [
                        {"Name": c.lower(), "Type": types.get(c, "string")} for c in columns
                    ],
                },
            },
        )

    def _stream(self) -> None:
        """Two partitions: records with newlines, and records with none and a broken one."""
        lines = "".join(json.dumps(event) + "\n" for event in STREAMED[:2])
        joined = "".join(json.dumps(event) for event in [*STREAMED[2:], *BAD]) + '{"userId": 5,'
        types = {"userid": "int", "movieid": "int", "rating": "double", "timestamp": "int"}
        storage = {
            "Columns": [{"Name": n, "Type": t} for n, t in types.items()],
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        }
        glue = self.aws("glue")
        glue.create_table(
            DatabaseName=self.name,
            TableInput={
                "Name": "firehose",
                "Parameters": {"classification": "json"},
                "PartitionKeys": [{"Name": f"partition_{i}", "Type": "string"} for i in range(4)],
                "StorageDescriptor": {**storage, "Location": f"s3://{self.name}/firehose/"},
            },
        )
        for hour, body in (("12", lines), ("13", joined)):
            key = f"firehose/2026/11/23/{hour}/"
            self.aws("s3").put_object(Bucket=self.name, Key=f"{key}a", Body=body.encode())
            glue.create_partition(
                DatabaseName=self.name,
                TableName="firehose",
                PartitionInput={
                    "Values": ["2026", "11", "23", hour],
                    "StorageDescriptor": {**storage, "Location": f"s3://{self.name}/{key}"},
                },
            )

    def run(self, **arguments: str) -> dict[str, Any]:
        """Run the job to its end."""
        glue = self.aws("glue")
        given = {f"--{k}": v for k, v in arguments.items()}
        run_id = glue.start_job_run(JobName=self.name, Arguments=given)["JobRunId"]

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = glue.get_job_run(JobName=self.name, RunId=run_id)["JobRun"]
            return found if found["JobRunState"] not in ("STARTING", "RUNNING") else None

        return wait_until(ended, timeout=240, every=0.25, what="the job run to end")

    def objects(self, prefix: str) -> dict[str, bytes]:
        """Keys and bodies of the objects below a prefix."""
        s3 = self.aws("s3")
        listed = s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return {
            e["Key"]: s3.get_object(Bucket=self.name, Key=e["Key"])["Body"].read() for e in listed
        }


@pytest.fixture(scope="module")
def lake(aws: Client) -> Lake:
    made = Lake(aws, unique("lake"))
    made.create()
    return made


@pytest.fixture(scope="module")
def output(lake: Lake) -> dict[str, bytes]:
    """Everything below ml/ after a first run; an object of a former run lay there before it."""
    for key in ("ml/trainingdata/rating/part-00007.csv", "ml/trainingdata-staging/x/left-over"):
        lake.aws("s3").put_object(Bucket=lake.name, Key=key, Body=b"old")
    run = lake.run()
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    return lake.objects("ml/")


def rows(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode(), newline="")))


def test_the_output_is_exactly_these_objects(output: dict[str, bytes]) -> None:
    assert sorted(output) == [
        "ml/quarantine/rating/part-00000.json",
        "ml/trainingdata-report.json",
        "ml/trainingdata/links/part-00000.csv",
        "ml/trainingdata/movies/part-00000.csv",
        "ml/trainingdata/rating/part-00000.csv",
    ]


def test_ratings_of_stream_and_table_are_one_and_the_latest_wins(output: dict[str, bytes]) -> None:
    header, *found = rows(output["ml/trainingdata/rating/part-00000.csv"])
    assert header == ["userid", "movieid", "rating", "timestamp"]
    expected = {(u, m): [u, m, r, t] for u, m, r, t in STORED}
    for event in (STREAMED[0], STREAMED[1], STREAMED[2]):
        row = [str(v) for v in event.values()]
        expected[row[0], row[1]] = row
    assert found == sorted(expected.values(), key=lambda r: (int(r[0]), int(r[1])))


def test_titles_come_back_exactly_and_are_quoted_as_in_rfc_4180(output: dict[str, bytes]) -> None:
    body = output["ml/trainingdata/movies/part-00000.csv"]
    assert '31,"Misérables, Les ""The New"" (1998)",Drama\n' in body.decode()
    found = rows(body)
    assert found[0] == ["movieid", "title", "genres"]
    assert [tuple(row) for row in found[1:]] == sorted(MOVIES, key=lambda m: int(m[0]))


def test_links_keep_their_zeros_and_an_absent_id_is_empty(output: dict[str, bytes]) -> None:
    lines = output["ml/trainingdata/links/part-00000.csv"].decode().splitlines()
    assert lines[:3] == ["movieid,imdbid,tmdbid", "1,0000001,1", "31,0000031,"]


def test_every_bad_row_is_kept_with_its_reason(output: dict[str, bytes]) -> None:
    kept = [
        json.loads(line) for line in output["ml/quarantine/rating/part-00000.json"].splitlines()
    ]
    assert {k["reason"]: 1 for k in kept} == REASONS
    assert all(k["source"] == "firehose" for k in kept)
    broken = next(k["record"] for k in kept if k["reason"] == "unreadable_record")
    assert "userId" in broken


def test_the_report_accounts_for_every_row(output: dict[str, bytes], lake: Lake) -> None:
    tables = json.loads(output["ml/trainingdata-report.json"])["tables"]
    rating = tables["rating"]
    streamed = len(STREAMED) + len(BAD) + 1
    assert rating["read"] == {"firehose": streamed, f"{lake.name}_ratings": len(STORED)}
    assert rating["rejected"] == REASONS
    assert rating["duplicates"] == 2
    for table in tables.values():
        rejected = sum(table["rejected"].values())
        assert sum(table["read"].values()) == table["written"] + rejected + table["duplicates"]
    written = {f["key"]: f["bytes"] for t in tables.values() for f in t["files"]}
    assert written == {k: len(v) for k, v in output.items() if k.startswith("ml/trainingdata/")}


def test_too_many_bad_rows_fail_the_run_and_a_rerun_changes_no_byte(
    output: dict[str, bytes], lake: Lake
) -> None:
    failed = lake.run(max_rejected_percent="1")
    assert failed["JobRunState"] == "FAILED"
    message = failed["ErrorMessage"]
    assert f"rating: 5 of {len(STORED) + len(STREAMED) + len(BAD) + 1} rows" in message
    assert "--max_rejected_percent 1" in message
    assert lake.objects("ml/") == output
    again = lake.run()
    assert again["JobRunState"] == "SUCCEEDED", again.get("ErrorMessage")
    assert lake.objects("ml/") == output

"""Ratings in a stream, and the lake's own consumer behind a mapping: watched, and made to fail."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass

from tests.contract.lambda_ import helpers as lambda_helpers
from tests.contract.lambda_.helpers import Aws
from tests.support import PROJECT, RATINGS_TABLE, wait_until

BATCH = 500
Ratings = dict[tuple[str, str], tuple[float, int]]
"""Rating and time by user and movie, as the table's keys have them."""

WATCHED = '''
"""Calls the consumer with a client that may fail, and says what each call was given.

FAILURES is a list of [call, writes, how]: in that call of this environment, after so many writes,
"raise" an error or "exit" as a function that is out of memory does. Each comes once.
"""
import json, os
import boto3, consumer

failures = {call: (writes, how) for call, writes, how in json.loads(os.environ["FAILURES"])}
dynamodb = boto3.client("dynamodb")
calls = 0


class Failing:
    exceptions = dynamodb.exceptions

    def __init__(self, writes, how):
        self.left, self.how = writes, how

    def transact_write_items(self, **request):
        if self.left == 0:
            print(f"failed on purpose: {self.how}", flush=True)
            if self.how == "exit":
                os._exit(1)
            raise RuntimeError("failed on purpose")
        self.left -= 1
        return dynamodb.transact_write_items(**request)


def handler(event, context):
    global calls
    calls += 1
    last = event["Records"][-1]["kinesis"]["sequenceNumber"]
    print(f"received {len(event['Records'])} records to {last}", flush=True)
    client = Failing(*failures.pop(calls)) if calls in failures else dynamodb
    return consumer.handler(event, context, dynamodb=client)
'''


@dataclass
class StreamedRatings:
    """A stream with ratings, a table of the consumer's shape and the watched consumer, all `name`.

    Args:
        failures: (call, writes, "raise" or "exit"), see `WATCHED`
    """

    aws: Aws
    name: str
    failures: tuple[tuple[int, int, str], ...] = ()
    last: str = ""
    """Sequence number of the last record."""

    def make_stream(self) -> None:
        """Make the stream, of one shard: what comes is in order."""
        kinesis = self.aws("kinesis")
        kinesis.create_stream(StreamName=self.name, ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig={"Delay": 1})

    def put(self, ratings: Ratings) -> None:
        """Make the stream and put the ratings on it."""
        self.make_stream()
        kinesis = self.aws("kinesis")
        records = [
            {"Data": event(key, *value), "PartitionKey": key[0]} for key, value in ratings.items()
        ]
        for start in range(0, len(records), BATCH):
            part = records[start : start + BATCH]
            answer = kinesis.put_records(StreamName=self.name, Records=part)
            if answer["FailedRecordCount"]:
                raise RuntimeError(f"records refused: {answer['FailedRecordCount']}")
            self.last = answer["Records"][-1]["SequenceNumber"]

    def make_table(self, name: str) -> None:
        """Make a table of the consumer's shape."""
        self.aws("dynamodb").create_table(TableName=name, **RATINGS_TABLE)

    def make_consumer(self) -> None:
        """Make the table and the function."""
        self.make_table(self.name)
        code = (PROJECT / "pipeline" / "lambdas" / "consumer.py").read_text(encoding="utf-8")
        lambda_helpers.create(
            self.aws,
            self.name,
            lambda_helpers.packed({"consumer.py": code, "watched.py": WATCHED}),
            Handler="watched.handler",
            Timeout=60,
            Environment={"Variables": {"TABLE": self.name, "FAILURES": json.dumps(self.failures)}},
        )

    def map(self) -> str:
        """Begin at the stream's start, with the settings of the lake's streaming stack; its id."""
        described = self.aws("kinesis").describe_stream(StreamName=self.name)
        made = self.aws("lambda").create_event_source_mapping(
            FunctionName=self.name,
            EventSourceArn=described["StreamDescription"]["StreamARN"],
            StartingPosition="TRIM_HORIZON",
            BatchSize=1000,
            BisectBatchOnFunctionError=True,
            MaximumRetryAttempts=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        return str(made["UUID"])

    def unmap(self, uuid: str) -> None:
        """Delete a mapping; when this returns, nothing more is delivered."""
        lambda_ = self.aws("lambda")
        lambda_.delete_event_source_mapping(UUID=uuid)

        def gone() -> bool:
            found = lambda_.list_event_source_mappings(FunctionName=self.name)
            return not [m for m in found["EventSourceMappings"] if m["UUID"] == uuid]

        wait_until(gone, what="the mapping to be gone")

    def count(self) -> int:
        """Items of the table now."""
        # Exact at once in the emulator, and cheap; a scan would hinder who writes.
        found = self.aws("dynamodb").describe_table(TableName=self.name)
        return int(found["Table"]["ItemCount"])

    def write(self, key: tuple[str, str], rating: float, at: int) -> None:
        """Put an item, whatever is there."""
        item = {"userId": {"S": key[0]}, "movieId": {"S": key[1]}}
        item |= {"rating": {"N": str(rating)}, "timestamp": {"N": str(at)}}
        self.aws("dynamodb").put_item(TableName=self.name, Item=item)

    def items(self) -> Ratings:
        """The table."""
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=self.name)
        return {
            (i["userId"]["S"], i["movieId"]["S"]): (
                float(i["rating"]["N"]),
                int(i["timestamp"]["N"]),
            )
            for page in pages
            for i in page["Items"]
        }

    def received(self) -> int:
        """How many records all calls of the function were given, as its log says."""
        found = (re.match(r"received (\d+) records", line) for line in self.log())
        return sum(int(match[1]) for match in found if match)

    def ends(self) -> int:
        """How many calls were given the last record."""
        return sum(line.endswith(f"records to {self.last}") for line in self.log())

    def log(self) -> list[str]:
        """The lines of the function's log."""
        return lambda_helpers.log_of(self.aws, self.name)


def make_ratings(count: int) -> Ratings:
    """Ratings of different users and movies, each with a time of its own."""
    chance = random.Random(count)
    return {
        (str(1 + i % 671), str(i)): (chance.randint(1, 10) / 2, 1_260_759_144 + i)
        for i in range(count)
    }


def event(key: tuple[str, str], rating: float, at: int) -> bytes:
    """A record's data, as the simulator makes it."""
    user, movie = map(int, key)
    found = {"userId": user, "movieId": movie, "rating": rating, "timestamp": at}
    return json.dumps(found).encode() + b"\n"

"""The stream's second consumer fails in the middle of batches, and gets records more than once."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import boto3
import pytest

from pipeline.lambdas import simulator
from tests.contract.lambda_.helpers import Aws
from tests.integration.pipeline.streamed_ratings import StreamedRatings, make_ratings
from tests.support import ACCOUNT, REGION, wait_until

pytestmark = pytest.mark.large

RATINGS = 20_000
# Of ten writes of 100 items that a batch needs, so many are made before the function fails. After
# an exit the calls are counted again, so that these failures come a second time.
FAILURES = ((1, 5, "raise"), (4, 1, "raise"), (6, 9, "raise"), (9, 4, "exit"))


def test_failures_in_the_middle_and_a_replay_leave_every_rating_once(aws: Aws, name: str) -> None:
    ratings = make_ratings(RATINGS)
    stream = StreamedRatings(aws, name, FAILURES)
    stream.put(ratings)
    stream.make_consumer()

    first = stream.map()
    wait_until(lambda: stream.count() == RATINGS, 120, every=0.5, what="the first load")
    stream.unmap(first)

    log = stream.log()
    assert log.count("failed on purpose: raise") >= 3
    assert log.count("failed on purpose: exit") >= 1
    assert stream.received() > RATINGS, "what was written in part came again"
    assert stream.items() == ratings

    # A rating that is newer than the stream's shows that the replay writes nothing old over it.
    changed, loaded = next(iter(ratings)), stream.ends()
    ratings[changed] = (0.5, ratings[changed][1] + 1_000_000)
    stream.write(changed, *ratings[changed])
    second = stream.map()
    wait_until(lambda: stream.ends() > loaded, 120, every=0.5, what="the end of the replay")
    stream.unmap(second)

    assert stream.received() >= 2 * RATINGS
    assert stream.items() == ratings


@contextlib.contextmanager
def losing_answers(endpoint: str, lost: set[int]) -> Iterator[str]:
    """Stand before the emulator, and hang up instead of answering the requests of these numbers."""
    host, asked = endpoint.removeprefix("http://"), 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal asked
            asked += 1
            mine = asked
            behind = http.client.HTTPConnection(host, timeout=30)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            behind.request("POST", self.path, body, dict(self.headers))
            answer = behind.getresponse()
            sent = answer.read()
            behind.close()
            if mine in lost:
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_batch_sent_twice_because_its_answer_was_lost_is_in_the_table_once(
    aws: Aws, emulator: str, bucket: str
) -> None:
    ratings = make_ratings(3 * simulator.BATCH)
    rows = (f"{user},{movie},{rating},{at}\n" for (user, movie), (rating, at) in ratings.items())
    csv = "userId,movieId,rating,timestamp\n" + "".join(rows)
    aws("s3").put_object(Bucket=bucket, Key="ratings.csv", Body=csv.encode())
    stream = StreamedRatings(aws, bucket)
    stream.make_stream()
    stream.make_consumer()
    event = {"bucket": bucket, "key": "ratings.csv", "stream": stream.name}
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)

    with losing_answers(emulator, {2}) as url:
        kinesis = boto3.client(
            "kinesis",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",
        )
        answer = simulator.handler(event, context, s3=aws("s3"), kinesis=kinesis)
    uuid = stream.map()
    twice = len(ratings) + simulator.BATCH
    wait_until(lambda: stream.received() >= twice, 60, every=0.5, what="all records")
    stream.unmap(uuid)

    assert (answer["sent"], answer["done"]) == (len(ratings), True)
    assert stream.received() == twice
    assert stream.items() == ratings

"""The stream's second consumer fails in the middle of batches, then gets the whole stream again."""

from __future__ import annotations

from tests.contract.lambda_helpers import Aws
from tests.integration.streamed_ratings import StreamedRatings, make_ratings
from tests.support import wait_until

RATINGS = 20_000
# Of ten writes of 100 items that a batch needs, so many are made before the function fails. After
# an exit the calls are counted anew, so that these failures come a second time.
FAILURES = ((1, 5, "raise"), (4, 1, "raise"), (6, 9, "raise"), (9, 4, "exit"))


def test_failures_in_the_middle_and_a_replay_leave_every_rating_once(aws: Aws, name: str) -> None:
    ratings = make_ratings(RATINGS)
    stream = StreamedRatings(aws, name, FAILURES)
    stream.put(ratings)
    stream.make_consumer()

    first = stream.map()
    wait_until(lambda: stream.count() == RATINGS, 120, what="the first load")
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

"""When a pipe is disabled: errors of permission or of what is gone, in a row, for a while."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from lakestack import clock
from lakestack.services.pipes.delivery import MOST_REFUSED, REFUSED_SECONDS, Delivery
from lakestack.services.pipes.pipe import Pipe
from lakestack.services.pipes.targets import CallError

ARN = "arn:aws:sqs:us-east-1:000000000000:"


class Target:
    """A delivery whose target answers as told, by a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reasons: list[str] = []
        self.time = 0.0
        self.error: ClientError | None = None
        request = {"Source": f"{ARN}a", "Target": f"{ARN}b", "RoleArn": "r"}
        pipe = Pipe("p", "arn:p", request)
        self._delivery = Delivery("000000000000", "us-east-1", pipe, self.reasons.append)
        monkeypatch.setattr(self._delivery, "_deliver", self._answer)
        monkeypatch.setattr(clock, "steady", lambda: self.time)

    def _answer(self, _events: object) -> set[str]:
        if self.error is not None:
            raise self.error
        return set()

    def answers(self, code: str | None, status: int = 400, times: int = 1) -> None:
        """Deliver so often; a second goes by each time."""
        self.error = None
        if code:
            answer = {"Error": {"Code": code, "Message": "no"}}
            self.error = ClientError(
                {**answer, "ResponseMetadata": {"HTTPStatusCode": status}}, "x"
            )
        for _ in range(times):
            self.time += 1
            if self.error is None:
                self._delivery.deliver([])
            else:
                with pytest.raises((CallError, ClientError)):
                    self._delivery.deliver([])


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    return Target(monkeypatch)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ResourceNotFoundException", 404),
        ("AWS.SimpleQueueService.NonExistentQueue", 400),
        ("AccessDeniedException", 403),
    ],
)
def test_a_target_that_is_gone_or_forbidden(target: Target, code: str, status: int) -> None:
    target.answers(code, status, times=int(REFUSED_SECONDS))
    assert target.reasons == []
    target.answers(code, status)
    assert "11 errors without a success" in target.reasons[0]
    assert code in target.reasons[0]


def test_a_success_or_another_error_between_begins_again(target: Target) -> None:
    for other in (None, "ValidationException"):
        target.answers("ResourceNotFoundException", 404, times=int(REFUSED_SECONDS))
        target.answers(other)
    target.answers("ResourceNotFoundException", 404, times=MOST_REFUSED)
    target.answers("Throttling", times=20)
    target.answers("InternalFailure", 500, times=20)
    assert target.reasons == []

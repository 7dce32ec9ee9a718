"""What `lake destroy` does when the work that it stops ends by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from pipeline.destroy import _stop


def refusing(code: str) -> Callable[[], None]:
    def stop() -> None:
        raise ClientError({"Error": {"Code": code, "Message": "is stopped"}}, "StopReplicationTask")

    return stop


def test_what_is_stopped_is_named() -> None:
    assert _stop(lambda: None, lambda: True, "task t") == ["task t"]


@pytest.mark.parametrize("code", ["InvalidResourceStateFault", "ValidationException"])
def test_what_has_ended_meanwhile_is_no_error(code: str) -> None:
    assert _stop(refusing(code), lambda: False, "task t") == []


@pytest.mark.parametrize(
    ("code", "goes_on"), [("InvalidResourceStateFault", True), ("AccessDeniedException", False)]
)
def test_what_cannot_be_stopped_is_one(code: str, goes_on: bool) -> None:
    with pytest.raises(ClientError, match=code):
        _stop(refusing(code), lambda: goes_on, "task t")

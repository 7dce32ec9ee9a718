"""UpdateEndpoint under load: no request fails, whether the new configuration comes up or not."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.contract.sagemaker.helpers import INFERENCE, Hosting
from tests.support import wait_until

SLOW = INFERENCE.replace(
    "def predict_fn(data, model):", "def predict_fn(data, model):\n    time.sleep(0.05)"
)
BROKEN = "def model_fn(model_dir): raise RuntimeError('no factors')"


class Load:
    """Clients that ask an endpoint until the load ends.

    Attributes:
        models: which models have answered
        faults: what went wrong
    """

    def __init__(self, hosting: Hosting, endpoint: str, clients: int = 8) -> None:
        self.models: list[str] = []
        self.faults: list[str] = []
        self._over = threading.Event()
        hosting.aws("sagemaker-runtime")  # made before threads share it
        self._threads = [
            threading.Thread(target=self._ask, args=(hosting, endpoint)) for _ in range(clients)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(90)

    def answered(self, number: int) -> None:
        """Wait for so many answers more."""
        goal = len(self.models) + number
        wait_until(lambda: len(self.models) >= goal or self.faults, timeout=60, what="answers")

    def _ask(self, hosting: Hosting, endpoint: str) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            try:
                self.models.append(hosting.invoke(endpoint, {"x": 1})["model"])
            except Exception as e:
                self.faults.append(f"after {time.monotonic() - begun:.2f} s: {e!r}")


@pytest.mark.parametrize("code", [INFERENCE, SLOW], ids=["fast", "slow"])
def test_no_request_fails_while_the_traffic_moves(hosting: Hosting, code: str) -> None:
    name = hosting.serving(factor="0", code=code)
    with Load(hosting, name) as load:
        load.answered(20)
        for factor in ("1", "2", "3"):
            config = hosting.config(hosting.model(factor=factor, code=code))
            hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
            found = hosting.settled(name)
            assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", config)
            load.answered(20)
    assert load.faults == []
    assert set(load.models) == {"0", "1", "2", "3"}


def test_a_configuration_that_does_not_come_up_is_rolled_back(hosting: Hosting) -> None:
    name = hosting.serving(factor="good")
    before = hosting.settled(name)["EndpointConfigName"]
    with Load(hosting, name) as load:
        load.answered(20)
        config = hosting.config(hosting.model(code=BROKEN))
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
        found = hosting.settled(name)
        load.answered(20)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", before)
    assert "did not pass the ping health check" in found["FailureReason"]
    assert "RuntimeError: no factors" in found["FailureReason"]
    assert load.faults == []
    assert set(load.models) == {"good"}

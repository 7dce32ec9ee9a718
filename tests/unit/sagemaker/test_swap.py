"""An endpoint's swap waits for whoever has found the former deployment serving."""

from __future__ import annotations

import threading
from typing import Any

from lakestack.services.sagemaker.endpoint import Endpoint
from lakestack.services.sagemaker.hosting import Deployment
from tests.support import wait_until


class Quiet(Deployment):
    """A deployment without processes."""

    stopped = False

    def start(self) -> None:
        return

    def stop(self) -> None:
        self.stopped = True


def test_the_former_deployment_stays_while_it_is_asked(monkeypatch: Any) -> None:
    monkeypatch.setattr("lakestack.services.sagemaker.endpoint.Deployment", Quiet)
    endpoint = Endpoint("000000000000", "us-east-1", "e", "arn")
    endpoint.create("first", [])
    assert endpoint.settled(30)
    entered, leave = threading.Event(), threading.Event()
    seen: list[Quiet] = []

    def ask() -> None:
        with endpoint.request() as found:
            assert isinstance(found, Quiet)
            seen.append(found)
            entered.set()
            leave.wait(60)
            assert not found.stopped

    asking = threading.Thread(target=ask)
    asking.start()
    assert entered.wait(30)
    endpoint.update("second", [])
    wait_until(lambda: endpoint.describe()["EndpointConfigName"] == "second", timeout=30)
    with endpoint.request() as found:
        assert found is not None
        assert found.config == "second"
    assert not endpoint.settled(0.2)
    assert not seen[0].stopped
    leave.set()
    asking.join(30)
    assert endpoint.settled(30)
    assert seen[0].stopped

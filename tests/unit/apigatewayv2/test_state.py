"""What is kept of APIs: deployments, and states that are saved and restored."""

from __future__ import annotations

from lakestack.services.apigatewayv2.state import STORE, Api, find
from tests.support import unique

REGION = "us-east-1"


def api() -> Api:
    made = Api({"ApiId": unique("api"), "Tags": {}})
    made.routes["r"] = {"RouteId": "r", "RouteKey": "GET /a"}
    return made


def test_a_state_is_saved_and_restored() -> None:
    account, kept = unique("a"), api()
    STORE.get(account, REGION).apis[kept.id] = kept
    kept.stages["dev"] = {"StageName": "dev", "DeploymentId": kept.deploy("x")["DeploymentId"]}
    saved = STORE.snapshot(account)
    assert STORE.contents(account) == {(account, REGION): {"HTTP API": [kept.id]}}
    STORE.reset(account)
    assert find(kept.id) is None
    STORE.restore(saved)
    found = find(kept.id)
    assert found is not None
    assert found[1] == kept
    assert found[1] is not kept
    STORE.reset(account)


def test_a_stage_serves_what_was_deployed_to_it() -> None:
    made = api()
    made.stages["dev"] = stage = {"StageName": "dev", "AutoDeploy": False}
    assert made.deployed(stage)["routes"] == {}
    stage["DeploymentId"] = made.deploy()["DeploymentId"]
    made.routes["r"]["RouteKey"] = "GET /b"
    made.changed()
    assert made.deployed(stage)["routes"]["r"]["RouteKey"] == "GET /a"


def test_a_stage_that_follows_keeps_one_deployment() -> None:
    made = api()
    made.stages["$default"] = stage = {"StageName": "$default", "AutoDeploy": True}
    for key in ("GET /b", "GET /c"):
        made.routes["r"]["RouteKey"] = key
        made.changed()
        assert made.deployed(stage)["routes"]["r"]["RouteKey"] == key
    assert list(made.deployments) == list(made.copies) == [stage["DeploymentId"]]

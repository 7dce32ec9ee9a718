"""The loop on the aws target: kept, promoted, rolled back, scheduled; nothing is left of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipeline.retraining import loop, swap
from pipeline.retraining.decision import Verdict
from tests.integration.aws_target.account import Account

pytestmark = pytest.mark.large

ENDPOINT = "AWS::SageMaker::Endpoint"


def test_rounds_until_the_account_is_empty_again(account: Account, tmp_path: Path) -> None:
    before = account.left()
    assert account.run().code == 0
    _nothing_new_keeps_the_champion(account)
    _a_better_model_is_promoted(account, tmp_path / "drift.svg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "judge", lambda *_: Verdict(True, "won for the test"))
        _an_endpoint_that_does_not_come_up_is_rolled_back(account)
        patch.setattr(swap, "smoke_fault", lambda *_: "it answers nonsense")
        _a_model_that_fails_the_smoke_test_is_rolled_back(account)
    _a_schedule_goes_through_a_round(account)
    destroy = _lake(account, "destroy")
    assert destroy["leftovers"] == []
    assert "model package group movielens-recommenders" in destroy["deleted"]
    assert account.left() == before


def _lake(account: Account, *words: str) -> dict[str, Any]:
    done = account.lake(*words, "--json")
    assert done.code == 0, f"{words}: {done.stderr}"
    return done.document


def _nothing_new_keeps_the_champion(account: Account) -> None:
    found = _lake(account, "retrain")
    assert found["outcome"] == "kept"
    assert found["verdict"] == "no rating has come since the champion was trained"


def _a_better_model_is_promoted(account: Account, plot: Path) -> None:
    former = _served()
    found = _lake(account, "simulate-drift", "--plot", str(plot))
    assert found["outcome"] == "promoted", found
    assert found["before"] > found["bottom"] < found["after"]
    assert _served() != former
    assert [(v["ModelPackageVersion"], v["ModelApprovalStatus"]) for v in _versions()] == [
        (2, "Approved"),
        (1, "Approved"),
    ]
    assert _lake(account, "verify")["ok"]
    again = account.run()
    assert {s["stage"] for s in again.document["stages"] if not s["skipped"]} == {"recommend"}


def _an_endpoint_that_does_not_come_up_is_rolled_back(account: Account) -> None:
    former = _served()
    account.formation.fail_update[ENDPOINT] = ["The container did not pass the ping health check."]
    found = _lake(account, "retrain", "--force")
    assert found["outcome"] == "rolled back", found
    assert "did not come into service" in found["verdict"]
    assert "ping health check" in found["verdict"]
    _still_serves(account, former)


def _a_model_that_fails_the_smoke_test_is_rolled_back(account: Account) -> None:
    former = _served()
    found = _lake(account, "retrain", "--force")
    assert found["outcome"] == "rolled back", found
    assert "failed the smoke test: it answers nonsense" in found["verdict"]
    _still_serves(account, former)


def _still_serves(account: Account, former: dict[str, Any]) -> None:
    """The champion does, the other one is rejected, and nothing of it is left behind the stack."""
    assert _served() == former
    newest = _versions()[0]
    assert newest["ModelApprovalStatus"] == "Rejected"
    assert "rolled back" in newest["ApprovalDescription"]
    assert len(boto3.client("sagemaker").list_models()["Models"]) == 1
    assert len(_lake(account, "recommend", "1")["titles"]) == 10
    assert _lake(account, "verify")["ok"]


def _a_schedule_goes_through_a_round(account: Account) -> None:
    assert _lake(account, "schedule", "--every", "1d")["expression"] == "rate(1 day)"
    function = "movielens-retrain"
    found = account.functions.run(function, {"begin": True})
    calls = 1
    while found.get("step") != "done":
        assert "failed" not in found, found
        assert calls < 20, found
        found = account.functions.run(function, {})
        calls += 1
    assert found["outcome"] == "refused"  # it is what was rolled back before
    assert "the registry has rejected the same model before" in found["verdict"]
    assert account.functions.run(function, {}) == {"idle": True}
    planned = json.dumps(_lake(account, "destroy", "--dry-run"))
    assert "rule movielens-retrain" in planned


def _served() -> dict[str, Any]:
    """What is behind the endpoint."""
    client = boto3.client("sagemaker")
    [endpoint] = client.list_endpoints()["Endpoints"]
    config = client.describe_endpoint(EndpointName=endpoint["EndpointName"])["EndpointConfigName"]
    variants = client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = client.describe_model(ModelName=variants[0]["ModelName"])
    return {"config": config, "archive": model["PrimaryContainer"]["ModelDataUrl"]}


def _versions() -> list[dict[str, Any]]:
    """Of the package group, newest first."""
    client = boto3.client("sagemaker")
    [group] = client.list_model_package_groups()["ModelPackageGroupSummaryList"]
    found = client.list_model_packages(
        ModelPackageGroupName=group["ModelPackageGroupName"], SortOrder="Descending"
    )["ModelPackageSummaryList"]
    each = [client.describe_model_package(ModelPackageName=v["ModelPackageArn"]) for v in found]
    return sorted(each, key=lambda version: -version["ModelPackageVersion"])

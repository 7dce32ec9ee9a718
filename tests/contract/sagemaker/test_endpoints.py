"""SageMaker endpoints from creation to deletion, through boto3."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, ROLE, Hosting, alive, error
from tests.support import unique, wait_until


def test_endpoint_lives_from_creating_to_deleted(hosting: Hosting) -> None:
    model = hosting.model()
    config = hosting.config(model)
    name = hosting.create(config)
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] in (
        "Creating",
        "InService",
    )
    hosting.sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    found = hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert found["EndpointConfigName"] == config
    assert found["EndpointArn"] == f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{name}"
    variant = found["ProductionVariants"][0]
    assert variant["VariantName"] == "v0"
    assert variant["DeployedImages"][0]["SpecifiedImage"] == IMAGE
    answer = hosting.invoke(name, {"a": 1})
    assert (answer["model"], answer["echo"], answer["mine"]) == ("2", {"a": 1}, "yes")
    listed = hosting.sagemaker.list_endpoints(NameContains=name)["Endpoints"]
    assert [e["EndpointStatus"] for e in listed] == ["InService"]
    hosting.sagemaker.delete_endpoint(EndpointName=name)
    hosting.sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert not alive(answer["pid"])
    with pytest.raises(ClientError) as caught:
        hosting.invoke(name, {})
    code, said = error(caught)
    assert code == "ValidationError"
    assert said == f"Endpoint {name} of account 000000000000 not found."
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    hosting.sagemaker.delete_model(ModelName=model)
    for describe, key, value in (
        ("describe_endpoint", "EndpointName", name),
        ("describe_endpoint_config", "EndpointConfigName", config),
        ("describe_model", "ModelName", model),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(hosting.sagemaker, describe)(**{key: value})
        code, said = error(caught)
        assert code == "ValidationException"
        assert said.startswith("Could not find ")


def test_dead_container_is_started_again(hosting: Hosting) -> None:
    name = hosting.serving()
    pid = hosting.invoke(name, {})["pid"]
    os.kill(pid, signal.SIGKILL)

    def answers() -> Any:
        try:
            return hosting.invoke(name, {})
        except ClientError as e:
            assert e.response["Error"]["Code"] in ("ServiceUnavailable", "ModelError")
            return None

    assert wait_until(answers)["pid"] != pid
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    with pytest.raises(ClientError) as caught:
        hosting.invoke(name, {"die": 1})
    assert error(caught)[0] == "ModelError"
    assert wait_until(answers)["model"] == "2"


def test_update_moves_traffic_and_leaves_no_gap(hosting: Hosting) -> None:
    name = hosting.serving()
    pid = hosting.invoke(name, {})["pid"]
    config = hosting.config(hosting.model(factor="3"))
    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName=name)
    seen = []

    def changed() -> bool:
        seen.append(hosting.invoke(name, {})["model"])
        return bool(seen[-1] == "3")

    wait_until(changed)
    assert set(seen) <= {"2", "3"}
    found = hosting.settled(name)
    assert found["EndpointConfigName"] == config
    wait_until(lambda: not alive(pid))


def test_failed_update_keeps_the_old_configuration(hosting: Hosting) -> None:
    name = hosting.serving()
    before = hosting.settled(name)["EndpointConfigName"]
    config = hosting.config(hosting.model(code="raise RuntimeError('broken module')"))
    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    found = hosting.settled(name)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", before)
    assert "RuntimeError: broken module" in found["FailureReason"]
    assert hosting.invoke(name, {})["model"] == "2"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"code": "def model_fn(d): raise KeyError('factors')"}, "KeyError: 'factors'"),
        ({"code": "x = 1"}, "defines no model_fn"),
        ({"requirements.txt": "no-such-package"}, "no-such-package is not installed"),
        ({"../out.py": "x"}, "leads outside"),
    ],
)
def test_model_that_cannot_start_fails_the_endpoint(
    hosting: Hosting, model: dict[str, str], said: str
) -> None:
    name = hosting.create(hosting.config(hosting.model(**model)))
    found = hosting.settled(name)
    assert found["EndpointStatus"] == "Failed"
    assert said in found["FailureReason"]


def test_variants_share_the_traffic_by_weight(hosting: Hosting) -> None:
    config = hosting.config(hosting.model(factor="a"), hosting.model(factor="b"), v0=1.0, v1=0.0)
    name = hosting.create(config)
    assert hosting.settled(name)["EndpointStatus"] == "InService"
    assert {hosting.invoke(name, {})["model"] for _ in range(5)} == {"a"}
    assert hosting.invoke(name, {}, TargetVariant="v1")["model"] == "b"
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "v0", "DesiredWeight": 0},
            {"VariantName": "v1", "DesiredWeight": 1},
        ],
    )
    assert {hosting.invoke(name, {})["model"] for _ in range(5)} == {"b"}


PYTORCH = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.5.1-cpu-py311"


def test_only_some_images_read_code_from_the_submit_directory(hosting: Hosting) -> None:
    """SageMaker Inference Toolkit, `environment`: code is in code/ of the model archive."""
    like = hosting.model()
    container = dict(
        hosting.sagemaker.describe_model(ModelName=like)["PrimaryContainer"], Image=PYTORCH
    )
    model = unique("model")
    hosting.sagemaker.create_model(
        ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer=container
    )
    found = hosting.settled(hosting.create(hosting.config(model)))
    assert found["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in found["FailureReason"]
    assert "Please provide a model_fn implementation" in found["FailureReason"]

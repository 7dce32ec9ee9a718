"""What SageMaker refuses, lists, and leaves to moto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, ROLE, Aws, Hosting, error
from tests.support import unique


def test_refused_models_configs_and_endpoints(hosting: Hosting) -> None:
    model = hosting.model()
    config = hosting.config(model)
    client = hosting.sagemaker
    variant = {"VariantName": "v", "ModelName": model, "InstanceType": "ml.m5.large"}
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    refused: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
        (
            client.create_model,
            {"ModelName": model, "PrimaryContainer": {"Image": IMAGE}},
            "Cannot create already existing model",
        ),
        (
            client.create_model,
            {"ModelName": "m", "PrimaryContainer": {"Image": "nginx"}},
            "non-ECR image",
        ),
        (
            client.create_model,
            {
                "ModelName": "m",
                "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://no-such-bucket-x/m"},
            },
            "Could not find model data at s3://no-such-bucket-x/m",
        ),
        (client.create_model, {"ModelName": "m_", "PrimaryContainer": {}}, "'modelName'"),
        (
            client.create_endpoint_config,
            {"EndpointConfigName": config, "ProductionVariants": [variant]},
            "Cannot create already existing endpoint configuration",
        ),
        (
            client.create_endpoint_config,
            {"EndpointConfigName": "c", "ProductionVariants": [{**variant, "ModelName": "none"}]},
            'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/none"',
        ),
        (
            client.create_endpoint_config,
            {
                "EndpointConfigName": "c",
                "ProductionVariants": [{**variant, "ServerlessConfig": serverless}],
            },
            "does not support ServerlessConfig",
        ),
        (
            client.create_endpoint,
            {"EndpointName": "e", "EndpointConfigName": "none"},
            "Could not find endpoint configuration",
        ),
        (client.delete_endpoint, {"EndpointName": "none"}, "Could not find endpoint"),
        (client.delete_model, {"ModelName": "none"}, "Could not find model"),
    ]
    for call, arguments, said in refused:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        code, message = error(caught)
        assert code == "ValidationException"
        assert said in message


def test_lists_have_pages(hosting: Hosting) -> None:
    made = sorted(hosting.model() for _ in range(3))
    pages = hosting.sagemaker.get_paginator("list_models").paginate(
        NameContains="model", SortBy="Name", PaginationConfig={"PageSize": 2}
    )
    names = [m["ModelName"] for page in pages for m in page["Models"]]
    assert names == sorted(names, reverse=True)
    assert set(made) <= set(names)


def test_operations_without_work_are_refused_by_name(hosting: Hosting) -> None:
    with pytest.raises(ClientError) as caught:
        hosting.sagemaker.create_compilation_job(
            CompilationJobName="job",
            RoleArn=ROLE,
            OutputConfig={"S3OutputLocation": "s3://b/o", "TargetDevice": "ml_m5"},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
        )
    assert "does not support CreateCompilationJob" in error(caught)[1]
    with pytest.raises(ClientError) as caught:
        hosting.aws("sagemaker-runtime").invoke_endpoint_async(
            EndpointName="e", InputLocation="s3://b/in"
        )
    assert "does not support InvokeEndpointAsync" in error(caught)[1]


def test_other_operations_are_motos(aws: Aws) -> None:
    name = unique("experiment")
    aws("sagemaker").create_experiment(ExperimentName=name)
    found = aws("sagemaker").describe_experiment(ExperimentName=name)
    assert found["ExperimentName"] == name

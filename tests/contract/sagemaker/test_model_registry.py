"""The Model Registry: groups, versions, approval, and models made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, INFERENCE, ROLE, Aws, Hosting, error, tarball
from tests.support import unique


class Registry:
    """One group, and versions whose model is in a bucket."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.aws, self.bucket = aws, bucket
        self.client = aws("sagemaker")
        self.group = unique("group")
        self.arn = self.client.create_model_package_group(
            ModelPackageGroupName=self.group,
            ModelPackageGroupDescription="of a test",
            Tags=[{"Key": "team", "Value": "films"}],
        )["ModelPackageGroupArn"]

    def specification(self, factor: str = "2") -> dict[str, Any]:
        key = f"{unique('model')}/model.tar.gz"
        content = tarball({"factor.txt": factor, "code/inference.py": INFERENCE})
        self.aws("s3").put_object(Bucket=self.bucket, Key=key, Body=content)
        container = {
            "Image": IMAGE,
            "ModelDataUrl": f"s3://{self.bucket}/{key}",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "MINE": "package"},
        }
        return {
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        }

    def version(self, factor: str = "2", **more: Any) -> str:
        arn: str = self.client.create_model_package(
            ModelPackageGroupName=self.group,
            InferenceSpecification=self.specification(factor),
            **more,
        )["ModelPackageArn"]
        return arn

    def approve(self, arn: str, status: str = "Approved", **more: Any) -> None:
        self.client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status, **more)

    def model(self, package: str, **container: Any) -> str:
        name = unique("model")
        self.client.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"ModelPackageName": package, **container},
        )
        return name

    def listed(self, **request: Any) -> list[int]:
        pages = self.client.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.group, **request
        )
        return [p["ModelPackageVersion"] for page in pages for p in page["ModelPackageSummaryList"]]


@pytest.fixture
def registry(aws: Aws, bucket: str) -> Registry:
    return Registry(aws, bucket)


def test_a_group_is_made_listed_and_deleted_when_empty(registry: Registry) -> None:
    client = registry.client
    found = client.describe_model_package_group(ModelPackageGroupName=registry.arn)
    assert found["ModelPackageGroupName"] == registry.group
    assert found["ModelPackageGroupStatus"] == "Completed"
    assert found["ModelPackageGroupDescription"] == "of a test"
    tags = client.list_tags(ResourceArn=registry.arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "films"}]
    [listed] = client.list_model_package_groups(NameContains=registry.group)[
        "ModelPackageGroupSummaryList"
    ]
    assert listed["ModelPackageGroupArn"] == registry.arn
    arn = registry.version()
    with pytest.raises(ClientError) as caught:
        client.delete_model_package_group(ModelPackageGroupName=registry.group)
    code, message = error(caught)
    assert code == "ConflictException"
    assert "still contains Model Packages" in message
    client.delete_model_package(ModelPackageName=arn)
    client.delete_model_package_group(ModelPackageGroupName=registry.group)
    with pytest.raises(ClientError) as caught:
        client.describe_model_package_group(ModelPackageGroupName=registry.group)
    assert error(caught) == (
        "ValidationException",
        f"ModelPackageGroup {registry.arn} does not exist.",
    )


def test_versions_count_up_and_are_never_given_twice(registry: Registry) -> None:
    first, second = registry.version(), registry.version()
    assert first.endswith(f"model-package/{registry.group}/1")
    registry.client.delete_model_package(ModelPackageName=second)
    third = registry.version()
    assert third.endswith("/3")
    assert registry.listed() == [1, 3]


def test_a_version_keeps_what_it_was_registered_with(registry: Registry) -> None:
    report = {"ContentType": "application/json", "S3Uri": f"s3://{registry.bucket}/metrics.json"}
    arn = registry.version(
        ModelPackageDescription="champion",
        CustomerMetadataProperties={"ndcg@10": "0.48", "protocol": "stratified"},
        ModelMetrics={"ModelQuality": {"Statistics": report}},
        MetadataProperties={"CommitId": "abc"},
        Task="OTHER",
        Domain="MACHINE_LEARNING",
    )
    found = registry.client.describe_model_package(ModelPackageName=arn)
    assert found["ModelPackageVersion"] == 1
    assert found["ModelPackageGroupName"] == registry.group
    assert "ModelPackageName" not in found
    assert found["ModelPackageStatus"] == "Completed"
    assert found["ModelApprovalStatus"] == "PendingManualApproval"
    assert found["CustomerMetadataProperties"]["ndcg@10"] == "0.48"
    assert found["ModelMetrics"]["ModelQuality"]["Statistics"] == report
    assert found["MetadataProperties"] == {"CommitId": "abc"}
    assert found["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE
    assert "LastModifiedTime" not in found
    named = registry.client.describe_model_package(ModelPackageName=f"{registry.group}/1")
    assert named["ModelPackageArn"] == arn
    batch = registry.client.batch_describe_model_package(ModelPackageArnList=[arn, f"{arn}7"])
    assert batch["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
    assert list(batch["BatchDescribeModelPackageErrorMap"]) == [f"{arn}7"]


def test_approval_and_metadata_change(registry: Registry) -> None:
    arn = registry.version(CustomerMetadataProperties={"a": "1", "b": "2"})
    registry.approve(arn, ApprovalDescription="better beyond noise")
    registry.client.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"b": "3", "c": "4"},
        CustomerMetadataPropertiesToRemove=["a"],
    )
    found = registry.client.describe_model_package(ModelPackageName=arn)
    assert found["ModelApprovalStatus"] == "Approved"
    assert found["ApprovalDescription"] == "better beyond noise"
    assert found["CustomerMetadataProperties"] == {"b": "3", "c": "4"}
    assert found["LastModifiedTime"] >= found["CreationTime"]


def test_lists_are_filtered_sorted_and_paged(registry: Registry) -> None:
    arns = [registry.version() for _ in range(5)]
    for arn in arns[1:4]:
        registry.approve(arn)
    registry.approve(arns[3], "Rejected")
    assert registry.listed() == [1, 2, 3, 4, 5]
    assert registry.listed(SortOrder="Descending", PaginationConfig={"PageSize": 2}) == [
        *(5, 4, 3, 2, 1)
    ]
    assert registry.listed(ModelApprovalStatus="Approved") == [2, 3]
    assert registry.listed(ModelApprovalStatus="Rejected") == [4]
    alone = unique("alone")
    client = registry.client
    client.create_model_package(
        ModelPackageName=alone, InferenceSpecification=registry.specification()
    )
    every = {
        kind: [
            p.get("ModelPackageName") or p["ModelPackageGroupName"]
            for page in client.get_paginator("list_model_packages").paginate(
                **({"ModelPackageType": kind} if kind else {})
            )
            for p in page["ModelPackageSummaryList"]
        ]
        for kind in ("", "Unversioned", "Versioned", "Both")
    }
    assert alone in every["Unversioned"] == every[""]
    assert alone not in every["Versioned"]
    assert registry.group in every["Versioned"]
    assert {alone, registry.group} <= set(every["Both"])


def test_a_repeated_request_makes_no_second_version(registry: Registry) -> None:
    token, specification = unique("token"), registry.specification()
    arns = [
        registry.client.create_model_package(
            ModelPackageGroupName=registry.group,
            InferenceSpecification=specification,
            ClientToken=token,
        )["ModelPackageArn"]
        for _ in range(2)
    ]
    assert arns[0] == arns[1]
    assert registry.listed() == [1]


def test_only_an_approved_version_is_deployed(registry: Registry, hosting: Hosting) -> None:
    arn = registry.version(factor="7")
    for status in ("PendingManualApproval", "Rejected"):
        registry.approve(arn, status)
        with pytest.raises(ClientError) as caught:
            registry.model(arn)
        assert error(caught)[0] == "ValidationException"
        assert f"has the approval status {status}" in error(caught)[1]
    registry.approve(arn)
    model = registry.model(arn, Environment={"MINE": "model"})
    described = registry.client.describe_model(ModelName=model)
    assert described["PrimaryContainer"]["ModelPackageName"] == arn
    registry.approve(arn, "Rejected")  # what is deployed goes on
    endpoint = hosting.create(hosting.config(model))
    found = hosting.settled(endpoint)
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    answer = hosting.invoke(endpoint, {"x": 1})
    assert (answer["model"], answer["mine"]) == ("7", "model")


def test_a_version_whose_artifact_is_gone(registry: Registry) -> None:
    arn = registry.version()
    registry.approve(arn)
    found = registry.client.describe_model_package(ModelPackageName=arn)
    url = found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    registry.aws("s3").delete_object(Bucket=registry.bucket, Key=url.split("/", 3)[3])
    with pytest.raises(ClientError) as caught:
        registry.model(arn)
    assert error(caught) == ("ValidationException", f"Could not find model data at {url}.")


def test_refused(registry: Registry) -> None:
    client, group = registry.client, registry.group
    specification = registry.specification()
    alone = unique("alone")
    arn = client.create_model_package(ModelPackageName=alone, InferenceSpecification=specification)[
        "ModelPackageArn"
    ]
    absent = "arn:aws:sagemaker:us-east-1:000000000000:model-package/none/1"
    refused: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
        (client.create_model_package_group, {"ModelPackageGroupName": group}, "already exists"),
        (client.create_model_package_group, {"ModelPackageGroupName": "a_b"}, "pattern"),
        (
            client.create_model_package,
            {"ModelPackageGroupName": "none", "InferenceSpecification": specification},
            "ModelPackageGroup arn:aws:sagemaker:us-east-1:000000000000:model-package-group/none "
            "does not exist.",
        ),
        (
            client.create_model_package,
            {"ModelPackageGroupName": group, "ModelPackageName": "x"},
            "Both ModelPackageName and ModelPackageGroupName are provided",
        ),
        (client.create_model_package, {}, "Missing ARN"),
        (client.create_model_package, {"ModelPackageGroupName": group}, "InferenceSpecification"),
        (
            client.create_model_package,
            {"ModelPackageName": alone, "InferenceSpecification": specification},
            "Cannot create already existing",
        ),
        (
            client.create_model_package,
            {
                "ModelPackageGroupName": group,
                "InferenceSpecification": {"Containers": [{"Image": "nginx"}]},
            },
            "non-ECR image",
        ),
        (
            client.create_model_package,
            {
                "ModelPackageGroupName": group,
                "SourceAlgorithmSpecification": {"SourceAlgorithms": [{"AlgorithmName": "a"}]},
            },
            "does not support SourceAlgorithmSpecification",
        ),
        (
            client.update_model_package,
            {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"},
            "does not apply",
        ),
        (
            client.update_model_package,
            {"ModelPackageArn": arn, "ModelApprovalStatus": "Fine"},
            "Member must satisfy enum value set",
        ),
        (
            client.describe_model_package,
            {"ModelPackageName": absent},
            f"ModelPackage {absent} does not exist.",
        ),
        (client.delete_model_package, {"ModelPackageName": absent}, "does not exist"),
        (client.list_model_packages, {"ModelPackageGroupName": "none"}, "does not exist"),
        (
            client.put_model_package_group_policy,
            {"ModelPackageGroupName": group, "ResourcePolicy": "{}"},
            "does not support PutModelPackageGroupPolicy",
        ),
        (client.search, {"Resource": "ModelPackage"}, "does not support Search for ModelPackage"),
    ]
    for call, arguments, said in refused:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        code, message = error(caught)
        assert code == "ValidationException", message
        assert said in message

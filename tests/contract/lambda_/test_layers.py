"""Layers that cannot be served: refused or explained, with the way out."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import ROLE, Aws, create, invoke, packed

PANDAS = "arn:aws:lambda:us-east-1:336392948345:layer:AWSSDKPandas-Python312:16"


def test_a_layer_of_aws_is_refused_with_the_way_out(aws: Aws, name: str) -> None:
    with pytest.raises(ClientError) as refused:
        aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=ROLE,
            Code={"ZipFile": packed({"index.py": "def handler(event, context): pass"})},
            Layers=[PANDAS],
        )

    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert PANDAS in error["Message"]
    assert "awswrangler" in error["Message"]
    assert "publish-layer-version" in error["Message"]


def test_a_layer_for_another_python_is_named_where_its_import_fails(aws: Aws, name: str) -> None:
    lambda_ = aws("lambda")
    module = "python/mine/_core.cpython-36m-x86_64-linux-gnu.so"
    content = packed({"python/mine/__init__.py": "from mine import _core", module: b"\x7fELF"})
    layer = lambda_.publish_layer_version(
        LayerName=name, Content={"ZipFile": content}, CompatibleRuntimes=["python3.9"]
    )["LayerVersionArn"]
    create(aws, name, "import mine\ndef handler(event, context): pass", Layers=[layer])
    try:
        answer = invoke(aws, name, {})

        assert answer.error == "Unhandled"
        message = answer.payload["errorMessage"]
        assert f"{layer} is made for cpython-36m-x86_64-linux-gnu" in message
    finally:
        lambda_.delete_function(FunctionName=name)
        lambda_.delete_layer_version(LayerName=name, VersionNumber=1)


def test_a_layer_without_versions_is_not_listed_and_counts_on(aws: Aws, name: str) -> None:
    layers = aws("lambda")

    def publish() -> int:
        made = layers.publish_layer_version(
            LayerName=name, Content={"ZipFile": packed({"python/a.py": ""})}
        )
        return int(made["Version"])

    def listed() -> list[int]:
        pages = layers.get_paginator("list_layers").paginate()
        found = [layer for page in pages for layer in page["Layers"]]
        return [
            layer["LatestMatchingVersion"]["Version"]
            for layer in found
            if layer["LayerName"] == name
        ]

    assert [publish(), publish()] == [1, 2]
    assert listed() == [2]
    layers.delete_layer_version(LayerName=name, VersionNumber=2)
    assert listed() == [1]
    layers.delete_layer_version(LayerName=name, VersionNumber=1)
    assert listed() == []
    assert publish() == 3


def test_a_refused_first_version_leaves_no_layer(aws: Aws, name: str) -> None:
    layers = aws("lambda")
    arn = f"arn:aws:lambda:us-east-1:000000000000:layer:{name}"
    with pytest.raises(ClientError):
        layers.publish_layer_version(LayerName=arn, Content={"ZipFile": b"no zip"})
    assert name not in [layer["LayerName"] for layer in layers.list_layers()["Layers"]]


def test_a_permission_for_an_organization_says_so(aws: Aws, name: str) -> None:
    client = aws("lambda")
    content = {"ZipFile": packed({"python/mine.py": "x = 1"})}
    version = client.publish_layer_version(LayerName=name, Content=content)["Version"]
    client.add_layer_version_permission(
        LayerName=name,
        VersionNumber=version,
        StatementId="of-all",
        Action="lambda:GetLayerVersion",
        Principal="*",
        OrganizationId="o-abcdefghi1",
    )

    answer = client.get_layer_version_policy(LayerName=name, VersionNumber=version)

    (statement,) = json.loads(answer["Policy"])["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghi1"}}

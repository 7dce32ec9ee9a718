"""Layers that cannot be served: refused or explained, with the way out."""

from __future__ import annotations

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

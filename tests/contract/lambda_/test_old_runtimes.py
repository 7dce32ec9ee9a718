"""Functions written for python3.6 and 3.7, which came with ``botocore.vendored.requests``."""

from __future__ import annotations

import pytest

from tests.contract.cloudformation.custom_resource_helpers import CustomStacks, template
from tests.contract.lambda_.helpers import Aws, create, invoke, packed

CUSTOM_RESOURCE = """
import json
from botocore.vendored import requests
import boto3

def handler(event, context):
    body = json.dumps({
        "Status": "SUCCESS",
        "Reason": "See the details in CloudWatch Log Stream: " + context.log_stream_name,
        "PhysicalResourceId": "by-requests",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Account": boto3.client("sts").get_caller_identity()["Account"]},
    })
    headers = {"content-type": "", "content-length": str(len(body))}
    try:
        response = requests.put(event["ResponseURL"], data=body, headers=headers)
        print("Status code: " + response.reason)
    except requests.exceptions.RequestException as e:
        print("send(..) failed executing requests.put(..): " + str(e))
"""


def test_a_custom_resource_in_the_idiom_of_its_time(custom_stacks: CustomStacks, name: str) -> None:
    body = template(CUSTOM_RESOURCE)
    body["Outputs"]["Account"] = {"Value": {"Fn::GetAtt": ["Thing", "Account"]}}
    created = custom_stacks.create(name, body)
    assert created["status"] == "CREATE_COMPLETE", custom_stacks.reasons(name)
    assert created["outputs"]["Ref"] == "by-requests"
    assert created["outputs"]["Account"] == "000000000000"


def test_requests_and_what_comes_back(aws: Aws, name: str, bucket: str) -> None:
    create(
        aws,
        name,
        """
        import socket
        import botocore.vendored.requests as requests
        from botocore.vendored.requests import get
        from botocore.vendored.requests.exceptions import ConnectionError

        def handler(event, context):
            url = "https://s3.amazonaws.com/" + event["bucket"] + "/a b.json"
            kind = {"Content-Type": "a/b"}
            put = requests.put(event["put"], data='{"é": 1}'.encode(), headers=kind)
            read = get(url, timeout=(3, 9))
            head = requests.request("head", url)
            gone = requests.delete(event["delete"], verify=False, stream=True)
            missing = requests.get(url, params={"x": [1, 2], "y": None})
            form = requests.post("http://sts.amazonaws.com", auth=("user", "word"), data={
                "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15",
                "RoleArn": "arn:aws:iam::000000000000:role/any", "RoleSessionName": "old",
                "WebIdentityToken": "token"})
            errors = []
            for address in ("https://example.com/", "http://127.0.0.1:9/", "nothing"):
                try:
                    requests.get(address, timeout=5)
                except requests.RequestException as e:
                    errors.append([isinstance(e, ConnectionError), str(e)])
            waiting = socket.create_server(("127.0.0.1", 0))
            try:
                requests.get("http://127.0.0.1:%d/" % waiting.getsockname()[1], timeout=0.1)
            except requests.exceptions.Timeout as e:
                errors.append([isinstance(e, ConnectionError), str(e)])
            try:
                missing.raise_for_status()
            except requests.exceptions.HTTPError as e:
                errors.append([e.response is missing, str(e)])
            return [
                [put.status_code, put.reason, put.ok, read.json(), read.text, len(read.content)],
                [read.headers["content-type"], head.headers["Content-Length"], head.text],
                [gone.status_code == requests.codes.no_content, missing.ok, missing.url],
                [form.status_code, form.text[:5]],
                errors,
            ]
        """,
        Runtime="python3.7",
    )
    place = {"Bucket": bucket, "Key": "a b.json"}
    signed = {  # S3 takes writes without a signature from nobody
        verb: aws("s3").generate_presigned_url(f"{verb}_object", Params=place)
        for verb in ("put", "delete")
    }
    first, second, third, form, errors = invoke(aws, name, {"bucket": bucket, **signed}).payload
    assert first == [200, "OK", True, {"é": 1}, '{"é": 1}', 9]
    assert second == ["a/b", "9", ""]
    assert third == [True, False, f"https://s3.amazonaws.com/{bucket}/a%20b.json?x=1&x=2"]
    assert form[0] == 200, form
    assert [flag for flag, _ in errors] == [True, True, False, False, True]
    assert "example.com refused: a function in the emulator" in errors[0][1]
    assert errors[4][1].startswith("404 Client Error: ")


@pytest.mark.parametrize(("runtime", "there"), [("python3.6", True), ("python3.8", False)])
def test_newer_runtimes_are_without_as_on_aws(
    aws: Aws, name: str, runtime: str, there: bool
) -> None:
    create(
        aws,
        name,
        """
        import boto3
        from botocore.vendored import requests
        def handler(event, context):
            return hasattr(requests, "put")
        """,
        Runtime=runtime,
    )
    assert invoke(aws, name).payload is there


def test_a_botocore_of_the_functions_own_is_left_alone(aws: Aws, name: str) -> None:
    files: dict[str, str | bytes] = {
        "index.py": "from botocore.vendored import requests\n"
        "def handler(event, context): return requests.put()",
        "botocore/__init__.py": "",
        "botocore/vendored/__init__.py": "",
        "botocore/vendored/requests/__init__.py": "from .api import put",
        "botocore/vendored/requests/api.py": "def put(): return 'own'",
    }
    create(aws, name, packed(files), Runtime="python3.6")
    assert invoke(aws, name).payload == "own"

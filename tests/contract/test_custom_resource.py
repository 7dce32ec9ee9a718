"""CloudFormation custom resources through boto3: their function really runs."""

from __future__ import annotations

import json
import textwrap
import time
import urllib.request
from typing import Any

import pytest

from tests.contract.lambda_helpers import Aws, log_of
from tests.support import unique, wait_until

ANSWERING = """
import cfnresponse, json
def handler(event, context):
    print("REQUEST " + json.dumps(event))
    wanted = event["ResourceProperties"]
    if wanted.get("Fail") == event["RequestType"]:
        return cfnresponse.send(event, context, cfnresponse.FAILED, {}, "id-" + wanted["Id"],
                                reason="told to fail")
    data = {"Message": event["RequestType"] + " " + wanted["Text"], "Number": 7, "Yes": True}
    cfnresponse.send(event, context, cfnresponse.SUCCESS, data, "id-" + wanted["Id"])
"""


def template(source: str = ANSWERING, **properties: Any) -> dict[str, Any]:
    """A function with inline code and a custom resource of it."""
    return {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "lambda.amazonaws.com"},
                                "Action": "sts:AssumeRole",
                            }
                        ],
                    }
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.6",
                    "Handler": "index.handler",
                    "Timeout": 10,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": textwrap.dedent(source)},
                },
            },
            "Thing": {
                "Type": "Custom::Thing",
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                    "Id": "1",
                    "Text": "hello",
                    **properties,
                },
            },
        },
        "Outputs": {
            "Function": {"Value": {"Ref": "Function"}},
            "Ref": {"Value": {"Ref": "Thing"}},
        },
    }


class Stacks:
    """Creates stacks and deletes them after the test."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.cfn = aws, aws("cloudformation")
        self.names: list[str] = []
        self.identities: dict[str, str] = {}

    def create(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        self.names.append(name)
        created = self.cfn.create_stack(
            StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
        )
        self.identities[name] = created["StackId"]
        return self.settled(name)

    def update(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        self.cfn.update_stack(
            StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
        )
        return self.settled(name)

    def delete(self, name: str) -> dict[str, Any]:
        self.cfn.delete_stack(StackName=name)
        return self.settled(self.identities[name])

    def settled(self, name: str) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            stack: dict[str, Any] = self.cfn.describe_stacks(StackName=name)["Stacks"][0]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = wait_until(done, timeout=60, what=name)
        found = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        return {"status": stack["StackStatus"], "outputs": found}

    def reasons(self, name: str, resource: str = "Thing") -> str:
        identity = self.identities.get(name, name)  # a deleted stack is found by its id only
        events = self.cfn.describe_stack_events(StackName=identity)["StackEvents"]
        return " | ".join(
            event.get("ResourceStatusReason", "")
            for event in events
            if event["LogicalResourceId"] == resource
        )

    def requests(self, function: str) -> list[dict[str, Any]]:
        """What the function was asked, in order."""
        lines = [n for n in log_of(self.aws, function) if n.startswith("REQUEST ")]
        return [json.loads(line[len("REQUEST ") :]) for line in lines]


def answer(request: dict[str, Any], **fields: Any) -> None:
    """Answer a request in the place of its function."""
    body = json.dumps({"Status": "SUCCESS", **fields}).encode()
    put = urllib.request.Request(request["ResponseURL"], data=body, method="PUT")  # noqa: S310
    with urllib.request.urlopen(put) as response:  # noqa: S310
        assert response.status == 200


@pytest.fixture
def stacks(aws: Aws) -> Any:
    found = Stacks(aws)
    yield found
    for name in found.names:
        aws("cloudformation").delete_stack(StackName=name)


def test_create_update_delete(stacks: Stacks, name: str) -> None:
    body = template(Flag=True, Count=3, Deep={"List": [1, False]})
    for key in ("Message", "Number", "Yes"):
        body["Outputs"][key] = {"Value": {"Fn::GetAtt": ["Thing", key]}}
    created = stacks.create(name, body)
    assert created["status"] == "CREATE_COMPLETE", stacks.reasons(name)
    function = created["outputs"].pop("Function")
    assert created["outputs"] == {
        "Ref": "id-1",
        "Message": "Create hello",
        "Number": "7",
        "Yes": "true",
    }

    body["Resources"]["Thing"]["Properties"]["Text"] = "bye"
    updated = stacks.update(name, body)
    assert updated["status"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert updated["outputs"]["Message"] == "Update bye"
    assert updated["outputs"]["Ref"] == "id-1"

    assert stacks.delete(name)["status"] == "DELETE_COMPLETE"
    wait_until(lambda: len(stacks.requests(function)) == 3)
    create, update, delete = stacks.requests(function)
    assert [r["RequestType"] for r in (create, update, delete)] == ["Create", "Update", "Delete"]
    assert create["ResourceType"] == "Custom::Thing"
    assert create["LogicalResourceId"] == "Thing"
    assert create["StackId"].startswith("arn:aws:cloudformation:us-east-1:000000000000:stack/")
    assert "PhysicalResourceId" not in create
    properties = dict(create["ResourceProperties"])
    assert properties.pop("ServiceToken").endswith(f":function:{function}")
    assert properties == {
        "Id": "1",
        "Text": "hello",
        "Flag": "true",
        "Count": "3",
        "Deep": {"List": ["1", "false"]},
    }
    assert "/_localstack/" not in create["ResponseURL"]
    assert update["PhysicalResourceId"] == delete["PhysicalResourceId"] == "id-1"
    assert update["OldResourceProperties"]["Text"] == "hello"
    assert update["ResourceProperties"]["Text"] == "bye"
    assert delete["ResourceProperties"]["Text"] == "bye"


def test_a_new_physical_id_deletes_the_old_one(stacks: Stacks, name: str) -> None:
    created = stacks.create(name, template())
    function = created["outputs"]["Function"]
    updated = stacks.update(name, template(Id="2"))
    assert updated["status"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert updated["outputs"]["Ref"] == "id-2"
    wait_until(lambda: len(stacks.requests(function)) == 3)
    kinds = [
        (r["RequestType"], r.get("PhysicalResourceId"), r["ResourceProperties"]["Id"])
        for r in stacks.requests(function)
    ]
    assert kinds == [("Create", None, "1"), ("Update", "id-1", "2"), ("Delete", "id-1", "1")]


def test_failed_fails_the_stack_with_the_reason(stacks: Stacks, name: str) -> None:
    assert stacks.create(name, template(Fail="Create"))["status"] != "CREATE_COMPLETE"
    reasons = stacks.reasons(name)
    assert "Received response status [FAILED] from custom resource" in reasons
    assert "Message returned: told to fail" in reasons
    assert stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_a_failed_update_keeps_the_resource(stacks: Stacks, name: str) -> None:
    created = stacks.create(name, template())
    stacks.update(name, template(Fail="Update"))
    assert "told to fail" in stacks.reasons(name)
    stacks.delete(name)
    function = created["outputs"]["Function"]
    last = wait_until(
        lambda: [r for r in stacks.requests(function) if r["RequestType"] == "Delete"]
    )
    assert last[0]["PhysicalResourceId"] == "id-1"
    assert "Fail" not in last[0]["ResourceProperties"]


def test_a_failed_deletion_is_reported(stacks: Stacks, name: str) -> None:
    assert stacks.create(name, template(Fail="Delete"))["status"] == "CREATE_COMPLETE"
    stacks.delete(name)
    assert "told to fail" in stacks.reasons(name)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def handler(event, context): raise ValueError('no data')", "ValueError: no data"),
        ("import nothing_like_this", "Runtime.ImportModuleError: Unable to import module 'index'"),
        ("import os\ndef handler(event, context): os._exit(1)", "exit status 1"),
    ],
)
def test_a_function_that_dies_fails_the_stack_soon(
    stacks: Stacks, name: str, source: str, reason: str
) -> None:
    began = time.monotonic()
    status = stacks.create(name, template(source))["status"]
    assert time.monotonic() - began < 40
    assert "CREATE_COMPLETE" not in status
    assert "did not receive a response from your Custom Resource" in stacks.reasons(name)
    assert reason in stacks.reasons(name)
    assert stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_service_timeout(stacks: Stacks, name: str) -> None:
    body = template("def handler(event, context): return 'no answer'", ServiceTimeout=2)
    began = time.monotonic()
    stacks.create(name, body)
    assert time.monotonic() - began < 40
    assert "did not receive a response from your Custom Resource" in stacks.reasons(name)
    assert stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_a_service_timeout_out_of_range(stacks: Stacks, name: str) -> None:
    stacks.create(name, template(ServiceTimeout=4000))
    assert "ServiceTimeout is 4000; valid are 1 to 3600 seconds" in stacks.reasons(name)


def test_a_function_that_does_not_exist(stacks: Stacks, name: str) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:no-such-function"
    stacks.create(name, template(ServiceToken=arn))
    assert "Function not found" in stacks.reasons(name)
    assert stacks.delete(name)["status"] == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("json.dumps({'Status': 'SUCCESS'})", "Invalid PhysicalResourceId"),
        ("json.dumps({'Status': 'GOOD', 'PhysicalResourceId': 'x'})", "Invalid Status"),
        ("'not json'", "not a JSON object"),
        (
            "json.dumps({'Status': 'SUCCESS', 'PhysicalResourceId': 'x', 'Data': {'a': 'b'*5000}})",
            "Response object is too long.",
        ),
    ],
)
def test_answers_that_are_not_valid(stacks: Stacks, name: str, answer: str, reason: str) -> None:
    source = f"""
    import json, urllib.request
    def handler(event, context):
        body = {answer} if event["RequestType"] == "Create" else json.dumps(
            dict(Status="SUCCESS", PhysicalResourceId=event["PhysicalResourceId"]))
        urllib.request.urlopen(urllib.request.Request(
            event["ResponseURL"], data=body.encode(), method="PUT"))
    """
    stacks.create(name, template(source))
    assert reason in stacks.reasons(name)


def test_an_answer_by_https_to_the_host_alone(stacks: Stacks, name: str) -> None:
    """Functions written for AWS take the host of ResponseURL and speak HTTPS to it."""
    source = """
    import http.client, json
    from urllib.parse import urlparse
    def handler(event, context):
        url = urlparse(event["ResponseURL"])
        connection = http.client.HTTPSConnection(url.hostname)
        body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "by-https",
                           "RequestId": event["RequestId"]})
        connection.request("PUT", url.path + "?" + url.query, body=body)
        print(connection.getresponse().status)
    """
    created = stacks.create(name, template(source))
    assert created["status"] == "CREATE_COMPLETE", stacks.reasons(name)
    assert created["outputs"]["Ref"] == "by-https"


def test_a_custom_resource_behind_a_topic(stacks: Stacks, aws: Aws, name: str) -> None:
    topic = aws("sns").create_topic(Name=name)["TopicArn"]
    queue = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    body = {
        "Resources": {
            "Thing": {
                "Type": "AWS::CloudFormation::CustomResource",
                "Properties": {"ServiceToken": topic},
            }
        },
        "Outputs": {"Answer": {"Value": {"Fn::GetAtt": ["Thing", "Answer"]}}},
    }
    stacks.names.append(name)
    stacks.cfn.create_stack(StackName=name, TemplateBody=json.dumps(body))
    messages = wait_until(
        lambda: aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages")
    )
    request = json.loads(json.loads(messages[0]["Body"])["Message"])
    assert request["ResourceType"] == "AWS::CloudFormation::CustomResource"
    answer(request, PhysicalResourceId="by-topic", Data={"Answer": "42"})
    settled = stacks.settled(name)
    assert settled == {"status": "CREATE_COMPLETE", "outputs": {"Answer": "42"}}


def test_inline_code_needs_no_zip_program_and_is_one_file_named_index(
    stacks: Stacks, name: str
) -> None:
    source = """
    import os
    import cfnresponse
    def handler(event, context):
        cfnresponse.send(event, context, cfnresponse.SUCCESS,
                         {"Files": ",".join(sorted(os.listdir(os.environ["LAMBDA_TASK_ROOT"])))})
    """
    body = template(source)
    body["Outputs"]["Files"] = {"Value": {"Fn::GetAtt": ["Thing", "Files"]}}
    created = stacks.create(name, body)
    assert created["outputs"]["Files"] == "cfnresponse.py,index.py"
    assert "[$LATEST]" in created["outputs"]["Ref"]  # cfnresponse's id: the log stream


def test_other_stacks_work_while_one_waits(stacks: Stacks, name: str) -> None:
    waiting = unique("waiting")
    stacks.names.append(waiting)
    source = """
    import cfnresponse, json
    def handler(event, context):
        if event["RequestType"] == "Create":
            print("REQUEST " + json.dumps(event))  # the test answers
        else:
            cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, event["PhysicalResourceId"])
    """
    body = template(source, ServiceTimeout=120)
    body["Resources"]["Function"]["Properties"]["FunctionName"] = waiting
    stacks.cfn.create_stack(
        StackName=waiting, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
    )
    assert stacks.create(name, template())["status"] == "CREATE_COMPLETE"
    status = stacks.cfn.describe_stacks(StackName=waiting)["Stacks"][0]["StackStatus"]
    assert status == "CREATE_IN_PROGRESS"
    (request,) = wait_until(lambda: stacks.requests(waiting))
    answer(request, PhysicalResourceId="late")
    assert stacks.settled(waiting)["status"] == "CREATE_COMPLETE"

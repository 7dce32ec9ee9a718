"""CloudFormation custom resources: the function really runs."""

from __future__ import annotations

import json
import time

import pytest

from tests.contract.cloudformation.custom_resource_helpers import CustomStacks, answer, template
from tests.contract.lambda_.helpers import Aws
from tests.support import unique, wait_until


def test_create_update_delete(custom_stacks: CustomStacks, name: str) -> None:
    body = template(Flag=True, Count=3, Deep={"List": [1, False]})
    body["Resources"]["Thing"]["Version"] = "1.0"  # as templates have it that AWS publishes
    for key in ("Message", "Number", "Yes"):
        body["Outputs"][key] = {"Value": {"Fn::GetAtt": ["Thing", key]}}
    created = custom_stacks.create(name, body)
    assert created["status"] == "CREATE_COMPLETE", custom_stacks.reasons(name)
    function = created["outputs"].pop("Function")
    assert created["outputs"] == {
        "Ref": "id-1",
        "Message": "Create hello",
        "Number": "7",
        "Yes": "true",
    }

    body["Resources"]["Thing"]["Properties"]["Text"] = "bye"
    updated = custom_stacks.update(name, body)
    assert updated["status"] == "UPDATE_COMPLETE", custom_stacks.reasons(name)
    assert updated["outputs"]["Message"] == "Update bye"
    assert updated["outputs"]["Ref"] == "id-1"

    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"
    wait_until(lambda: len(custom_stacks.requests(function)) == 3)
    create, update, delete = custom_stacks.requests(function)
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


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def handler(event, context): raise ValueError('no data')", "ValueError: no data"),
        ("import nothing_like_this", "Runtime.ImportModuleError: Unable to import module 'index'"),
        ("import os\ndef handler(event, context): os._exit(1)", "exit status 1"),
    ],
)
def test_a_function_that_dies_fails_the_stack_soon(
    custom_stacks: CustomStacks,
    name: str,
    source: str,
    reason: str,
) -> None:
    began = time.monotonic()
    status = custom_stacks.create(name, template(source))["status"]
    assert time.monotonic() - began < 40
    assert status == "ROLLBACK_COMPLETE"
    assert "did not receive a response from your Custom Resource" in custom_stacks.reasons(name)
    assert reason in custom_stacks.reasons(name)
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_service_timeout(custom_stacks: CustomStacks, name: str) -> None:
    body = template("def handler(event, context): return 'no answer'", ServiceTimeout=2)
    began = time.monotonic()
    assert custom_stacks.create(name, body)["status"] == "ROLLBACK_COMPLETE"
    assert time.monotonic() - began < 40
    assert "did not receive a response from your Custom Resource" in custom_stacks.reasons(name)
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_a_service_timeout_out_of_range(custom_stacks: CustomStacks, name: str) -> None:
    assert (
        custom_stacks.create(name, template(ServiceTimeout=4000))["status"] == "ROLLBACK_COMPLETE"
    )
    assert "ServiceTimeout is 4000; valid are 1 to 3600 seconds" in custom_stacks.reasons(name)


def test_a_function_that_does_not_exist(custom_stacks: CustomStacks, name: str) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:no-such-function"
    assert custom_stacks.create(name, template(ServiceToken=arn))["status"] == "ROLLBACK_COMPLETE"
    assert "Function not found" in custom_stacks.reasons(name)
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"


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
def test_answers_that_are_not_valid(
    custom_stacks: CustomStacks, name: str, answer: str, reason: str
) -> None:
    source = f"""
    import json, urllib.request
    def handler(event, context):
        body = {answer} if event["RequestType"] == "Create" else json.dumps(
            dict(Status="SUCCESS", PhysicalResourceId=event["PhysicalResourceId"]))
        urllib.request.urlopen(urllib.request.Request(
            event["ResponseURL"], data=body.encode(), method="PUT"))
    """
    assert custom_stacks.create(name, template(source))["status"] == "ROLLBACK_COMPLETE"
    assert reason in custom_stacks.reasons(name)


def test_an_answer_by_https_to_the_host_alone(custom_stacks: CustomStacks, name: str) -> None:
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
    created = custom_stacks.create(name, template(source))
    assert created["status"] == "CREATE_COMPLETE", custom_stacks.reasons(name)
    assert created["outputs"]["Ref"] == "by-https"


def test_a_custom_resource_behind_a_topic(custom_stacks: CustomStacks, aws: Aws, name: str) -> None:
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
    custom_stacks.names.append(name)
    custom_stacks.cfn.create_stack(StackName=name, TemplateBody=json.dumps(body))
    messages = wait_until(
        lambda: aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages")
    )
    request = json.loads(json.loads(messages[0]["Body"])["Message"])
    assert request["ResourceType"] == "AWS::CloudFormation::CustomResource"
    answer(request, PhysicalResourceId="by-topic", Data={"Answer": "42"})
    settled = custom_stacks.settled(name)
    assert settled == {"status": "CREATE_COMPLETE", "outputs": {"Answer": "42"}}


def test_inline_code_needs_no_zip_program_and_is_one_file_named_index(
    custom_stacks: CustomStacks,
    name: str,
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
    created = custom_stacks.create(name, body)
    assert created["outputs"]["Files"] == "cfnresponse.py,index.py"
    assert "[$LATEST]" in created["outputs"]["Ref"]  # cfnresponse's id: the log stream


def test_other_stacks_work_while_one_waits(custom_stacks: CustomStacks, name: str) -> None:
    waiting = unique("waiting")
    custom_stacks.names.append(waiting)
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
    custom_stacks.cfn.create_stack(
        StackName=waiting, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
    )
    assert custom_stacks.create(name, template())["status"] == "CREATE_COMPLETE"
    status = custom_stacks.cfn.describe_stacks(StackName=waiting)["Stacks"][0]["StackStatus"]
    assert status == "CREATE_IN_PROGRESS"
    (request,) = wait_until(lambda: custom_stacks.requests(waiting))
    answer(request, PhysicalResourceId="late")
    assert custom_stacks.settled(waiting)["status"] == "CREATE_COMPLETE"

"""What AWS changes in place of REST APIs, registries of schemas and EventBridge.

AWS CloudFormation Template Reference, the types ("Update requires: No interruption").
"""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cloudformation.helpers import Stacks, outputs, template
from tests.support import unique


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def test_a_rest_api_and_its_deployment_get_other_texts(stacks: Stacks) -> None:
    def body(name: str, **described: str) -> Any:
        answer = {"RestApiId": {"Ref": "A"}, "ResourceId": {"Fn::GetAtt": ["A", "RootResourceId"]}}
        method = resource(
            "AWS::ApiGateway::Method",
            **answer,
            HttpMethod="GET",
            AuthorizationType="NONE",
            Integration={"Type": "MOCK"},
        )
        deployed = resource("AWS::ApiGateway::Deployment", RestApiId={"Ref": "A"}, **described)
        return template(
            {"A": {"Ref": "A"}, "D": {"Ref": "D"}},
            A=resource("AWS::ApiGateway::RestApi", Name=name, **described),
            M=method,
            D={**deployed, "DependsOn": "M"},
        )

    stack = stacks.create(body("one", Description="a"))
    made = outputs(stack)
    api, deployment = {"restApiId": made["A"]}, {"deploymentId": made["D"]}
    client = stacks.aws("apigateway")

    stack = stacks.update(stack, body("two", Description="b"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack) == made
    found = client.get_rest_api(**api)
    assert (found["name"], found["description"]) == ("two", "b")
    assert client.get_deployment(**api, **deployment)["description"] == "b"

    stack = stacks.update(stack, body("two"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert not client.get_rest_api(**api).get("description")
    assert not client.get_deployment(**api, **deployment).get("description")


def test_a_registry_is_described_otherwise(stacks: Stacks) -> None:
    name = unique("r")

    def body(**given: str) -> Any:
        return template({"R": {"Ref": "R"}}, R=resource("AWS::Glue::Registry", Name=name, **given))

    stack = stacks.create(body(Description="a"))
    for given, shown in (({"Description": "b"}, "b"), ({}, "")):
        stack = stacks.update(stack, body(**given))
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
        found = stacks.aws("glue").get_registry(RegistryId={"RegistryArn": outputs(stack)["R"]})
        assert found.get("Description", "") == shown


def test_a_registry_is_updated_by_its_name(stacks: Stacks) -> None:
    glue, name = stacks.aws("glue"), unique("r")
    made = glue.create_registry(RegistryName=name)
    answer = glue.update_registry(RegistryId={"RegistryName": name}, Description="x")
    assert (answer["RegistryName"], answer["RegistryArn"]) == (name, made["RegistryArn"])
    assert glue.get_registry(RegistryId={"RegistryName": name})["Description"] == "x"


def test_a_connection_and_its_destination_are_changed(stacks: Stacks) -> None:
    def body(kind: str, secret: Any, method: str, **rate: int) -> Any:
        parameters = {"ApiKey": "ApiKeyAuthParameters", "Basic": "BasicAuthParameters"}[kind]
        return template(
            {"C": {"Ref": "C"}, "D": {"Ref": "D"}},
            C=resource(
                "AWS::Events::Connection",
                AuthorizationType={"ApiKey": "API_KEY", "Basic": "BASIC"}[kind],
                AuthParameters={parameters: secret},
            ),
            D=resource(
                "AWS::Events::ApiDestination",
                ConnectionArn={"Fn::GetAtt": ["C", "Arn"]},
                HttpMethod=method,
                InvocationEndpoint="https://localhost/a",
                **rate,
            ),
        )

    key = {"ApiKeyName": "k", "ApiKeyValue": "v"}
    stack = stacks.create(body("ApiKey", key, "POST", InvocationRateLimitPerSecond=7))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    made = outputs(stack)
    assert made["C"].startswith(f"{stack['StackName'][:30]}-C-")
    stack = stacks.update(stack, body("Basic", {"Username": "u", "Password": "p"}, "PUT"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack) == made
    events = stacks.aws("events")
    connection = events.describe_connection(Name=made["C"])
    assert connection["AuthorizationType"] == "BASIC"
    assert connection["AuthParameters"]["BasicAuthParameters"] == {"Username": "u"}
    assert connection["ConnectionState"] == "AUTHORIZED"
    secret = stacks.aws("secretsmanager").get_secret_value(SecretId=connection["SecretArn"])
    assert json.loads(secret["SecretString"])["password"] == "p"
    destination = events.describe_api_destination(Name=made["D"])
    assert destination["HttpMethod"] == "PUT"
    assert destination["InvocationRateLimitPerSecond"] == 300
    assert destination["ApiDestinationState"] == "ACTIVE"


def test_policies_of_a_bus_stand_beside_each_other(stacks: Stacks) -> None:
    """Each is one statement of the bus's policy, whichever form it has."""
    name = unique("bus")

    def body(action: str, principal: str, organization: str) -> Any:
        bus, arn = {"Ref": "Bus"}, {"Fn::GetAtt": ["Bus", "Arn"]}
        statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": arn}
        condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": organization}
        call = {"EventBusName": bus, "Action": "events:PutEvents"}
        kind = "AWS::Events::EventBusPolicy"
        return template(
            {"P": {"Ref": "P"}},
            Bus=resource("AWS::Events::EventBus", Name=name),
            P=resource(kind, EventBusName=bus, StatementId="whole", Statement=statement),
            Q=resource(kind, **call, StatementId="account", Principal=principal),
            R=resource(kind, **call, StatementId="all", Principal="*", Condition=condition),
            S=resource(kind, EventBusName=bus, StatementId="more", Statement=statement),
        )

    def statements() -> dict[str, Any]:
        found = stacks.aws("events").describe_event_bus(Name=name)["Policy"]
        return {each["Sid"]: each for each in json.loads(found)["Statement"]}

    stack = stacks.create(body("events:PutEvents", "111122223333", "o-1"))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    made, before = outputs(stack), statements()
    assert sorted(before) == ["account", "all", "more", "whole"]

    stack = stacks.update(stack, body("events:PutRule", "444455556666", "o-2"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    found = statements()
    assert sorted(found) == sorted(before)
    assert outputs(stack) == made
    assert found["whole"]["Action"] == found["more"]["Action"] == "events:PutRule"
    assert found["account"]["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert found["all"]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-2"}}

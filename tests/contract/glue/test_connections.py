"""Glue connections: kept as AWS shows them, with and without their passwords."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.cloudformation.helpers import Stacks
from tests.contract.glue.flows import code
from tests.contract.glue.helpers import Aws
from tests.support import unique

URL = "jdbc:postgresql://127.0.0.1:5432/lake"


def _input(name: str, **properties: str) -> dict[str, Any]:
    return {
        "Name": name,
        "ConnectionType": "JDBC",
        "ConnectionProperties": {"JDBC_CONNECTION_URL": URL, **properties},
    }


def test_a_connection(aws: Aws, name: str) -> None:
    glue = aws("glue")
    given = _input(name, USERNAME="u", PASSWORD="p")
    glue.create_connection(ConnectionInput=given)
    assert code(glue.create_connection, ConnectionInput=given)[0] == "AlreadyExistsException"
    found = glue.get_connection(Name=name)["Connection"]
    assert (found["ConnectionType"], found["Status"]) == ("JDBC", "READY")
    assert found["ConnectionProperties"] == given["ConnectionProperties"]
    hidden = glue.get_connection(Name=name, HidePassword=True)["Connection"]
    assert set(hidden["ConnectionProperties"]) == {"JDBC_CONNECTION_URL", "USERNAME"}
    glue.update_connection(Name=name, ConnectionInput=_input(name, SECRET_ID="s"))
    (listed,) = [
        each
        for page in glue.get_paginator("get_connections").paginate(
            Filter={"ConnectionType": "JDBC"}
        )
        for each in page["ConnectionList"]
        if each["Name"] == name
    ]
    assert listed["ConnectionProperties"]["SECRET_ID"] == "s"
    assert listed["LastUpdatedTime"] >= listed["CreationTime"]
    answer = glue.batch_delete_connection(ConnectionNameList=[name, "none"])
    assert answer["Succeeded"] == [name]
    assert answer["Errors"]["none"]["ErrorCode"] == "EntityNotFoundException"
    assert code(glue.get_connection, Name=name)[0] == "EntityNotFoundException"
    assert code(glue.delete_connection, ConnectionName=name)[0] == "EntityNotFoundException"


@pytest.mark.parametrize(
    "properties",
    [{"JDBC_CONNECTION_URL": "http://x"}, {"SECRET_ID": "s", "PASSWORD": "p"}],
)
def test_what_is_refused(aws: Aws, properties: dict[str, str]) -> None:
    given = _input(unique("connection"), **properties)
    found = code(aws("glue").create_connection, ConnectionInput=given)
    assert found[0] == "InvalidInputException"


def test_a_connection_of_a_stack(aws: Aws, name: str, stacks: Stacks) -> None:
    def template(url: str) -> dict[str, Any]:
        properties = {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "ConnectionInput": {
                "Name": name,
                "ConnectionType": "JDBC",
                "ConnectionProperties": {"JDBC_CONNECTION_URL": url, "JDBC_ENFORCE_SSL": False},
            },
        }
        connection = {"Type": "AWS::Glue::Connection", "Properties": properties}
        return {
            "Resources": {"Database": connection},
            "Outputs": {"Name": {"Value": {"Ref": "Database"}}},
        }

    glue, stack = aws("glue"), stacks.create(template(URL))
    assert stack["Outputs"][0]["OutputValue"] == name
    found = glue.get_connection(Name=name)["Connection"]["ConnectionProperties"]
    assert found == {"JDBC_CONNECTION_URL": URL, "JDBC_ENFORCE_SSL": "false"}
    stacks.update(stack, template(f"{URL}2"))
    found = glue.get_connection(Name=name)["Connection"]["ConnectionProperties"]
    assert found["JDBC_CONNECTION_URL"] == f"{URL}2"
    stacks.delete(stack)
    assert code(glue.get_connection, Name=name)[0] == "EntityNotFoundException"

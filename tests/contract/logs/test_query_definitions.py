"""Saved queries of CloudWatch Logs Insights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_a_query_is_saved_changed_and_deleted(aws: Callable[[str], Any], name: str) -> None:
    logs = aws("logs")
    saved = logs.put_query_definition(
        name=f"{name}/errors", queryString="fields @message", logGroupNames=["group"]
    )["queryDefinitionId"]
    logs.put_query_definition(name=f"{name}/slow", queryString="limit 1")
    logs.put_query_definition(name=f"{name}/errors", queryString="limit 2", queryDefinitionId=saved)

    found = logs.describe_query_definitions(queryDefinitionNamePrefix=f"{name}/err")
    assert [each["queryString"] for each in found["queryDefinitions"]] == ["limit 2"]
    assert found["queryDefinitions"][0]["queryLanguage"] == "CWLI"
    first = logs.describe_query_definitions(queryDefinitionNamePrefix=name, maxResults=1)
    rest = logs.describe_query_definitions(
        queryDefinitionNamePrefix=name, nextToken=first["nextToken"]
    )
    assert len(first["queryDefinitions"]) == len(rest["queryDefinitions"]) == 1
    assert logs.delete_query_definition(queryDefinitionId=saved)["success"]
    with pytest.raises(ClientError, match="does not exist"):
        logs.delete_query_definition(queryDefinitionId=saved)
    with pytest.raises(ClientError, match="does not exist"):
        logs.put_query_definition(name=name, queryString="limit 1", queryDefinitionId=saved)

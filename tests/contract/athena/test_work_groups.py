"""Work groups, named queries, data catalogs, tags: nothing of it needs an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import ACCOUNT, REGION


def test_a_work_group_decides_where_results_are(aws: Callable[[str], Any], name: str) -> None:
    athena = aws("athena")
    athena.create_work_group(
        Name=name,
        Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{name}/group/"}},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    own = {"OutputLocation": "s3://elsewhere/"}
    started = athena.start_query_execution(
        QueryString="SELECT 1", WorkGroup=name, ResultConfiguration=own
    )
    found = athena.get_query_execution(**_only_id(started))["QueryExecution"]
    assert found["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{name}/group/")
    assert athena.list_query_executions(WorkGroup=name)["QueryExecutionIds"] == [
        started["QueryExecutionId"]
    ]
    athena.stop_query_execution(**_only_id(started))
    arn = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{name}"
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    athena.update_work_group(WorkGroup=name, State="DISABLED", Description="off")
    with pytest.raises(ClientError, match=f"WorkGroup {name} is disabled"):
        athena.start_query_execution(QueryString="SELECT 1", WorkGroup=name)
    with pytest.raises(ClientError, match="is not empty"):
        athena.delete_work_group(WorkGroup=name)
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
    with pytest.raises(ClientError, match=f"WorkGroup {name} is not found"):
        athena.get_work_group(WorkGroup=name)


def _only_id(answer: dict[str, Any]) -> dict[str, str]:
    return {"QueryExecutionId": answer["QueryExecutionId"]}


def test_named_queries_are_kept_in_their_group(aws: Callable[[str], Any], name: str) -> None:
    athena = aws("athena")
    athena.create_work_group(Name=name)
    made = athena.create_named_query(
        Name="daily", Database="d", QueryString="SELECT 1", WorkGroup=name
    )["NamedQueryId"]
    athena.update_named_query(NamedQueryId=made, Name="weekly", QueryString="SELECT 2")
    assert athena.list_named_queries(WorkGroup=name)["NamedQueryIds"] == [made]
    answer = athena.batch_get_named_query(NamedQueryIds=[made, "none"])
    assert answer["NamedQueries"][0]["QueryString"] == "SELECT 2"
    assert answer["UnprocessedNamedQueryIds"][0]["NamedQueryId"] == "none"
    athena.delete_named_query(NamedQueryId=made)
    athena.delete_work_group(WorkGroup=name)


def test_the_catalog_of_glue_is_athenas(aws: Callable[[str], Any], name: str) -> None:
    athena, database = aws("athena"), name.replace("-", "_")
    aws("glue").create_database(DatabaseInput={"Name": database, "Description": "a lake"})
    pages = athena.get_paginator("list_databases").paginate(CatalogName="AwsDataCatalog")
    assert database in [each["Name"] for page in pages for each in page["DatabaseList"]]
    found = athena.get_database(CatalogName="AwsDataCatalog", DatabaseName=database)["Database"]
    assert found == {"Name": database, "Description": "a lake"}
    assert athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    with pytest.raises(ClientError, match="EntityNotFoundException") as refused:
        athena.get_database(CatalogName="AwsDataCatalog", DatabaseName="none")
    assert refused.value.response["Error"]["Code"] == "MetadataException"


def test_work_groups_of_a_stack_are_made_and_deleted(aws: Callable[[str], Any], name: str) -> None:
    stacks, athena = aws("cloudformation"), aws("athena")
    template = f"""
Resources:
  Group:
    Type: AWS::Athena::WorkGroup
    Properties:
      Name: {name}
      RecursiveDeleteOption: true
      WorkGroupConfiguration:
        ResultConfiguration: {{OutputLocation: 's3://{name}/'}}
  Statement:
    Type: AWS::Athena::PreparedStatement
    Properties: {{StatementName: st, WorkGroup: !Ref Group, QueryStatement: 'SELECT ?'}}
  Query:
    Type: AWS::Athena::NamedQuery
    Properties: {{Database: d, QueryString: SELECT 1, WorkGroup: !Ref Group}}
"""
    stacks.create_stack(StackName=name, TemplateBody=template)
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert athena.get_prepared_statement(StatementName="st", WorkGroup=name)
    assert len(athena.list_named_queries(WorkGroup=name)["NamedQueryIds"]) == 1
    stacks.update_stack(StackName=name, TemplateBody=template.replace("SELECT ?", "SELECT ? + 1"))
    stacks.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    found = athena.get_prepared_statement(StatementName="st", WorkGroup=name)
    assert found["PreparedStatement"]["QueryStatement"] == "SELECT ? + 1"
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="is not found"):
        athena.get_work_group(WorkGroup=name)

"""Lake Formation's CloudFormation types, as published data lakes use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.cloudformation.helpers import Stacks, outputs
from tests.support import ACCOUNT, unique

Aws = Callable[[str], Any]

LAKE = """
Parameters:
  Name: {Type: String}
  Granted: {Type: String, Default: "SELECT"}
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: glue.amazonaws.com}, Action: sts:AssumeRole}
  Bucket: {Type: AWS::S3::Bucket}
  Location:
    Type: AWS::LakeFormation::Resource
    Properties: {ResourceArn: !GetAtt Bucket.Arn, UseServiceLinkedRole: true}
  Settings:
    Type: AWS::LakeFormation::DataLakeSettings
    Properties:
      Admins: [DataLakePrincipalIdentifier: !GetAtt Reader.Arn]
      CreateTableDefaultPermissions: [{Principal: !GetAtt Reader.Arn, Permissions: [ALTER]}]
  Database:
    Type: AWS::Glue::Database
    Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: !Ref Name}}
  Table:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Database
      TableInput:
        Name: ratings
        StorageDescriptor: {Columns: [{Name: user, Type: int}, {Name: score, Type: double}]}
  OnDatabase:
    Type: AWS::LakeFormation::Permissions
    Properties:
      DataLakePrincipal: {DataLakePrincipalIdentifier: !GetAtt Reader.Arn}
      Resource: {DatabaseResource: {Name: !Ref Database}}
      Permissions: [CREATE_TABLE, DESCRIBE]
  OnLocation:
    Type: AWS::LakeFormation::Permissions
    DependsOn: Location
    Properties:
      DataLakePrincipal: {DataLakePrincipalIdentifier: !GetAtt Reader.Arn}
      Resource: {DataLocationResource: {S3Resource: !GetAtt Bucket.Arn}}
      Permissions: [DATA_LOCATION_ACCESS]
  OnTables:
    Type: AWS::LakeFormation::Permissions
    Properties:
      DataLakePrincipal: {DataLakePrincipalIdentifier: !GetAtt Reader.Arn}
      Resource: {TableResource: {DatabaseName: !Ref Database, TableWildcard: {}}}
      Permissions: [!Ref Granted]
  OnColumns:
    Type: AWS::LakeFormation::PrincipalPermissions
    DependsOn: Table
    Properties:
      Catalog: !Ref AWS::AccountId
      Principal: {DataLakePrincipalIdentifier: !GetAtt Reader.Arn}
      Resource:
        TableWithColumns:
          CatalogId: !Ref AWS::AccountId
          DatabaseName: !Ref Database
          Name: ratings
          ColumnNames: [score]
      Permissions: [SELECT]
      PermissionsWithGrantOption: []
  Tag:
    Type: AWS::LakeFormation::Tag
    Properties: {TagKey: !Ref Name, TagValues: [raw, curated]}
  Tagged:
    Type: AWS::LakeFormation::TagAssociation
    DependsOn: Tag
    Properties:
      Resource: {Database: {CatalogId: !Ref AWS::AccountId, Name: !Ref Database}}
      LFTags: [{CatalogId: !Ref AWS::AccountId, TagKey: !Ref Name, TagValues: [raw]}]
  Cells:
    Type: AWS::LakeFormation::DataCellsFilter
    DependsOn: Table
    Properties:
      TableCatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Database
      TableName: ratings
      Name: good
      RowFilter: {FilterExpression: score > 3}
      ColumnNames: [score]
Outputs:
  Reader: {Value: !GetAtt Reader.Arn}
  Bucket: {Value: !GetAtt Bucket.Arn}
"""


def test_a_governed_lake_is_made_changed_and_deleted(aws: Aws, stacks: Stacks) -> None:
    lake, name = aws("lakeformation"), unique("lf").replace("-", "_")
    before = lake.get_data_lake_settings()["DataLakeSettings"]
    given = [{"ParameterKey": "Name", "ParameterValue": name}]

    stack = stacks.create(LAKE, Parameters=given, Capabilities=["CAPABILITY_IAM"])

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    reader, bucket = (outputs(stack)[n] for n in ("Reader", "Bucket"))
    assert lake.describe_resource(ResourceArn=bucket)["ResourceInfo"]["RoleArn"]
    settings = lake.get_data_lake_settings()["DataLakeSettings"]
    assert {"DataLakePrincipalIdentifier": reader} in settings["DataLakeAdmins"]
    (new,) = settings["CreateTableDefaultPermissions"]
    assert new["Principal"] == {"DataLakePrincipalIdentifier": reader}
    assert _granted(lake, reader) == {
        "Database": ["CREATE_TABLE", "DESCRIBE"],
        "DataLocation": ["DATA_LOCATION_ACCESS"],
        "Table": ["SELECT"],
        "TableWithColumns": ["SELECT"],
    }
    tags = lake.get_resource_lf_tags(Resource={"Database": {"Name": name}})["LFTagOnDatabase"]
    assert [(each["TagKey"], each["TagValues"]) for each in tags] == [(name, ["raw"])]
    cells = {"TableCatalogId": ACCOUNT, "DatabaseName": name, "TableName": "ratings"}
    found = lake.get_data_cells_filter(**cells, Name="good")["DataCellsFilter"]
    assert found["RowFilter"]["FilterExpression"] == "score > 3"

    more = [*given, {"ParameterKey": "Granted", "ParameterValue": "DESCRIBE"}]
    stack = stacks.update(stack, LAKE, Parameters=more, Capabilities=["CAPABILITY_IAM"])
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert _granted(lake, reader)["Table"] == ["DESCRIBE"]

    stacks.delete(stack)
    assert _granted(lake, reader) == {}
    assert lake.get_data_lake_settings()["DataLakeSettings"] == before
    assert name not in [each["TagKey"] for each in lake.list_lf_tags().get("LFTags", [])]


def _granted(lake: Any, principal: str) -> dict[str, list[str]]:
    found = lake.list_permissions()["PrincipalResourcePermissions"]
    return {
        kind: each["Permissions"]
        for each in found
        if each["Principal"]["DataLakePrincipalIdentifier"] == principal
        for kind in each["Resource"]
    }

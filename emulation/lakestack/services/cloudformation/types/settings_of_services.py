"""Types of one operation each: authorizers, groups of Redshift, rules, documents, providers.

AWS CloudFormation Template Reference, the types; what Ref is, each class says.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.api_resource import ApiResource
from lakestack.services.cloudformation.changes import document
from lakestack.services.cloudformation.resource import Model, plugin


class Authorizer(ApiResource):
    """Ref: the authorizer's id."""

    TYPE = "AWS::ApiGateway::Authorizer"
    IDENTIFIER = "AuthorizerId"
    READ_ONLY = ("AuthorizerId",)
    REPLACED_BY = ("RestApiId",)
    NOT_FOUND = ("NotFoundException",)
    SERVICE, CREATE, DELETE = "apigateway", "create_authorizer", "delete_authorizer"
    ATTRIBUTES = {"AuthorizerId": "id"}
    KEYS = {"AuthorizerId": "authorizerId", "RestApiId": "restApiId"}


class ClusterSubnetGroup(ApiResource):
    """Ref: the group's name, which CloudFormation makes."""

    TYPE = "AWS::Redshift::ClusterSubnetGroup"
    IDENTIFIER = "ClusterSubnetGroupName"
    NOT_FOUND = ("ClusterSubnetGroupNotFoundFault", "ClusterSubnetGroupNotFound")
    SERVICE, CREATE = "redshift", "create_cluster_subnet_group"
    DELETE = "delete_cluster_subnet_group"
    KEYS = {"ClusterSubnetGroupName": "ClusterSubnetGroupName"}
    NAME = "ClusterSubnetGroupName"
    LOWER = True


class ClusterParameterGroup(ApiResource):
    """Ref: the group's name."""

    TYPE = "AWS::Redshift::ClusterParameterGroup"
    IDENTIFIER = "ParameterGroupName"
    REPLACED_BY = ("Description", "ParameterGroupFamily", "ParameterGroupName")
    NOT_FOUND = ("ClusterParameterGroupNotFound",)
    SERVICE, CREATE = "redshift", "create_cluster_parameter_group"
    DELETE = "delete_cluster_parameter_group"
    KEYS = {"ParameterGroupName": "ParameterGroupName"}
    NAME = "ParameterGroupName"
    LOWER = True


class ConfigRule(ApiResource):
    """Ref: the rule's name."""

    TYPE = "AWS::Config::ConfigRule"
    IDENTIFIER = "ConfigRuleName"
    READ_ONLY = ("Arn", "ConfigRuleId")
    REPLACED_BY = ("ConfigRuleName",)
    NOT_FOUND = ("NoSuchConfigRuleException",)
    SERVICE, CREATE, DELETE = "config", "put_config_rule", "delete_config_rule"
    KEYS = {"ConfigRuleName": "ConfigRuleName"}
    NAME = "ConfigRuleName"

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        super().create_resource(aws, model, request)
        named = [model["ConfigRuleName"]]
        (rule,) = aws.config.describe_config_rules(ConfigRuleNames=named)["ConfigRules"]
        model["Arn"], model["ConfigRuleId"] = rule["ConfigRuleArn"], rule["ConfigRuleId"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del previous
        aws.config.put_config_rule(**self.parameters(model))

    def parameters(self, model: Model) -> Model:
        rule = {k: v for k, v in model.items() if k not in self.READ_ONLY}
        if given := rule.get("InputParameters"):
            rule["InputParameters"] = document(given)
        return {"ConfigRule": rule}


class OidcProvider(ApiResource):
    """Ref: the provider's ARN."""

    TYPE = "AWS::IAM::OIDCProvider"
    IDENTIFIER = "Arn"
    READ_ONLY = ("Arn",)
    REPLACED_BY = ("Url",)
    NOT_FOUND = ("NoSuchEntity",)
    SERVICE, CREATE = "iam", "create_open_id_connect_provider"
    DELETE = "delete_open_id_connect_provider"
    ATTRIBUTES = {"Arn": "OpenIDConnectProviderArn"}
    KEYS = {"Arn": "OpenIDConnectProviderArn"}

    def parameters(self, model: Model) -> Model:
        # Without thumbprints IAM gets them from the provider itself.
        return {"ThumbprintList": [], **model}


class Document(ApiResource):
    """Ref: the document's name."""

    TYPE = "AWS::SSM::Document"
    IDENTIFIER = "Name"
    REPLACED_BY = ("Name",)
    NOT_FOUND = ("InvalidDocument",)
    SERVICE, CREATE, DELETE = "ssm", "create_document", "delete_document"
    KEYS = {"Name": "Name"}
    NAME = "Name"

    def parameters(self, model: Model) -> Model:
        kind = {"DocumentType": "Command"} if "DocumentType" not in model else {}
        return {**model, **kind, "Content": document(model["Content"])}


AuthorizerPlugin = plugin(Authorizer)
ClusterSubnetGroupPlugin = plugin(ClusterSubnetGroup)
ClusterParameterGroupPlugin = plugin(ClusterParameterGroup)
ConfigRulePlugin = plugin(ConfigRule)
OidcProviderPlugin = plugin(OidcProvider)
DocumentPlugin = plugin(Document)

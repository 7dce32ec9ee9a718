"""AWS::Logs::QueryDefinition: a saved query of CloudWatch Logs Insights.

AWS CloudFormation Template Reference, "AWS::Logs::QueryDefinition".
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource, plugin


class QueryDefinition(ModelResource):
    """Ref: the definition's id."""

    TYPE = "AWS::Logs::QueryDefinition"
    IDENTIFIER = "QueryDefinitionId"
    READ_ONLY = ("QueryDefinitionId",)
    NOT_FOUND = ("ResourceNotFoundException",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        answer = aws.logs.put_query_definition(**_given(model))
        model["QueryDefinitionId"] = answer["queryDefinitionId"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        aws.logs.put_query_definition(
            queryDefinitionId=previous["QueryDefinitionId"], **_given(model)
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.logs.delete_query_definition(queryDefinitionId=model["QueryDefinitionId"])


def _given(model: Model) -> Model:
    language = {"queryLanguage": model["QueryLanguage"]} if model.get("QueryLanguage") else {}
    return {
        "name": model["Name"],
        "queryString": model["QueryString"],
        "logGroupNames": model.get("LogGroupNames") or [],
        **language,
    }


QueryDefinitionPlugin = plugin(QueryDefinition)

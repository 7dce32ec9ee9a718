"""The key of a function's environment, which LocalStack's functions do not have.

AWS Lambda API Reference, "CreateFunction" and "UpdateFunctionConfiguration": `KMSKeyArn`; an empty
one is the key that Lambda owns, which is not shown.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.lambda_.state import STORE


class ConfigurationOperations:
    """Goes before LocalStack's provider."""

    @handler("CreateFunction", expand=False)
    def create_function(self, context: RequestContext, request: Any) -> Any:
        key = request.get("KMSKeyArn")
        answer = super().create_function(context, request)  # type: ignore[misc]
        return _keep(answer, key or "")

    @handler("UpdateFunctionConfiguration", expand=False)
    def update_function_configuration(self, context: RequestContext, request: Any) -> Any:
        key = request.get("KMSKeyArn")
        answer = super().update_function_configuration(context, request)  # type: ignore[misc]
        return _shown(answer) if key is None else _keep(answer, key)

    def get_function_configuration(self, context: RequestContext, *given: Any, **more: Any) -> Any:
        parent: Any = super()
        return _shown(parent.get_function_configuration(context, *given, **more))

    def get_function(self, context: RequestContext, *given: Any, **more: Any) -> Any:
        parent: Any = super()
        answer = parent.get_function(context, *given, **more)
        _shown(answer["Configuration"])
        return answer

    @handler("PublishVersion")
    def publish_version(self, context: RequestContext, **given: Any) -> Any:
        return _shown(super().publish_version(context, **given))  # type: ignore[misc]

    @handler("ListFunctions")
    def list_functions(self, context: RequestContext, **given: Any) -> Any:
        answer = super().list_functions(context, **given)  # type: ignore[misc]
        for each in answer["Functions"]:
            _shown(each)
        return answer


def _keep(configuration: Any, key: str) -> Any:
    """Keep a function's key, or forget it where it is empty."""
    _, _, _, region, account, _, name = configuration["FunctionArn"].split(":")[:7]
    with STORE.holding(account, region) as state:
        if key:
            state.keys[name] = key
        else:
            state.keys.pop(name, None)
    return _shown(configuration)


def _shown(configuration: Any) -> Any:
    _, _, _, region, account, _, name = configuration["FunctionArn"].split(":")[:7]
    if key := STORE.get(account, region).keys.get(name):
        configuration["KMSKeyArn"] = key
    return configuration

"""Changes in place of Lambda functions, as in `changes_in_place`.

AWS Lambda API Reference, "UpdateFunctionConfiguration": what holds where nothing is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localstack.services.lambda_.resource_providers.aws_lambda_function import (
    _get_lambda_code_param,
)

from lakestack.services.cloudformation.changes import Change, Model, tag_map


def function_setting(member: str, default: Any) -> Change:
    """A member of UpdateFunctionConfiguration, and what it is where nothing is given."""

    def apply(aws: Any, model: Model, value: Any) -> None:
        name, client = model["FunctionName"], aws.lambda_
        given = default if value is None else value
        current = client.get_function_configuration(FunctionName=name).get(member)
        if current != given:
            client.update_function_configuration(FunctionName=name, **{member: given})
            client.get_waiter("function_updated_v2").wait(FunctionName=name)

    return apply


def _function_tags(aws: Any, model: Model, value: Any) -> None:
    client = aws.lambda_
    found = client.get_function_configuration(FunctionName=model["FunctionName"])["FunctionArn"]
    if old := client.list_tags(Resource=found)["Tags"]:
        client.untag_resource(Resource=found, TagKeys=list(old))
    if value:
        client.tag_resource(Resource=found, Tags=tag_map(value))


def _log_settings(aws: Any, model: Model, value: Any) -> None:
    name = model["FunctionName"]
    default = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    function_setting("LoggingConfig", default)(aws, model, value)


def _architectures(aws: Any, model: Model, value: Any) -> None:
    code = _get_lambda_code_param({**model, "Architectures": value or ["x86_64"]}, True)
    aws.lambda_.update_function_code(FunctionName=model["FunctionName"], **code)
    aws.lambda_.get_waiter("function_updated_v2").wait(FunctionName=model["FunctionName"])


def code_signing(aws: Any, model: Model, value: Any) -> None:
    """Set or delete what a function's code is signed by."""
    named = {"FunctionName": model["FunctionName"]}
    if value:
        aws.lambda_.put_function_code_signing_config(**named, CodeSigningConfigArn=value)
    else:
        aws.lambda_.delete_function_code_signing_config(**named)


def _alias(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    aws.lambda_.update_alias(
        FunctionName=model["FunctionName"],
        Name=model["Name"],
        FunctionVersion=model["FunctionVersion"],
        Description=model.get("Description", ""),
        RoutingConfig=_routing(model.get("RoutingConfig")),
    )


def _routing(given: Model | None) -> Model:
    """Weights by version; the template has a list of them."""
    weights = (given or {}).get("AdditionalVersionWeights") or {}
    if isinstance(weights, list):
        weights = {each["FunctionVersion"]: each["FunctionWeight"] for each in weights}
    return {"AdditionalVersionWeights": weights}


def _alias_concurrency(aws: Any, model: Model, value: Any) -> None:
    named = {"FunctionName": model["FunctionName"], "Qualifier": model["Name"]}
    if value:
        aws.lambda_.put_provisioned_concurrency_config(**named, **value)
    else:
        aws.lambda_.delete_provisioned_concurrency_config(**named)


def _invocations(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    names = ("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
    given = {name: model[name] for name in names if name in model}
    aws.lambda_.put_function_event_invoke_config(
        FunctionName=model["FunctionName"],
        Qualifier=model["Qualifier"],
        **(given or {"MaximumEventAgeInSeconds": 21_600, "MaximumRetryAttempts": 2}),
    )


def _url(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    qualifier = {"Qualifier": model["Qualifier"]} if model.get("Qualifier") else {}
    aws.lambda_.update_function_url_config(
        FunctionName=model["TargetFunctionArn"],
        AuthType=model["AuthType"],
        Cors=model.get("Cors") or {},
        InvokeMode=model.get("InvokeMode", "BUFFERED"),
        **qualifier,
    )


ALIAS: Mapping[str, Change] = {
    **dict.fromkeys(("Description", "FunctionVersion", "RoutingConfig"), _alias),
    "ProvisionedConcurrencyConfig": _alias_concurrency,
}
INVOCATIONS: Mapping[str, Change] = dict.fromkeys(
    ("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"), _invocations
)
URL: Mapping[str, Change] = dict.fromkeys(("AuthType", "Cors", "InvokeMode"), _url)
FUNCTION: Mapping[str, Change] = {
    "Architectures": _architectures,
    "DeadLetterConfig": function_setting("DeadLetterConfig", {"TargetArn": ""}),
    "Description": function_setting("Description", ""),
    "Environment": function_setting("Environment", {"Variables": {}}),
    "KmsKeyArn": function_setting("KMSKeyArn", ""),
    "LoggingConfig": _log_settings,
    "MemorySize": function_setting("MemorySize", 128),
    "SnapStart": function_setting("SnapStart", {"ApplyOn": "None"}),
    "Tags": _function_tags,
    "Timeout": function_setting("Timeout", 3),
    "TracingConfig": function_setting("TracingConfig", {"Mode": "PassThrough"}),
    "VpcConfig": function_setting("VpcConfig", {"SubnetIds": [], "SecurityGroupIds": []}),
}

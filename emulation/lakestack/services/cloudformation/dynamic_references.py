"""Dynamic references: ``{{resolve:service:key}}`` in a template's values.

AWS CloudFormation User Guide, "Get values stored in other services using dynamic references", "Get
a plaintext value from Systems Manager Parameter Store" and "Get a secret or secret value from
Secrets Manager".
"""

from __future__ import annotations

import json
import re

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.base import client

_REFERENCE = re.compile(r"\{\{resolve:([^:{}]+):([^{}]+)\}\}")
_ARN_PARTS = 7


def resolved(text: str, account: str, region: str) -> str:
    """The text with each reference in it replaced.

    Raises:
        ValidationError: a reference of another form or service, or without a value
        ClientError: the other service's, where it has no such parameter or secret
    """

    def value(found: re.Match[str]) -> str:
        service, key = found.groups()
        if service == "ssm":
            return _parameter(key, account, region)
        if service == "ssm-secure":
            return _parameter(key, account, region)
        if service == "secretsmanager":
            return _secret(key, account, region)
        raise ValidationError(
            f"Dynamic reference {found[0]} names {service}; valid are ssm, ssm-secure and "
            "secretsmanager"
        )

    return _REFERENCE.sub(value, text)


def _parameter(name: str, account: str, region: str) -> str:
    answer = client(account, region, "ssm").get_parameter(Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _secret(reference: str, account: str, region: str) -> str:
    """Of ``secret-id:SecretString:json-key:version-stage:version-id``, the rest optional."""
    parts = reference.split(":")
    own = _ARN_PARTS if reference.startswith("arn:") else 1
    secret, rest = ":".join(parts[:own]), [*parts[own:], "", "", "", ""]
    kind, key, stage, version = rest[:4]
    if kind not in ("", "SecretString"):
        raise ValidationError(f"Dynamic reference to {secret}: {kind} must be SecretString")
    asked = {"SecretId": secret}
    if stage:
        asked["VersionStage"] = stage
    if version:
        asked["VersionId"] = version
    text = str(client(account, region, "secretsmanager").get_secret_value(**asked)["SecretString"])
    if not key:
        return text
    try:
        found = json.loads(text)[key]
    except (ValueError, LookupError, TypeError) as e:
        raise ValidationError(
            f"Could not find a value associated with JSONKey {key} in SecretString of {secret}"
        ) from e
    return found if isinstance(found, str) else json.dumps(found)

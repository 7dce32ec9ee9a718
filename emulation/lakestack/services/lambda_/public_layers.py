"""Layers of other accounts, which the emulator has not: refused, with the way out.

AWS publishes some (AWSSDKPandas of account 336392948345, Powertools of 017000801446); here a layer
is there once it is published in the emulator. LocalStack asks a fetcher, which its free version
lacks, and answers 500.
"""

from __future__ import annotations

from typing import NoReturn

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.api_utils import parse_layer_arn
from localstack.services.lambda_.layerfetcher.layer_fetcher import LayerFetcher

_PACKAGES = {"AWSSDKPandas": "awswrangler", "AWSLambdaPowertools": "aws-lambda-powertools"}
"""What to install for the layers that AWS publishes, by the beginning of their names."""


class NoFetcher(LayerFetcher):  # type: ignore[misc]
    """Refuses what is not in the emulator."""

    def fetch_layer(self, layer_version_arn: str) -> NoReturn:
        """Refuse.

        Raises:
            InvalidParameterValueException: always; says how to make such a layer
        """
        _, _, name, _ = parse_layer_arn(layer_version_arn)
        package = next((p for n, p in _PACKAGES.items() if name.startswith(n)), "<package>")
        raise InvalidParameterValueException(
            f"Layer version {layer_version_arn} is not in the emulator, which fetches none from "
            f"AWS. Publish it here and use the ARN that you get: pip install --target python "
            f"{package}; zip -r layer.zip python; aws lambda publish-layer-version --layer-name "
            f"{name} --zip-file fileb://layer.zip",
            Type="User",
        )

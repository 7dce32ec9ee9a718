"""Where AWS keeps its Deep Learning Containers: another account in many regions.

Source: SageMaker Python SDK 2.257.7, ``image_uri_config/pytorch.json``, the versions from 2.4.0 on;
read on 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pipeline.errors import SettingsError

__all__ = ["REGISTRIES", "image_uri"]

_USUAL: Final = "763104351884"
REGISTRIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "ap-northeast-1",
                "ap-northeast-2",
                "ap-south-1",
                "ap-southeast-1",
                "ap-southeast-2",
                "ca-central-1",
                "eu-central-1",
                "eu-north-1",
                "eu-west-1",
                "eu-west-2",
                "eu-west-3",
                "sa-east-1",
                "us-east-1",
                "us-east-2",
                "us-west-1",
                "us-west-2",
            ),
            _USUAL,
        ),
        "af-south-1": "626614931356",
        "ap-east-1": "871362719292",
        "ap-east-2": "975050140332",
        "ap-northeast-3": "364406365360",
        "ap-south-2": "772153158452",
        "ap-southeast-3": "907027046896",
        "ap-southeast-4": "457447274322",
        "ap-southeast-5": "550225433462",
        "ap-southeast-6": "633930458069",
        "ap-southeast-7": "590183813437",
        "ca-west-1": "204538143572",
        "cn-north-1": "727897471807",
        "cn-northwest-1": "727897471807",
        "eu-central-2": "380420809688",
        "eu-south-1": "692866216735",
        "eu-south-2": "503227376785",
        "il-central-1": "780543022126",
        "me-central-1": "914824155844",
        "me-south-1": "217643126080",
        "mx-central-1": "637423239942",
        "us-gov-east-1": "446045086412",
        "us-gov-west-1": "442386744353",
    }
)
"""Account of the registry, by region."""


def image_uri(repository: str, tag: str, region: str) -> str:
    """The URI of an image as a container in `region` pulls it.

    Args:
        repository: for example ``pytorch-inference``

    Raises:
        SettingsError: AWS offers no such containers in this region
    """
    account = REGISTRIES.get(region)
    if account is None:
        raise SettingsError(
            f"AWS has no framework containers for SageMaker in region {region!r}; valid are "
            f"{', '.join(sorted(REGISTRIES))}.",
            "export AWS_REGION=us-east-1",
        )
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{suffix}/{repository}:{tag}"

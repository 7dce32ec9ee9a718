"""Image URIs of AWS's framework containers, by region."""

from __future__ import annotations

import boto3
import pytest

from pipeline.errors import SettingsError
from pipeline.framework_images import REGISTRIES
from pipeline.sizes import Sizes

TAG = "2.6.0-cpu-py312-ubuntu22.04-sagemaker"


@pytest.mark.parametrize(
    ("region", "registry"),
    [
        ("us-east-1", "763104351884.dkr.ecr.us-east-1.amazonaws.com"),
        ("eu-south-1", "692866216735.dkr.ecr.eu-south-1.amazonaws.com"),
        ("us-gov-west-1", "442386744353.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    ],
)
@pytest.mark.parametrize("kind", ["training", "inference"])
def test_the_registry_is_the_regions_own(region: str, registry: str, kind: str) -> None:
    assert Sizes().image(kind, region) == f"{registry}/pytorch-{kind}:{TAG}"


def test_every_region_of_the_table_is_one_of_sagemaker() -> None:
    """Of those that this botocore knows; newer regions may be missing there."""
    session = boto3.Session()
    known = {
        region
        for partition in ("aws", "aws-cn", "aws-us-gov")
        for region in session.get_available_regions("sagemaker", partition_name=partition)
    }
    assert known - set(REGISTRIES) == set()


def test_a_region_without_containers() -> None:
    with pytest.raises(SettingsError) as raised:
        Sizes().image("training", "eu-nowhere-9")
    assert "in region 'eu-nowhere-9'; valid are af-south-1, " in raised.value.message
    assert raised.value.hint == "export AWS_REGION=us-east-1"

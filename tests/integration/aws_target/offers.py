"""A double of what is asked of an account before a run: quotas, orderable classes, images.

Service Quotas User Guide, "Viewing service quotas"; AWS DMS API Reference,
"DescribeOrderableReplicationInstances"; Amazon ECR API Reference, "BatchGetImage".
"""

from __future__ import annotations

from typing import Any

from pipeline.sizes import Sizes
from tests.integration.aws_target.errors import AwsError


class Offers:
    """What the account and the region have for a lake of the smallest sizes."""

    def __init__(self, region: str) -> None:
        sizes = Sizes()
        self.quotas = {
            f"{sizes.training_instance_type} for training job usage": ("L-611FA074", 1.0),
            f"{sizes.hosting_instance_type} for endpoint usage": ("L-29C181D7", 2.0),
            "VPCs per Region": ("L-F678F1CE", 5.0),
            "Internet gateways per Region": ("L-A4707A72", 5.0),
        }
        self.classes = {sizes.dms_instance_class: [f"{region}{letter}" for letter in "bc"]}
        """Zones by instance class: the region's first one does not offer it."""
        self.tags = [sizes.framework_tag]

    def get_service_quota(self, params: dict[str, Any]) -> dict[str, Any]:
        for quota in self._quotas():
            if quota["QuotaCode"] == params["QuotaCode"]:
                return {"Quota": quota}
        raise AwsError("NoSuchResourceException", "The request failed because of no such quota.")

    def get_aws_default_service_quota(self, params: dict[str, Any]) -> dict[str, Any]:
        return self.get_service_quota(params)

    def list_service_quotas(self, params: dict[str, Any]) -> dict[str, Any]:
        assert params["ServiceCode"] in ("sagemaker", "vpc")
        return {"Quotas": self._quotas()}

    def describe_orderable_replication_instances(self, _params: dict[str, Any]) -> dict[str, Any]:
        return {
            "OrderableReplicationInstances": [
                {"ReplicationInstanceClass": name, "AvailabilityZones": zones}
                for name, zones in self.classes.items()
            ]
        }

    def batch_get_image(self, params: dict[str, Any]) -> dict[str, Any]:
        known = [i for i in params["imageIds"] if i["imageTag"] in self.tags]
        lacking = [i for i in params["imageIds"] if i not in known]
        failures = [{"imageId": i, "failureCode": "ImageNotFound"} for i in lacking]
        return {"images": [{"imageId": i} for i in known], "failures": failures}

    def _quotas(self) -> list[dict[str, Any]]:
        return [
            {"QuotaName": name, "QuotaCode": code, "Value": value}
            for name, (code, value) in self.quotas.items()
        ]

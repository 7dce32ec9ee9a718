"""API Gateway's HTTP APIs: the API operations.

Amazon API Gateway V2 API Reference. Moto answers what is left, of what nobody can make: lists of
VPC links and domain names.
"""

from __future__ import annotations

from lakestack.services.apigatewayv2.api_operations import ApiOperations
from lakestack.services.apigatewayv2.part_operations import PartOperations
from lakestack.services.apigatewayv2.refused_operations import RefusedOperations
from lakestack.services.apigatewayv2.stage_operations import StageOperations


class ApiGatewayV2Provider(ApiOperations, PartOperations, StageOperations, RefusedOperations):
    """HTTP APIs, their parts, stages and deployments."""

    service = "apigatewayv2"

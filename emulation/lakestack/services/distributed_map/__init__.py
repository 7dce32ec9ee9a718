"""Distributed Map of Step Functions: batches, tolerated failures and results in S3.

AWS Step Functions Developer Guide, "Using Map state in Distributed mode". LocalStack's interpreter
runs the children; these parts of it are ours.
"""

from lakestack.services.distributed_map.install import install

__all__ = ["install"]

"""Configurations of a bucket, from CloudFormation's form to the S3 API's.

AWS CloudFormation Template Reference, "AWS::S3::Bucket"; Amazon S3 API Reference,
"PutBucketLifecycleConfiguration", "PutBucketLogging" and "PutBucketOwnershipControls".
"""

from __future__ import annotations

import json
import uuid
from typing import Any

Model = dict[str, Any]


def put_lifecycle(aws: Any, model: Model, value: Any) -> None:
    """Set or delete the lifecycle."""
    if not value:
        aws.s3.delete_bucket_lifecycle(Bucket=model["BucketName"])
        return
    made: Model = {"Rules": [_rule(rule) for rule in value["Rules"]]}
    more = {}
    if size := value.get("TransitionDefaultMinimumObjectSize"):
        more["TransitionDefaultMinimumObjectSize"] = size
    aws.s3.put_bucket_lifecycle_configuration(
        Bucket=model["BucketName"], LifecycleConfiguration=made, **more
    )


def put_logging(aws: Any, model: Model, value: Any) -> None:
    """Set or delete the server access log's target; without one it is the bucket itself."""
    status: Model = {}
    if value is not None:
        enabled: Model = {
            "TargetBucket": value.get("DestinationBucketName", model["BucketName"]),
            "TargetPrefix": value.get("LogFilePrefix", ""),
        }
        if form := value.get("TargetObjectKeyFormat"):
            enabled["TargetObjectKeyFormat"] = form
        status["LoggingEnabled"] = enabled
    aws.s3.put_bucket_logging(Bucket=model["BucketName"], BucketLoggingStatus=status)


def put_ownership(aws: Any, model: Model, value: Any) -> None:
    """Set or delete who owns objects."""
    if not value:
        aws.s3.delete_bucket_ownership_controls(Bucket=model["BucketName"])
        return
    aws.s3.put_bucket_ownership_controls(Bucket=model["BucketName"], OwnershipControls=value)


def put_acceleration(aws: Any, model: Model, value: Any) -> None:
    """Switch transfer acceleration."""
    status = (value or {}).get("AccelerationStatus", "Suspended")
    aws.s3.put_bucket_accelerate_configuration(
        Bucket=model["BucketName"], AccelerateConfiguration={"Status": status}
    )


def _rule(rule: Model) -> Model:
    made: Model = {"Status": rule["Status"], "Filter": _filter(rule)}
    made["ID"] = rule.get("Id") or str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(rule)))
    expiration: Model = {}
    for ours, theirs in (
        ("ExpirationInDays", "Days"),
        ("ExpirationDate", "Date"),
        ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
    ):
        if ours in rule:
            expiration[theirs] = rule[ours]
    if expiration:
        made["Expiration"] = expiration
    transitions = [*rule.get("Transitions", [])]
    if "Transition" in rule:
        transitions.append(rule["Transition"])
    if transitions:
        names = {"TransitionInDays": "Days", "TransitionDate": "Date"}
        made["Transitions"] = [{names.get(k, k): v for k, v in t.items()} for t in transitions]
    earlier = [*rule.get("NoncurrentVersionTransitions", [])]
    if "NoncurrentVersionTransition" in rule:
        earlier.append(rule["NoncurrentVersionTransition"])
    if earlier:
        names = {"TransitionInDays": "NoncurrentDays"}
        made["NoncurrentVersionTransitions"] = [
            {names.get(k, k): v for k, v in t.items()} for t in earlier
        ]
    if "NoncurrentVersionExpirationInDays" in rule:
        days = rule["NoncurrentVersionExpirationInDays"]
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    for key in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if key in rule:
            made[key] = rule[key]
    return made


def _filter(rule: Model) -> Model:
    parts: Model = {}
    if "Prefix" in rule:
        parts["Prefix"] = rule["Prefix"]
    for key in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if key in rule:
            parts[key] = int(rule[key])
    tags = rule.get("TagFilters") or []
    if len(parts) + len(tags) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    if tags:
        return {"Tag": tags[0]}
    return parts or {"Prefix": ""}

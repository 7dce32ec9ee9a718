"""Rules on objects in S3: their age, size and content.

AWS Glue Developer Guide, "FileFreshness", "FileMatch", "FileSize" and "FileUniqueness".
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from awsglue.clients import client
from awsglue.errors import UnsupportedApiError
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..dqdl.model import Condition, Moment, Number, Operand, Rule, Text
from .columns import EXACTLY_ALL, condition_of, of_threshold
from .dataset import settled
from .measure import Data, Measure, Outcome, RuleFailedError

ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256"}
HASH_OPTION = "hashAlgorithm"
_CHUNK = 1 << 20
Object = Mapping[str, Any]


def file_freshness(rule: Rule, data: Data) -> Measure:
    """FileFreshness: when objects were written last."""
    condition = condition_of(rule)
    session = data.original.sparkSession
    now = session.range(1).select(F.unix_micros(F.current_timestamp())).collect()[0][0] / 1e6
    moments = sorted(_moment(each, now) for each in condition.operands)
    plain = Condition(condition.operator, tuple(map(Number, moments)), condition.negated)
    return _each(rule, "FileFreshness", lambda o: plain.holds(o["LastModified"].timestamp()))


def file_size(rule: Rule, data: Data) -> Measure:  # noqa: ARG001 - as every rule's
    """FileSize."""
    condition = condition_of(rule)
    return _each(rule, "FileSize", lambda o: condition.holds(o["Size"]))


def file_match(rule: Rule, data: Data) -> Measure:  # noqa: ARG001
    """FileMatch: objects with one of some checksums, or with the content of others."""
    found = Counter(_hashes(rule, rule.parameters[0]))
    if rule.condition:
        wanted = {e.value.lower() for e in rule.condition.operands if isinstance(e, Text)}
        unknown = sorted(set(found) - wanted)
    elif len(rule.parameters) > 1:
        others = Counter(_hashes(rule, rule.parameters[1]))
        unknown = sorted(((found - others) + (others - found)).elements())
    else:
        raise RuleFailedError("FileMatch needs checksums or another path")
    reason = f"{len(unknown)} files do not match" if unknown else None
    return settled(Outcome(not unknown, {}, reason))


def file_uniqueness(rule: Rule, data: Data) -> Measure:  # noqa: ARG001
    """FileUniqueness: the share of objects whose content no other has."""
    found = Counter(_hashes(rule, rule.parameters[0]))
    ratio = sum(count == 1 for count in found.values()) / found.total()
    holds = condition_of(rule, EXACTLY_ALL).holds(ratio)
    return settled(Outcome.of(holds, {"Dataset.*.FileUniqueness": ratio}, ratio))


def _each(rule: Rule, kind: str, meets: Callable[[Object], bool]) -> Measure:
    objects = _objects(rule.parameters[0])
    part = sum(map(meets, objects)) / len(objects)
    passed = rule.threshold.holds(part) if rule.threshold else part == 1.0
    metrics = {f"Dataset.*.{kind}.Compliance": part, "Dataset.*.FileCount": float(len(objects))}
    return settled(Outcome(passed, metrics, None if passed else of_threshold(part)))


def _moment(operand: Operand, now: float) -> float:
    """A time in seconds since 1970.

    Raises:
        RuleFailedError: the operand says none
        UnsupportedApiError: it is a time of day
    """
    if isinstance(operand, Moment):
        return now + operand.seconds
    if not isinstance(operand, Text):
        raise RuleFailedError(f"{operand} is no date")
    if ":" in operand.value and "-" not in operand.value:
        raise UnsupportedApiError(f"DQDL: FileFreshness at the time {operand.value!r}")
    return datetime.fromisoformat(operand.value).replace(tzinfo=UTC).timestamp()


def _objects(path: str) -> Sequence[Object]:
    """The object of a path, or those of a folder.

    Raises:
        RuleFailedError: there is none
    """
    bucket, key = _split(path)
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    found = [each for page in pages for each in page.get("Contents", ())]
    folder = key if key.endswith("/") or not key else f"{key}/"
    one = [each for each in found if each["Key"] == key]
    objects = one or [each for each in found if each["Key"].startswith(folder)]
    if not objects:
        raise RuleFailedError(f"There is no file at {path}")
    return objects


def _split(path: str) -> tuple[str, str]:
    scheme, _, rest = path.partition("://")
    if not scheme.startswith("s3") or not rest:
        raise RuleFailedError(f"{path!r} is no path in S3, such as s3://bucket/folder/")
    bucket, _, key = rest.partition("/")
    return bucket, key


def _hashes(rule: Rule, path: str) -> list[str]:
    algorithm = ALGORITHMS[rule.options.get(HASH_OPTION, "SHA-256")]
    bucket, found = _split(path)[0], []
    for each in _objects(path):
        digest = hashlib.new(algorithm, usedforsecurity=False)
        body = client("s3").get_object(Bucket=bucket, Key=each["Key"])["Body"]
        for chunk in body.iter_chunks(_CHUNK):
            digest.update(chunk)
        found.append(digest.hexdigest())
    return found

"""What a pipe may be made of, beyond the constraints of the API's model.

Amazon EventBridge Pipes API Reference, "CreatePipe" and "UpdatePipe".
"""

from __future__ import annotations

from typing import Any

from lakestack.services.pipes import filters, input_template, kinds
from lakestack.services.pipes.event_values import PATH
from lakestack.services.pipes.kinds import Kind

Document = dict[str, Any]
MIN_RECORD_AGE = 60
_OF_SOURCES = (
    *(kind.parameters for kind in kinds.SOURCES if kind.parameters),
    *("ActiveMQBrokerParameters", "RabbitMQBrokerParameters"),
    *("ManagedStreamingKafkaParameters", "SelfManagedKafkaParameters"),
)
_STARTING = ("StartingPosition", "StartingPositionTimestamp")


class RuleError(ValueError):
    """A pipe that AWS refuses, or that is not emulated; the text says what."""


def check(pipe: Document) -> None:
    """Check what a pipe is made of.

    Args:
        pipe: Source, SourceParameters, Enrichment, … as CreatePipe has them

    Raises:
        RuleError: it cannot be made
    """
    source = _kind(pipe["Source"], kinds.SOURCES, "source", kinds.SOURCE_NAMES)
    target = _kind(pipe["Target"], kinds.TARGETS, "target", kinds.TARGET_NAMES)
    if pipe.get("Enrichment"):
        enrichment = _kind(
            pipe["Enrichment"], kinds.ENRICHMENTS, "enrichment", kinds.ENRICHMENT_NAMES
        )
        if (pipe.get("EnrichmentParameters") or {}).get("HttpParameters") and (
            enrichment is not kinds.HTTP
        ):
            raise RuleError("EnrichmentParameters.HttpParameters are for API destinations")
    elif pipe.get("EnrichmentParameters"):
        raise RuleError("EnrichmentParameters need an Enrichment")
    _check_source(source, pipe.get("SourceParameters") or {}, target)
    _check_target(target, pipe)
    for name in ("EnrichmentParameters", "TargetParameters"):
        _check_template(name, pipe.get(name) or {})
    level = (pipe.get("LogConfiguration") or {}).get("Level", "OFF")
    if level != "OFF":
        raise RuleError(
            f"LogConfiguration with Level {level} is not emulated; valid: OFF, or none. What goes "
            "wrong is in the emulator's log, and what is given up in the dead-letter queue"
        )


def merged(pipe: Document, changes: Document) -> Document:
    """What an update makes of a pipe.

    Members that are not given stay. Those of one service within SourceParameters,
    EnrichmentParameters and TargetParameters are replaced as a whole ("UpdatePipe"), but for where
    to start, which an update cannot name.
    """
    found = {**pipe, **{name: value for name, value in changes.items() if value is not None}}
    for name in ("SourceParameters", "EnrichmentParameters", "TargetParameters"):
        old, new = pipe.get(name) or {}, changes.get(name) or {}
        if new:
            found[name] = {**old, **{key: _replaced(old.get(key), new[key]) for key in new}}
    if not found.get("Enrichment"):
        found.pop("Enrichment", None)
        found.pop("EnrichmentParameters", None)
    return found


def batch_size(pipe: Document) -> int:
    """How many events of the source are processed at once.

    Where nothing is said, 10 messages or 100 records, as in Lambda's mappings (our guess), and no
    more than the target takes.
    """
    source = kinds.kind_of(pipe["Source"], kinds.SOURCES) or kinds.SQS
    given = _parameters(pipe, "SourceParameters", source).get("BatchSize")
    default = 10 if source is kinds.SQS else 100
    target = kinds.kind_of(pipe["Target"], kinds.TARGETS)
    return int(given or min(default, (target.most if target else None) or default))


def _replaced(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**{name: old[name] for name in _STARTING if name in old}, **new}
    return new


def _kind(arn: str, known: tuple[Kind, ...], what: str, names: str) -> Kind:
    found = kinds.kind_of(arn, known)
    if found is None:
        raise RuleError(f"The {what} {arn} is not emulated; valid: {names}")
    return found


def _parameters(pipe: Document, member: str, kind: Kind) -> Document:
    found: Document = (pipe.get(member) or {}).get(kind.parameters) or {}
    return found


def _check_source(source: Kind, parameters: Document, target: Kind) -> None:
    others = [n for n in _OF_SOURCES if n != source.parameters and parameters.get(n)]
    if others:
        raise RuleError(f"{', '.join(others)} cannot be used with a source of {source.service}")
    own: Document = parameters.get(source.parameters or "") or {}
    if source is not kinds.SQS:
        _check_stream(source, own)
    size = own.get("BatchSize")
    if size and target.most and size > target.most:
        raise RuleError(
            f"BatchSize {size} is larger than a target of {target.service} takes: {target.most}"
        )
    try:
        filters.patterns_of(parameters)
    except filters.FilterError as e:
        raise RuleError(str(e)) from e


def _check_stream(source: Kind, own: Document) -> None:
    position = own.get("StartingPosition")
    if position is None:
        raise RuleError(f"{source.parameters}.StartingPosition is required for this source")
    if (position == "AT_TIMESTAMP") != (own.get("StartingPositionTimestamp") is not None):
        raise RuleError("StartingPositionTimestamp is for StartingPosition AT_TIMESTAMP, and only")
    age = own.get("MaximumRecordAgeInSeconds")
    if age is not None and age != -1 and age < MIN_RECORD_AGE:
        raise RuleError(
            f"MaximumRecordAgeInSeconds must be -1 or between {MIN_RECORD_AGE} and 604800; "
            f"received {age}"
        )
    dead = (own.get("DeadLetterConfig") or {}).get("Arn")
    if dead and kinds.kind_of(dead, (kinds.TO_SQS, kinds.TO_SNS)) is None:
        raise RuleError(f"DeadLetterConfig.Arn {dead} is neither a queue of SQS nor a topic of SNS")
    if dead and dead.endswith(".fifo"):
        raise RuleError(f"DeadLetterConfig.Arn {dead}: a FIFO queue or topic is not supported")


def _check_target(target: Kind, pipe: Document) -> None:
    given = pipe.get("TargetParameters") or {}
    others = [n for n in given if n not in (target.parameters, "InputTemplate") and given[n]]
    if others:
        raise RuleError(f"{', '.join(others)} cannot be used with a target of {target.service}")
    own = _parameters(pipe, "TargetParameters", target)
    arn = pipe["Target"]
    if target is kinds.TO_KINESIS and not own.get("PartitionKey"):
        raise RuleError("KinesisStreamParameters.PartitionKey is required for this target")
    if target is kinds.TO_SQS and arn.endswith(".fifo") and not own.get("MessageGroupId"):
        raise RuleError("SqsQueueParameters.MessageGroupId is required for a FIFO queue")
    if target is kinds.TO_SNS and arn.endswith(".fifo"):
        raise RuleError(f"The target {arn} is a FIFO topic, which is not supported")
    if own.get("EndpointId"):
        raise RuleError("EventBridgeEventBusParameters.EndpointId is not emulated")
    for name, value in own.items():
        if isinstance(value, str) and value.startswith("$.") and not PATH.fullmatch(value):
            raise RuleError(f"{target.parameters}.{name}: {value} is not a path such as $.body.key")


def _check_template(name: str, parameters: Document) -> None:
    try:
        input_template.check(parameters.get("InputTemplate") or "")
    except input_template.TemplateError as e:
        raise RuleError(f"{name}.InputTemplate: {e}") from e

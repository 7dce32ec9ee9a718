"""How a resource's properties reach its service, and what is said of those that do not.

By the type's handler, by what is added to its request (`api_parameters`), or once the resource is
there (`supplements`): `property_use` has the table. What remains is named in the resource's event.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent

from lakestack.services.cloudformation import property_use, supplements
from lakestack.services.cloudformation.api_parameters import Handing, handing
from lakestack.services.cloudformation.conformity import conform
from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.schemas import resolved, schema_of, tag_property

Model = dict[str, Any]
NOT_APPLIED = "accepted, not applied: "
_NAMES = {
    "AWS::Events::ApiDestination": ("Name", 64),
    "AWS::Events::Connection": ("Name", 64),
    "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamName", 64),
    "AWS::SNS::Topic": ("TopicName", 256),
    "AWS::SQS::Queue": ("QueueName", 80),
}
"""Names that a handler does not make as AWS does, and how long they can be."""
_FIFO = {"AWS::SNS::Topic": "FifoTopic", "AWS::SQS::Queue": "FifoQueue"}
"""Properties that end a name with ``.fifo``."""
_AS_WITHOUT: dict[str, Model] = {"AWS::SQS::Queue": {"FifoQueue": False}}
"""Values that mean the same as none, which the service's API does not take."""
_INVENTED = {"AWS::Kinesis::Stream": ("kinesis:CreateStream", "ShardCount")}
"""What a handler gives the operation though the template does not, and AWS takes only if given."""
ON_DEMAND_SHARDS = 4
"""Kinesis Developer Guide, "On-demand mode": what a new stream of this mode has."""


def specified(resource_type: str, given: Model, stack_tags: Iterable[Model]) -> Model:
    """The properties in their schema's types, with the stack's tags among the resource's.

    Raises:
        PropertyError: one that the type does not take
    """
    schema = schema_of(resource_type)
    if schema is None:
        return given
    made = conform(given, schema, property_use.settable(resource_type))
    name = tag_property(schema)
    if name is None or not (tags := list(stack_tags)):
        return made
    if "array" in str(resolved(schema["properties"][name], schema).get("type")):
        own = list(made.get(name) or [])
        named = {tag.get("Key") for tag in own if isinstance(tag, dict)}
        return {**made, name: own + [dict(tag) for tag in tags if tag["Key"] not in named]}
    return {**made, name: {**{t["Key"]: t["Value"] for t in tags}, **(made.get(name) or {})}}


class Application:
    """One creation or change of a resource.

    Args:
        resource_type: its type
        properties: as the template specifies them now, None where it is deleted
        before: as it specified them before, None if that is not known
    """

    def __init__(self, resource_type: str, properties: Model | None, before: Model | None) -> None:
        self._type = resource_type
        self._given = dict(properties or {})
        self._before = before
        self._handing: Handing | None = None

    def started(self, stack: Any, logical_id: str, *, new: bool) -> Model:
        """The properties for the handler, with the name that CloudFormation makes.

        Args:
            new: whether a resource is made, perhaps in the place of another
        """
        made = dict(self._given)
        if self._type in _NAMES:
            name, length = _NAMES[self._type]
            known = stack.resolved_resources.get(logical_id, {}).get("Properties") or {}
            ending = ".fifo" if made.get(_FIFO.get(self._type, "")) else ""
            kept = None if new else known.get(name)
            own = generated_name(stack.stack_name, logical_id, length - len(ending))
            made.setdefault(name, kept or own + ending)
        for name, value in _AS_WITHOUT.get(self._type, {}).items():
            if made.get(name) == value:
                del made[name]
        if self._type == "AWS::Kinesis::Stream" and "StreamModeDetails" not in made:
            mode = "PROVISIONED" if "ShardCount" in made else "ON_DEMAND"
            made["StreamModeDetails"] = {"StreamMode": mode}
        if self._type == "AWS::Kinesis::Stream":
            made.setdefault("ShardCount", ON_DEMAND_SHARDS)  # else the handler makes one
        return made

    @contextlib.contextmanager
    def handing(self) -> Iterator[None]:
        """While the handler runs; raises ValueError where a property is refused."""
        if refused := self._of_use(property_use.REFUSED, self._given):
            raise ValueError(f"{self._type}: {', '.join(refused)} is not emulated")
        added = property_use.handed(self._type)
        names = added.get("properties", [])
        operation, invented = _INVENTED.get(self._type, (added.get("operation", ""), ""))
        current = Handing(
            operation,
            {name: self._given[name] for name in names if name in self._given},
            self._given,
            frozenset({invented} - self._given.keys()),
        )
        with handing(current):
            yield
        self._handing = current

    def suffices(self, record: Model) -> bool:
        """Whether an update changes only what the handler need not do."""
        if self._before is None or not record:
            return False
        changed = self._changed()
        ours = supplements.changeable(self._type)
        accepted = set(self._of_use(property_use.ACCEPTED, changed))
        return bool(changed) and changed <= ours | accepted and self._type not in _BY_HANDLER

    def unchangeable(self) -> list[str]:
        """Changed properties that the handler would leave as they are without a word."""
        return sorted(self._changed() & property_use.fixed(self._type))

    def kept(self, record: Model) -> ProgressEvent[Model]:
        """The event of an update without the handler."""
        changed = {name: self._given[name] for name in self._changed() if name in self._given}
        gone = self._changed() - self._given.keys()
        model = {key: value for key, value in record.items() if key not in gone}
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={**model, **changed})

    def finished(self, event: ProgressEvent[Model], request: Any) -> ProgressEvent[Model]:
        """The event once all is applied; a failure keeps the model, so that it can be undone."""
        if event.status != OperationStatus.SUCCESS or (not self._given and not self._before):
            return event
        model = event.resource_model or {}
        known = {**self._given, **model}
        try:
            supplements.apply(
                self._type, request.aws_client_factory, known, self._given, self._before
            )
        except (BotoCoreError, ClientError) as e:
            return ProgressEvent(OperationStatus.FAILED, resource_model=known, message=str(e))
        model = {**model, **{k: v for k, v in known.items() if k in model}}  # attributes change
        event.resource_model = model
        ours = supplements.properties(self._type) & self._given.keys()
        if ours:
            event.resource_model = {**{name: self._given[name] for name in ours}, **model}
        without = property_use.accepted_in(self._type, self._given)
        if self._handing is not None:
            without += sorted(set(self._handing.dropped))
        if without:
            said = f"{NOT_APPLIED}{', '.join(without)}"
            event.message = f"{event.message}; {said}" if event.message else said
        return event

    def _changed(self) -> set[str]:
        before = self._before or {}
        names = before.keys() | self._given.keys()
        return {name for name in names if before.get(name) != self._given.get(name)}

    def _of_use(self, use: str, names: Iterable[str]) -> list[str]:
        return sorted(name for name in names if property_use.use_of(self._type, name) == use)


_BY_HANDLER: set[str] = {"AWS::S3::Bucket"}
"""Types whose handler can update, and sets its own attributes again."""

"""``AWS::CloudFormation::WaitCondition`` and its handle: LocalStack's wait for nothing.

AWS CloudFormation Template Reference, the types: Ref of a handle is a URL for signals; Data of a
condition is JSON, from the id of each signal to its data; neither can be updated.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from localstack.http import Request, Response, route
from localstack.services.cloudformation.resource_provider import ResourceRequest
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.edge import ROUTER
from localstack.utils.objects import singleton_factory

from lakestack.services.cloudformation.resource import Model, ModelResource
from lakestack.services.cloudformation.signals import (
    MAX_SECONDS,
    FailureError,
    StoppedError,
    TooFewError,
    parsed,
)
from lakestack.services.cloudformation.stack_notes import CANCELLED, notes_for, notes_of
from lakestack.services.cloudformation.types import custom_resource_requests
from lakestack.services.processes import gateway_url

PATH = f"{custom_resource_requests.PATH}/signals"


class _Unchanged(ModelResource):
    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del aws, model, previous
        raise ValueError(f"Update to resource type {self.TYPE} is not supported.")


class WaitConditionHandle(_Unchanged):
    """Ref: the URL to which signals are PUT."""

    TYPE = "AWS::CloudFormation::WaitConditionHandle"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del aws
        _listen()
        stack = request.stack_id.rpartition("/")[2]
        where = f"{request.account_id}/{request.region_name}/{stack}"
        model["Id"] = f"{gateway_url()}{PATH}/{where}/{uuid.uuid4().hex}"

    def delete_resource(self, aws: Any, model: Model) -> None:
        """Nothing: signals are the stack's."""


class WaitCondition(_Unchanged):
    """Ref: the condition's id."""

    TYPE = "AWS::CloudFormation::WaitCondition"
    IDENTIFIER = "Id"
    READ_ONLY = ("Data", "Id")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        """Wait as long as it takes; without a handle there is nothing to wait for."""
        del aws
        model["Id"] = f"{request.stack_id}/{uuid.uuid4()}/{request.logical_resource_id}"
        model["Data"] = "{}"
        if not (handle := model.get("Handle")):
            return
        count, seconds = int(model.get("Count", 1)), int(model.get("Timeout", MAX_SECONDS))
        notes = notes_for(request)
        token = str(handle).rpartition("/")[2]
        try:
            received = notes.signals.wait(token, count, seconds, lambda: notes.stopped)
        except TooFewError as e:
            raise ValueError(
                f"WaitCondition timed out. Received {e.args[0]} conditions when expecting {count}"
            ) from e
        except FailureError as e:
            (signal,) = e.args
            raise ValueError(
                f"WaitCondition received failed message: '{signal.reason}' for uniqueId: "
                f"{signal.unique_id}"
            ) from e
        except StoppedError as e:
            raise ValueError(CANCELLED) from e
        model["Data"] = json.dumps({each.unique_id: each.data for each in received})

    def delete_resource(self, aws: Any, model: Model) -> None:
        """Nothing: there is no more of it than its record."""


class _Endpoint:
    @route(f"{PATH}/<account>/<region>/<stack>/<token>", methods=["PUT"])
    def put(self, request: Request, account: str, region: str, stack: str, token: str) -> Response:
        known = get_cloudformation_store(account, region).stacks_v2.values()
        found = next((s for s in list(known) if s.stack_id.endswith(f"/{stack}")), None)
        if found is None:
            return Response("no stack waits for this signal\n", status=403)
        try:
            signal = parsed(request.get_data(parse_form_data=False))
        except ValueError as e:
            return Response(f"{e}\n", status=400)
        notes_of(found).signals.add(token, signal)
        return Response(status=200)


@singleton_factory
def _listen() -> bool:
    ROUTER.add(_Endpoint())
    return True

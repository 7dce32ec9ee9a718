"""A Task state that calls one of our services, and waits for what it has started.

AWS Step Functions Developer Guide, "Discover service integration patterns": with ``.sync`` the
output is what the service shows of the job, a job that does not succeed is States.TaskFailed with
that as its cause, and a job is stopped when the state ends before it: by StopExecution, a timeout,
or another branch that fails.
"""

from __future__ import annotations

import functools
import logging
import time
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.stepfunctions import HistoryEventType, TaskFailedEventDetails
from localstack.aws.spec import load_service
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (  # noqa: E501 - LocalStack's name
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.common.payload.payloadvalue.payloadtmpl.payload_tmpl import (  # noqa: E501 - LocalStack's name
    PayloadTmpl,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.resource import (  # noqa: E501 - LocalStack's name
    ResourceCondition,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_callback import (  # noqa: E501 - LocalStack's name
    StateTaskServiceCallback,
)
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

from lakestack.services.stepfunctions.integrations import INTEGRATIONS, Job, Service

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.2
TASK_FAILED = StatesErrorNameType.StatesTaskFailed


class DefinitionError(ValueError):
    """A definition that AWS refuses when the state machine is made."""


class ServiceTask(StateTaskServiceCallback):  # type: ignore[misc]
    """The task of one state; LocalStack makes one for each state of a definition."""

    def __init__(self) -> None:
        super().__init__(supported_integration_patterns={ResourceCondition.Sync})

    @property
    def _service(self) -> Service:
        return INTEGRATIONS[self.resource.service_name]

    @property
    def _job(self) -> Job | None:
        return self._service.actions[self.resource.api_action]

    def _get_supported_parameters(self) -> set[str] | None:
        """All: what AWS does not take is refused with the definition."""
        return None

    def _validate_service_integration_is_supported(self) -> None:
        """Check what is known before the state runs.

        Raises:
            DefinitionError: AWS refuses it
        """
        actions, resource = self._service.actions, self.resource
        sync = resource.condition == ResourceCondition.Sync
        known = resource.api_action in actions and (
            resource.condition is None or (sync and actions[resource.api_action] is not None)
        )
        if not known:
            raise DefinitionError(
                f"The resource provided {resource.resource_arn} is not recognized. The value is "
                "not a valid resource ARN, or the resource is not available in this region."
            )
        given = self.parargs.template_eval_component if self.parargs else None
        if given is None or isinstance(given, PayloadTmpl):
            names = {b.field for b in given.payload_bindings} if given else set()
            _check_parameters(resource.service_name, resource.api_action, names)

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client = self._client(resource_runtime_part, state_credentials)
        answer = getattr(client, self._get_boto_service_action())(**normalised_parameters)
        answer.pop("ResponseMetadata", None)
        if self.resource.service_name == "glue":
            answer["JobName"] = normalised_parameters["JobName"]  # as AWS's answer has it
        env.stack.append(answer)

    def _eval_integration_pattern(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        """Wait for the job; only ``.sync`` comes here."""
        job = self._job
        if job is None:
            raise DefinitionError(f"{self.resource.resource_arn} starts no job")
        client = self._client(resource_runtime_part, state_credentials)
        identity = job.identity(normalised_parameters, env.stack.pop())
        while True:
            found = job.described(getattr(client, job.describe)(**identity))
            found.pop("ResponseMetadata", None)
            if job.state(found) == job.succeeded:
                env.stack.append(_plain(found))
                return
            if job.state(found) in job.ended:
                raise FailureEventException(
                    self._failed(
                        env, StatesErrorName(typ=TASK_FAILED), TASK_FAILED.to_name(), _plain(found)
                    )
                )
            if not env.is_running():
                self._stop(client, job, identity)
                env.stack.append(_plain(found))  # nobody reads it: the state is over
                return
            time.sleep(POLL_SECONDS)

    def _stop(self, client: Any, job: Job, identity: dict[str, Any]) -> None:
        """End a job whose state is over; AWS tries to, too, and leaves it at that."""
        method, request = job.stop
        try:
            getattr(client, method)(**request(identity))
        except ClientError as e:
            LOG.warning("Step Functions could not stop %s: %s", identity, e)

    def _from_error(self, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        service, error, meta = self._service, ex.response["Error"], ex.response["ResponseMetadata"]
        code = error["Code"]
        name = service.other_error
        if code in _declared_errors(self.resource.service_name):
            name = code if code.endswith("Exception") else f"{code}Exception"
        cause = (
            f"{error['Message']} (Service: {service.sdk_name}; Status Code: "
            f"{meta['HTTPStatusCode']}; Error Code: {code}; Request ID: {meta['RequestId']}; "
            "Proxy: null)"
        )
        full = f"{service.errors}.{name}"
        return self._failed(env, CustomErrorName(full), full, cause)

    def _failed(self, env: Any, error_name: Any, error: str, cause: Any) -> Any:
        return FailureEvent(
            env=env,
            error_name=error_name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(
                taskFailedEventDetails=TaskFailedEventDetails(
                    resource=self._get_sfn_resource(),
                    resourceType=self._get_sfn_resource_type(),
                    error=error,
                    cause=cause if isinstance(cause, str) else to_json_str(cause),
                )
            ),
        )

    def _client(self, resource_runtime_part: Any, state_credentials: Any) -> Any:
        return boto_client_for(
            service=self._get_boto_service_name(),
            region=resource_runtime_part.region,
            state_credentials=state_credentials,
        )


def _check_parameters(service: str, action: str, names: set[str]) -> None:
    """Compare the names of Parameters with the API's; a name in camel case is another name.

    Raises:
        DefinitionError: one is not the API's, or one that it needs is missing
    """
    shape = load_service(service).operation_model(action[0].upper() + action[1:]).input_shape
    for name in sorted(names - set(shape.members)):
        raise DefinitionError(f'The field "{name}" is not supported by Step Functions')
    for name in shape.required_members:
        if name not in names:
            raise DefinitionError(f"The field '{name}' is required but was missing")


@functools.cache
def _declared_errors(service: str) -> frozenset[str]:
    return frozenset(shape.error_code for shape in load_service(service).error_shapes)


def _plain(value: Any) -> Any:
    """An answer as optimized integrations show it: times in Unix milliseconds."""
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value

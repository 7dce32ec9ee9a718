"""An expression that fails is States.QueryEvaluationError, which a state may catch.

AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows". LocalStack 4.9.2
calls it States.Runtime.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api.stepfunctions import EvaluationFailedEventDetails, HistoryEventType
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
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.jsonata.jsonata import JSONataException

from lakestack import patches

_KIND = StatesErrorNameType.StatesQueryEvaluationError


def evaluate_text(component: Any, env: Any) -> None:
    """Evaluate an expression of a state.

    Raises:
        FailureEventException: it fails
    """
    try:
        patches.original("stepfunctions.jsonata_errors")(component, env)
    except JSONataException as e:
        details = EventDetails(
            evaluationFailedEventDetails=EvaluationFailedEventDetails(
                error=_KIND.to_name(),
                cause=f"The JSONata expression '{component.expression}' failed: {e.details}",
            )
        )
        event = HistoryEventType.EvaluationFailed
        env.event_manager.add_event(
            context=env.event_history_context, event_type=event, event_details=details
        )
        raise FailureEventException(
            failure_event=FailureEvent(
                env=env,
                error_name=StatesErrorName(typ=_KIND),
                event_type=event,
                event_details=details,
            )
        ) from e

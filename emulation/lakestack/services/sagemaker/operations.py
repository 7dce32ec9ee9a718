"""How a method becomes an API operation of SageMaker, and the shapes of answers they share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.sagemaker.state import STORE, SagemakerState
from lakestack.services.sagemaker.validation import check_request, unsupported

Request = dict[str, Any]
Answer = dict[str, Any]
Operation = Callable[[Any, SagemakerState, Request], Answer]


def operation(name: str) -> Callable[[Operation], Any]:
    """Mark a method as an API operation: its request is checked, it gets the region's state."""

    def decorate(function: Operation) -> Any:
        @wraps(function)
        def call(self: Any, context: RequestContext, request: Any) -> Answer:
            check_request(context.operation.input_shape, request)
            return function(self, STORE.get(context.account_id, context.region), request)

        return handler(name, expand=False)(call)

    return decorate


def refuse(provider: type, name: str, valid: str) -> None:
    """Give a provider the handler of an operation that moto would answer as if it had worked.

    Args:
        valid: what the emulator has instead
    """

    def refuse_it(self: Any, state: SagemakerState, request: Request) -> Answer:  # noqa: ARG001 - an Operation
        raise unsupported(name, valid)

    refuse_it.__name__ = f"refuse_{name}"  # the dispatch table finds the method by this name
    setattr(provider, refuse_it.__name__, operation(name)(refuse_it))


def listed(member: str, items: list[dict[str, Any]], token: str | None) -> Answer:
    """The answer of a List operation.

    Args:
        member: name of the list in it
    """
    return {member: items, **({"NextToken": token} if token else {})}

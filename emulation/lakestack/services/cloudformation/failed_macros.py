"""Stacks whose macros fail: on AWS that is known only once the stack is being made or updated.

CreateStack and UpdateStack have answered by then, and the stack is rolled back (tests recorded on
AWS). A change set of such a template is ``FAILED`` instead.
"""

from __future__ import annotations

from typing import Any, NoReturn

from localstack.services.cloudformation.v2.entities import ChangeSet

from lakestack.services.cloudformation.deployment import Deployment
from lakestack.services.cloudformation.evaluation import MacroError
from lakestack.services.cloudformation.values import StopError


class FailedMacros(ChangeSet):  # type: ignore[misc]
    """What an operation would have done, had its macros not failed: nothing."""

    def __init__(self, stack: Any, text: str, error: MacroError, *, update: bool) -> None:
        super().__init__(
            stack,
            {"ChangeSetName": f"cs-{stack.stack_name}"},
            template=stack.template if update else {"Resources": {}},
            template_body=text,
        )
        self.error = error

    def has_changes(self) -> bool:
        return True


class MacroStopError(StopError):
    """A macro's own words, which AWS leaves as they are."""

    @property
    def sentence(self) -> str:
        return f"{self.reason}. "


class _Failing(Deployment):
    """Ends at once, with a rollback of nothing."""

    def process(self) -> NoReturn:
        raise MacroStopError(None, self._change_set.error.reason)


def deployment(change_set: Any, *, update: bool) -> Deployment:
    """What carries out a change set."""
    kind = _Failing if isinstance(change_set, FailedMacros) else Deployment
    return kind(change_set, update=update)

"""CloudFormation stacks: deploy (create, update or nothing), outputs, delete.

A stack that has been given the same template and parameters is recognised by asking CloudFormation
for both, without asking for an update. Nothing is noted in its tags: CloudFormation gives a stack's
tags to all its resources, so another value there would be a change of every one of them.

A stack that AWS cannot update (ROLLBACK_COMPLETE, failed states) is deleted and made again; one
that
was complete before only where the target does not ask first. A stack that is not tagged as the
lake's is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import Enum
from functools import partial
from importlib import resources
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from pipeline.errors import ForeignResourceError, StackError
from pipeline.polling import poll_until
from pipeline.settings import NESTED, ROOT, STACKS, Settings
from pipeline.stack_events import NESTED_TYPE, first_failed, first_failure, is_own, newest_events
from pipeline.target import Target

__all__ = ["DEAD", "GOOD", "Outcome", "Stacks", "template_text"]

T = TypeVar("T")

GOOD: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
# AWS CloudFormation User Guide, "Stack status codes": from these no update is possible.
DEAD: Final = frozenset(
    {
        "CREATE_FAILED",
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "DELETE_FAILED",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_FAILED",
        "REVIEW_IN_PROGRESS",
    }
)
# "IAM is eventually consistent" (IAM User Guide, "Changes that I make are not always immediately
# visible"): what DMS, Firehose, Lambda and Glue, in this order, say of a role that is seconds old.
_ROLE_NOT_SEEN: Final = (
    "is not configured properly",
    "unable to assume role",
    "cannot be assumed by",
    "unable to assume provided role",
)
_ATTEMPTS: Final = 4
"""Of a stack that fails for such a role; deleting it first takes a minute on AWS."""
_IN_USE: Final = "as it is in use by"
"""In AWS's reason why a stack with an export that others import is not deleted."""


Parameters = Mapping[str, str] | Callable[[], Mapping[str, str]]
"""Values of a stack's parameters, or what makes them."""


class Outcome(Enum):
    """What `Stacks.deploy` did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Stacks:
    """The lake's stacks on one target."""

    target: Target
    settings: Settings
    waiting: Callable[[str, int | None, float], None] | None = None
    """Told what is waited for, how many minutes that usually takes, and the seconds so far."""

    def describe(self, template: str) -> dict[str, Any] | None:
        """The stack made from `template` as DescribeStacks shows it, None when there is none.

        The numbered templates are looked for in the nested stack.
        """
        if template not in NESTED:
            return self._describe(self.settings.stack(template))
        try:
            found = self._cloudformation.describe_stack_resources(
                StackName=self.settings.stack(ROOT), LogicalResourceId=NESTED[template]
            )["StackResources"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        name = found[0].get("PhysicalResourceId") if found else None
        return self._describe(name) if name else None

    def describe_all(self, templates: Sequence[str], pool: Executor) -> list[dict[str, Any] | None]:
        """The same of several, asked side by side; the nested stack is asked once for its parts."""
        names = self._parts()

        def look(template: str) -> dict[str, Any] | None:
            name = names.get(template) if template in NESTED else self.settings.stack(template)
            return self._describe(name) if name else None

        return list(pool.map(look, templates))

    def _parts(self) -> dict[str, str]:
        """The names of the stacks that the nested stack has made, by numbered template."""
        try:
            found = self._cloudformation.describe_stack_resources(
                StackName=self.settings.stack(ROOT)
            )["StackResources"]
        except ClientError as error:
            if "does not exist" in str(error):
                return {}
            raise
        made = {part["LogicalResourceId"]: part.get("PhysicalResourceId", "") for part in found}
        return {template: made.get(part, "") for template, part in NESTED.items()}

    def parameters(self, template: str) -> dict[str, str]:
        """Parameters of the stack made from `template`, {} when there is none."""
        stack = self.describe(template) or {}
        return {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}

    def outputs(self, template: str) -> dict[str, str]:
        """Outputs of the stack made from `template`.

        Raises:
            StackError: there is no such stack
        """
        stack = self.describe(template)
        if stack is None:
            raise StackError(
                f"There is no stack {self.settings.stack(template)}.", "Make it with: lake run"
            )
        return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}

    def made(self, template: str) -> list[tuple[str, str]]:
        """Type and PhysicalResourceId of all in the lake's stack, [] while that is not complete."""
        name = self.settings.stack(template)
        stack = self._describe(name)
        if stack is None or stack["StackStatus"] not in GOOD:
            return []
        resources = self._cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return [(r["ResourceType"], r.get("PhysicalResourceId", "")) for r in resources]

    def deploy(self, template: str, parameters: Parameters) -> Outcome:
        """Create or update the stack made from `template`, and wait until it is complete.

        Args:
            template: one of `STACKS`
            parameters: their values, or what makes them; made again with a stack that is made again

        Raises:
            StackError: with the first failing resource and its reason
            ForeignResourceError: a stack of that name is not the lake's
        """
        name = self.settings.stack(template)
        stack = self._own(name)
        if stack is not None and stack["StackStatus"] in DEAD:
            self.clear(template)
            stack = None
        if stack is None:
            return self._create(template, parameters)
        arguments = self.arguments(template, parameters)
        if stack["StackStatus"] in GOOD and self._was_given(stack, arguments):
            return Outcome.UNCHANGED
        return self._update(template, parameters, arguments)

    def arguments(self, template: str, parameters: Parameters) -> dict[str, Any]:
        """Of CreateStack and UpdateStack."""
        values = parameters() if callable(parameters) else parameters
        given = {**self.settings.parameters(template), **values}
        return {
            "StackName": self.settings.stack(template),
            "TemplateBody": template_text(template),
            "Parameters": [
                {"ParameterKey": k, "ParameterValue": v} for k, v in sorted(given.items())
            ],
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Tags": [self.settings.tag],
        }

    def _was_given(self, stack: dict[str, Any], arguments: dict[str, Any]) -> bool:
        """Whether a stack was made or last updated with these arguments."""
        given = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
        for wanted in arguments["Parameters"]:
            if given.get(wanted["ParameterKey"]) != wanted["ParameterValue"]:
                return False
        name, body = arguments["StackName"], arguments["TemplateBody"]
        found = self._cloudformation.get_template(StackName=name, TemplateStage="Original")[
            "TemplateBody"
        ]
        return isinstance(found, str) and found.strip() == body.strip()

    def is_dead(self, template: str) -> bool:
        """Whether the stack made from `template` can only be deleted, once it has settled."""
        stack = self._own(self.settings.stack(template))
        return stack is not None and stack["StackStatus"] in DEAD

    def delete(self, template: str) -> bool:
        """Delete the stack made from `template`; False when there was none.

        Raises:
            StackError: deletion failed, with the first failing resource
        """
        name = self.settings.stack(template)
        if self._own(name) is None:
            return False
        self._delete(name)
        return True

    def clear(self, template: str) -> None:
        """Delete the stack made from `template` to make it again, after those that use its exports.

        Raises:
            StackError: deletion of one of them failed; or the stack was complete once, so it holds
                something, and the target is one that asks first
        """
        name = self.settings.stack(template)
        stack = self._own(name) or {"StackStatus": ""}
        if self.target.confirm_account and stack["StackStatus"].startswith("UPDATE"):
            where = f"--target {self.target.name}"
            delete = f"{self.target.aws_cli} cloudformation delete-stack --stack-name {name}"
            if template == ROOT:  # the others use its exports
                delete = f"lake destroy {where}"
            raise StackError(
                f"Stack {name} is {stack['StackStatus']}: {self.reason(name)}",
                f"To make it again, which deletes what it holds: {delete}; then: lake run {where}",
            )
        users = STACKS[STACKS.index(ROOT) + 1 :] if template == ROOT else ()
        for user in reversed(users):
            self.delete(user)
        self.delete(template)

    def _create(self, template: str, parameters: Parameters) -> Outcome:
        """Create a stack; once more while IAM does not yet show a service a role just made."""
        name = self.settings.stack(template)
        for left in reversed(range(_ATTEMPTS)):
            try:
                self._cloudformation.create_stack(**self.arguments(template, parameters))
            except ClientError as error:
                # Another run has begun to make the same stack between our look and our call.
                if error.response["Error"]["Code"] != "AlreadyExistsException":
                    raise StackError(f"Stack {name} was refused: {error}") from error
            try:
                self._wait(name)
            except StackError as error:
                if not left or not any(words in error.message for words in _ROLE_NOT_SEEN):
                    raise
                self.clear(template)
            else:
                break
        return Outcome.CREATED

    def _update(self, template: str, parameters: Parameters, arguments: dict[str, Any]) -> Outcome:
        name = self.settings.stack(template)
        try:
            self._cloudformation.update_stack(**arguments)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return Outcome.UNCHANGED
            raise StackError(f"The update of stack {name} was refused: {error}") from error
        try:
            self._wait(name)
        except StackError as error:
            if not any(words in error.message for words in self.target.needs_replacement):
                raise
            # A resource that cannot be changed in place: the stack is ours alone.
            self.clear(template)
            return self._create(template, parameters)
        return Outcome.UPDATED

    def _delete(self, name: str) -> None:
        self._cloudformation.delete_stack(StackName=name)

        def undeletable(reason: str) -> StackError:
            return StackError(
                f"Stack {name} could not be deleted: {reason}",
                "Remove what blocks it, then: lake destroy",
            )

        def gone() -> bool | None:
            stack = self._describe(name)
            if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
                return True
            if stack["StackStatus"] == "DELETE_FAILED":
                raise undeletable(self.reason(name))
            # AWS refuses without a failure: the stack is again what it was, with a reason.
            reason = stack.get("StackStatusReason", "")
            if not _is_at_work(stack["StackStatus"]) and _IN_USE in reason:
                raise undeletable(reason)
            return None

        self.poll(gone, f"stack {name} to be deleted", name)

    def _wait(self, name: str) -> None:
        stack = self._settled(name)
        status = stack["StackStatus"] if stack else "gone"
        if status not in GOOD:
            raise StackError(
                f"Stack {name} is {status}: {self.reason(name)}",
                "Fix the cause, then: lake run (the stack is made again)",
            )

    def _own(self, name: str) -> dict[str, Any] | None:
        """The lake's stack of a name, once it has settled, None when there is none.

        Raises:
            ForeignResourceError: it is somebody else's
        """
        stack = self._settled(name)
        if stack is not None and not self.settings.owns(stack.get("Tags", [])):
            raise ForeignResourceError(
                f"Stack {name} in account {self.target.account}, region {self.target.region}, is "
                f"not the lake's: it lacks the tag project={self.settings.project}; nothing was "
                "touched.",
                f"If nobody needs it: {self.target.aws_cli} cloudformation delete-stack "
                f"--stack-name {name}; then: lake run",
            )
        return stack

    def _settled(self, name: str) -> dict[str, Any] | None:
        """The stack once nothing is in progress, None when it is gone."""

        def settled() -> dict[str, Any] | None:
            stack = self._describe(name)
            if stack is None:
                return {}
            return None if _is_at_work(stack["StackStatus"]) else stack

        template = name.removeprefix(self.settings.stack(""))
        return self.poll(settled, f"stack {name}", name, self.target.usual.get(template)) or None

    def poll(
        self, look: Callable[[], T | None], what: str, moving: str, usual: int | None = None
    ) -> T:
        """Look at the target's pace until there is something.

        Args:
            look: looks once
            what: what is waited for
            moving: the stack that is at work
            usual: minutes that it usually takes

        Raises:
            StageTimeoutError: nothing has happened to the stack for longer than anything takes
        """
        waits = self.target.waits
        return poll_until(
            look,
            every=waits.poll,
            patience=waits.stack,
            what=what,
            position=lambda: newest_events(self._cloudformation, moving),
            waiting=partial(self.waiting, what, usual) if self.waiting else None,
        )

    def _describe(self, name: str) -> dict[str, Any] | None:
        try:
            stacks = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            # DescribeStacks has no error code of its own for an unknown stack.
            if "does not exist" in str(error):
                return None
            raise
        live = [s for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"]
        return live[0] if live else None

    def reason(self, name: str) -> str:
        """The first failure in a stack's events, that of a nested stack where it was its own."""
        pages = self._cloudformation.get_paginator("describe_stack_events")
        events = [e for page in pages.paginate(StackName=name) for e in page["StackEvents"]]
        failed = first_failed(events)
        nested = failed and failed["ResourceType"] == NESTED_TYPE and not is_own(failed)
        if failed and nested and failed.get("PhysicalResourceId"):
            try:
                return self.reason(failed["PhysicalResourceId"])
            except ClientError:
                pass  # rolled back and gone; its own reason is all there is
        return first_failure(events)

    @property
    def _cloudformation(self) -> Any:
        return self.target.client("cloudformation")


def _is_at_work(status: str) -> bool:
    # A stack in review stays so until somebody executes its change set.
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def template_text(template: str) -> str:
    """The text of one of our templates."""
    return (resources.files("pipeline.stacks") / f"{template}.yaml").read_text(encoding="utf-8")

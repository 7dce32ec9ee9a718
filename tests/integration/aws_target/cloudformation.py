"""A double of CloudFormation that makes each resource at moto, or at another double.

moto's own CloudFormation knows neither conditions that change in an update nor answers of custom
resources, and DMS not at all. Stacks are made at once; what is looked at first is still at work.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3

from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.intrinsics import Scope, references
from tests.integration.aws_target.resources import STACK, Kinds, Made, ResourceFailedError
from tests.integration.aws_target.stacks import (
    Stack,
    given,
    parse,
    row,
    strings,
    with_defaults,
)

NESTED_FAILED = "The following resource(s) failed to create: [{}]."


class CloudFormation:
    """The operations that the pipeline calls, for one account and region."""

    def __init__(self, account: str, region: str, kinds: Kinds) -> None:
        self.account, self.region = account, region
        self.kinds = kinds
        self.stacks: list[Stack] = []
        self._one = threading.RLock()
        self.fail_delete: dict[str, list[str]] = {}
        """By resource type: why its next deletions fail."""
        self.fail_create: dict[str, list[str]] = {}
        """By resource type: why its next creations fail."""
        self.fail_update: dict[str, list[str]] = {}
        """By resource type: why its next changes in place fail."""

    # --- operations -------------------------------------------------------------------------

    def create_stack(self, params: dict[str, Any]) -> dict[str, Any]:
        if self._named(params["StackName"]):
            name = params["StackName"]
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
        stack = self._new(params["StackName"])
        stack.tags = params.get("Tags", [])
        self._create(stack, self._text(params), given(params))
        return {"StackId": stack.id}

    def update_stack(self, params: dict[str, Any]) -> dict[str, Any]:
        stack = self._must(params["StackName"])
        if stack.status.endswith("_FAILED") or stack.status == "ROLLBACK_COMPLETE":
            raise AwsError(
                "ValidationError",
                f"Stack:{stack.id} is in {stack.status} state and can not be updated.",
            )
        text, values = self._text(params), given(params)
        parsed = parse(text)
        same = parsed == stack.template and with_defaults(parsed, values) == stack.parameters
        if same and params.get("Tags", []) == stack.tags:
            raise AwsError("ValidationError", "No updates are to be performed.")
        stack.tags = params.get("Tags", [])
        self._update(stack, parsed, values)
        return {"StackId": stack.id}

    def delete_stack(self, params: dict[str, Any]) -> dict[str, Any]:
        stack = self._named(params["StackName"])
        if stack is not None:
            self._delete(stack)
        return {}

    def describe_stacks(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params.get("StackName")
        found = [self._must(name)] if name else [s for s in self.stacks if s.live]
        return {"Stacks": [self._shown(stack) for stack in found]}

    def describe_stack_resources(self, params: dict[str, Any]) -> dict[str, Any]:
        stack = self._must(params["StackName"])
        one = params.get("LogicalResourceId")
        rows = [row(stack, n, m) for n, m in list(stack.resources.items()) if one in (None, n)]
        if one and not rows:
            raise AwsError(
                "ValidationError", f"Resource {one} does not exist for stack {stack.name}"
            )
        return {"StackResources": rows}

    def list_stack_resources(self, params: dict[str, Any]) -> dict[str, Any]:
        stack = self._must(params["StackName"])
        rows = [row(stack, n, m) for n, m in stack.resources.items()]
        return {
            "StackResourceSummaries": [{**r, "LastUpdatedTimestamp": r["Timestamp"]} for r in rows]
        }

    def describe_stack_events(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"StackEvents": list(self._must(params["StackName"], deleted=True).events)}

    def get_template(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"TemplateBody": json.dumps(self._must(params["StackName"]).template)}

    # --- work -------------------------------------------------------------------------------

    def _create(self, stack: Stack, text: str, given: dict[str, str]) -> None:
        stack.template = parse(text)
        stack.parameters = with_defaults(stack.template, given)
        stack.event(stack.name, STACK, stack.id, "CREATE_IN_PROGRESS", "User Initiated")
        try:
            self._bring_up(stack)
        except ResourceFailedError as failure:
            self._roll_back(stack, str(failure))
            return
        stack.becomes("CREATE_COMPLETE")

    def _roll_back(self, stack: Stack, logical: str) -> None:
        stack.becomes("ROLLBACK_IN_PROGRESS", NESTED_FAILED.format(logical))
        for name in reversed(list(stack.resources)):
            try:
                self._remove(stack, name)
            except ResourceFailedError as failure:
                made = stack.resources[name]
                stack.event(name, made.kind, made.physical, "DELETE_FAILED", str(failure))
                stack.becomes("ROLLBACK_FAILED", f"Failed to delete: [{name}].")
                return
        stack.exports.clear()
        stack.imports.clear()
        stack.becomes("ROLLBACK_COMPLETE", NESTED_FAILED.format(logical))

    def _update(self, stack: Stack, template: dict[str, Any], given: dict[str, str]) -> None:
        stack.seen = False
        former = stack.template, stack.parameters
        before = {name: replace(made) for name, made in stack.resources.items()}
        stack.template, stack.parameters = template, with_defaults(template, given)
        stack.event(stack.name, STACK, stack.id, "UPDATE_IN_PROGRESS", "User Initiated")
        try:
            self._bring_up(stack)
        except ResourceFailedError:
            stack.template, stack.parameters = former
            self._put_back(stack, before)
            stack.becomes("UPDATE_ROLLBACK_COMPLETE")
            return
        for name, made in reversed(before.items()):
            if stack.resources[name].physical != made.physical and self.kinds.is_replaced(made):
                self.kinds.delete(self, stack, made)
        kept = dict(self._wanted(stack))
        for name in [n for n in reversed(stack.resources) if n not in kept]:
            self._remove(stack, name)
        stack.becomes("UPDATE_COMPLETE")

    def _put_back(self, stack: Stack, before: dict[str, Made]) -> None:
        """Make resources of types that are replaced what they were before an update."""
        failed = dict(stack.resources)
        for name, made in before.items():
            now = failed[name]
            if not self.kinds.is_replaced(made) or now.properties == made.properties:
                continue
            stack.resources[name] = made
            if now.physical == made.physical:
                self.kinds.update(self, stack, now, made.properties)
        for name, now in reversed(failed.items()):
            if name in before and now.physical != stack.resources[name].physical:
                self.kinds.delete(self, stack, now)

    def _bring_up(self, stack: Stack) -> None:
        scope = self._scope(stack)
        for name, body in self._wanted(stack):
            kind, there = body["Type"], stack.resources.get(name)
            try:
                properties = scope.value(body.get("Properties", {}))
                if there is None:
                    made = self._make(stack, name, kind, properties)
                    made.retain = body.get("DeletionPolicy") == "Retain"
                    stack.resources[name] = made
                elif json.dumps(properties) != json.dumps(there.properties):
                    if self.fail_update.get(kind):
                        raise ResourceFailedError(self.fail_update[kind].pop(0), there.physical)
                    self.kinds.update(self, stack, there, properties)
                    stack.event(name, kind, there.physical, "UPDATE_COMPLETE")
            except ResourceFailedError as failure:
                verb = "CREATE" if there is None else "UPDATE"
                stack.event(name, kind, failure.physical, f"{verb}_FAILED", str(failure))
                raise ResourceFailedError(name) from failure
        stack.outputs = self._outputs(stack, scope)

    def _make(self, stack: Stack, name: str, kind: str, properties: dict[str, Any]) -> Made:
        stack.event(name, kind, "", "CREATE_IN_PROGRESS")
        if self.fail_create.get(kind):
            raise ResourceFailedError(self.fail_create[kind].pop(0))
        made = self.kinds.create(self, stack, name, kind, properties)
        stack.event(name, kind, made.physical, "CREATE_COMPLETE")
        return made

    def _delete(self, stack: Stack) -> None:
        stack.seen = False
        users = [
            s for s in self.stacks if s.live and s is not stack and s.imports & set(stack.exports)
        ]
        if users:
            export = sorted(users[0].imports & set(stack.exports))[0]
            why = f"Export {export} cannot be deleted as it is in use by {users[0].name}"
            stack.becomes("DELETE_FAILED", why)
            return
        stack.becomes("DELETE_IN_PROGRESS")
        for name in reversed(list(stack.resources)):
            made = stack.resources[name]
            try:
                if self.fail_delete.get(made.kind):
                    raise ResourceFailedError(self.fail_delete[made.kind].pop(0))
                self._remove(stack, name)
            except ResourceFailedError as failure:
                stack.event(name, made.kind, made.physical, "DELETE_FAILED", str(failure))
                stack.becomes(
                    "DELETE_FAILED", f"The following resource(s) failed to delete: [{name}]."
                )
                return
        stack.exports.clear()
        stack.imports.clear()
        stack.becomes("DELETE_COMPLETE")

    def _remove(self, stack: Stack, name: str) -> None:
        made = stack.resources[name]
        if not made.retain:
            self.kinds.delete(self, stack, made)
        del stack.resources[name]
        stack.event(name, made.kind, made.physical, "DELETE_COMPLETE")

    def create_nested(self, parent: Stack, name: str, properties: dict[str, Any]) -> Stack:
        stack = self._new(f"{parent.name}-{name}-{uuid.uuid4().hex[:12].upper()}")
        stack.tags = properties.get("Tags", [])
        # It is seen in its parent while it is being made.
        parent.resources[name] = Made(
            STACK, name, stack.id, properties, status="CREATE_IN_PROGRESS"
        )
        self._create(stack, self._at(properties["TemplateURL"]), strings(properties))
        if stack.status != "CREATE_COMPLETE":
            del parent.resources[name]
            why = f"Embedded stack {stack.id} was not successfully created: {stack.reason}"
            self._delete(stack)  # by the rollback of what is around it
            raise ResourceFailedError(why, stack.id)
        stack.seen = True  # its parent is what is at work
        return stack

    def update_nested(self, made: Made, properties: dict[str, Any]) -> None:
        stack = self._must(made.physical)
        self._update(stack, parse(self._at(properties["TemplateURL"])), strings(properties))
        stack.seen = True
        if stack.status != "UPDATE_COMPLETE":
            raise ResourceFailedError(f"Embedded stack {stack.id} was not updated", stack.id)

    def delete_nested(self, made: Made) -> None:
        stack = self._must(made.physical)
        self._delete(stack)
        if stack.live:
            raise ResourceFailedError(f"Embedded stack {stack.id} was not deleted", stack.id)

    def outputs_of(self, stack_id: str) -> dict[str, str]:
        outputs = self._must(stack_id).outputs
        return {o["OutputKey"]: o["OutputValue"] for o in outputs}

    # --- looking things up ------------------------------------------------------------------

    def _new(self, name: str) -> Stack:
        identity = (
            f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{name}/{uuid.uuid4()}"
        )
        stack = Stack(identity, name, self.region)
        self.stacks.append(stack)
        return stack

    def _named(self, name: str) -> Stack | None:
        return next((s for s in self.stacks if s.live and name in (s.name, s.id)), None)

    def _must(self, name: str, *, deleted: bool = False) -> Stack:
        stack = self._named(name)
        if stack is None:  # a deleted one is known by its id
            known = [s for s in self.stacks if name == s.id or (deleted and name == s.name)]
            stack = known[-1] if known else None
        if stack is None:
            raise AwsError("ValidationError", f"Stack with id {name} does not exist")
        return stack

    def _shown(self, stack: Stack) -> dict[str, Any]:
        at_work = {"CREATE_COMPLETE": "CREATE_IN_PROGRESS", "UPDATE_COMPLETE": "UPDATE_IN_PROGRESS"}
        status = stack.status if stack.seen else at_work.get(stack.status, stack.status)
        stack.seen = True
        return {
            "StackId": stack.id,
            "StackName": stack.name,
            "CreationTime": datetime.now(UTC),
            "StackStatus": status,
            "StackStatusReason": stack.reason,
            "Parameters": [
                {"ParameterKey": k, "ParameterValue": v} for k, v in stack.parameters.items()
            ],
            "Outputs": list(stack.outputs),
            "Tags": list(stack.tags),
        }

    def _wanted(self, stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
        """Resources whose condition holds, each after those that it needs."""
        bodies, scope = stack.template["Resources"], self._scope(stack)
        held = {
            n for n, b in bodies.items() if "Condition" not in b or scope.condition(b["Condition"])
        }
        done: list[str] = []

        def visit(name: str) -> None:
            if name in done or name not in held:
                return
            depends = bodies[name].get("DependsOn", [])
            explicit = {depends} if isinstance(depends, str) else set(depends)
            for need in sorted((references(bodies[name].get("Properties", {})) | explicit) & held):
                visit(need)
            done.append(name)

        for name in bodies:
            visit(name)
        return iter([(name, bodies[name]) for name in done])

    def _scope(self, stack: Stack) -> Scope:
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": stack.id,
        }

        def ref(name: str) -> Any:
            known = {**pseudo, **stack.parameters}
            return known[name] if name in known else stack.resources[name].physical

        def import_value(name: str) -> str:
            for other in self.stacks:
                if other.live and name in other.exports:
                    stack.imports.add(name)
                    return other.exports[name]
            raise ResourceFailedError(f"No export named {name} found.")

        zones = tuple(f"{self.region}{letter}" for letter in "abc")
        conditions = stack.template.get("Conditions", {})
        scope: Scope = Scope(
            ref,
            lambda name, attribute: self.kinds.attribute(self, stack.resources[name], attribute),
            import_value,
            lambda name: bool(scope.value(conditions[name])),
            zones,
            stack.template.get("Mappings", {}),
        )
        return scope

    def _outputs(self, stack: Stack, scope: Scope) -> list[dict[str, str]]:
        found = []
        stack.exports.clear()
        for key, output in stack.template.get("Outputs", {}).items():
            if "Condition" in output and not scope.condition(output["Condition"]):
                continue
            value = str(scope.value(output["Value"]))
            entry = {"OutputKey": key, "OutputValue": value}
            if "Export" in output:
                entry["ExportName"] = scope.value(output["Export"]["Name"])
                stack.exports[entry["ExportName"]] = value
            found.append(entry)
        return found

    def _text(self, params: dict[str, Any]) -> str:
        return (
            str(params["TemplateBody"])
            if "TemplateBody" in params
            else self._at(params["TemplateURL"])
        )

    def _at(self, url: str) -> str:
        host, _, key = url.removeprefix("https://").partition("/")
        body = boto3.client("s3").get_object(Bucket=host.partition(".s3")[0], Key=key)["Body"]
        return str(body.read().decode())

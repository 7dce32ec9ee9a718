"""Stack deployment against a scripted CloudFormation."""

from __future__ import annotations

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.cloudformation import DEAD, Outcome
from pipeline.dms_roles import DMS_ROLES
from pipeline.errors import ForeignResourceError, StackError
from pipeline.infrastructure import begin_deployment, clear_dead_root, load_again
from pipeline.lake import Lake
from pipeline.stack_events import first_failure
from tests.unit.pipeline.fakes import client_error
from tests.unit.pipeline.scripted_stacks import NESTED_STACK, OWN, Scripted, event, stacks


def test_creates_then_leaves_alone_then_updates() -> None:
    script = Scripted("CREATE_COMPLETE", "UPDATE_COMPLETE")
    found = stacks(script)
    assert found.deploy("002-network", {}) is Outcome.CREATED
    assert found.deploy("002-network", {}) is Outcome.UNCHANGED
    assert found.deploy("002-network", {"VpcCidr": "10.1.0.0/16"}) is Outcome.UPDATED
    assert script.calls == ["create", "update"]


def test_another_template_is_an_update_and_no_other_tag() -> None:
    """CloudFormation gives a stack's tags to its resources: a new value changes each of them."""
    script = Scripted("CREATE_COMPLETE", "UPDATE_COMPLETE")
    found = stacks(script)
    found.deploy("002-network", {})
    script.body = script.body.replace("Lab 1", "Lab 0")
    assert found.deploy("002-network", {}) is Outcome.UPDATED
    assert found.deploy("002-network", {}) is Outcome.UNCHANGED
    assert script.tags == [OWN, OWN]


def test_no_updates_is_unchanged() -> None:
    script = Scripted("none")
    script.stack = {"StackStatus": "CREATE_COMPLETE"}
    assert stacks(script).deploy("002-network", {}) is Outcome.UNCHANGED


@pytest.mark.parametrize("status", sorted(DEAD))
def test_a_dead_stack_is_made_anew(status: str) -> None:
    script = Scripted("CREATE_COMPLETE")
    script.stack = {"StackStatus": status}
    assert stacks(script).deploy("002-network", {}) is Outcome.CREATED
    assert script.calls == ["delete", "create"]


def test_a_stack_of_somebody_else_is_left_alone() -> None:
    script = Scripted()
    script.stack = {"StackStatus": "ROLLBACK_COMPLETE", "Tags": [{"Key": "project", "Value": "x"}]}
    found = stacks(script)
    for call in (lambda: found.deploy("catalog", {}), lambda: found.delete("catalog")):
        with pytest.raises(
            ForeignResourceError, match="lacks the tag project=movielens-lake"
        ) as raised:
            call()
        assert "delete-stack --stack-name movielens-lake-catalog; then" in str(raised.value.hint)
    assert script.calls == []


CUSTOM_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename movielens-0 and update the stack again."
)


def refused_update(reason: str) -> Scripted:
    script = Scripted("UPDATE_ROLLBACK_COMPLETE", "CREATE_COMPLETE")
    script.stack = {"StackStatus": "CREATE_COMPLETE"}
    script.events = [event("Model", "AWS::SageMaker::Model", "UPDATE_FAILED", reason)]
    return script


@pytest.mark.parametrize(
    "reason", [CUSTOM_NAMED, "the change of AWS::SageMaker::Model needs a replacement: rename it"]
)
def test_a_change_that_needs_a_replacement_replaces_the_stack(reason: str) -> None:
    script = refused_update(reason)
    assert stacks(script).deploy("002-network", {}) is Outcome.CREATED
    assert script.calls == ["update", "delete", "create"]


@pytest.mark.parametrize(
    "reason",
    [
        "Replacement type updates not supported on stack with disable-rollback.",
        "User is not authorized to perform: ec2:ReplaceRoute",
        "Resource handler returned message: could not replace the item",
    ],
)
def test_a_stack_whose_update_fails_for_another_reason_stays(reason: str) -> None:
    script = refused_update(reason)
    with pytest.raises(StackError, match=re.escape(reason)):
        stacks(script).deploy("002-network", {})
    assert script.calls == ["update"]


@pytest.mark.parametrize(
    ("template", "delete"),
    [
        (
            "streaming",
            "aws --region eu-west-1 cloudformation delete-stack "
            "--stack-name movielens-lake-streaming",
        ),
        ("lab-1-nested", "lake destroy --target aws"),
    ],
)
def test_a_target_that_asks_for_the_account_leaves_a_replacement_to_a_person(
    template: str, delete: str
) -> None:
    script = refused_update(CUSTOM_NAMED)
    found = stacks(script)
    aws = replace(found.target, name="aws", confirm_account=True, aws_cli="aws --region eu-west-1")
    with pytest.raises(StackError) as raised:
        replace(found, target=aws).deploy(template, {})
    assert script.calls == ["update"]
    assert "custom-named resource requires replacing" in raised.value.message
    assert raised.value.hint == (
        f"To make it again, which deletes what it holds: {delete}; then: lake run --target aws"
    )


@pytest.mark.parametrize(
    ("status", "calls"),
    [("UPDATE_ROLLBACK_FAILED", []), ("ROLLBACK_COMPLETE", ["delete", "create"])],
)
def test_such_a_target_deletes_unasked_only_what_never_was_complete(
    status: str, calls: list[str]
) -> None:
    script = Scripted("CREATE_COMPLETE")
    script.stack = {"StackStatus": status}
    found = stacks(script)
    aws = replace(found.target, name="aws", confirm_account=True)
    with contextlib.suppress(StackError):
        replace(found, target=aws).deploy("catalog", {})
    assert script.calls == calls


def test_a_failure_names_the_first_failing_resource() -> None:
    script = Scripted("ROLLBACK_COMPLETE")
    script.events = [
        event("Stack", "AWS::CloudFormation::Stack", "ROLLBACK_COMPLETE"),
        event("Subnet", "AWS::EC2::Subnet", "CREATE_FAILED", "Resource creation cancelled"),
        event("Vpc", "AWS::EC2::VPC", "CREATE_FAILED", "the limit is reached"),
        event("Stack", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS"),
        event("Vpc", "AWS::EC2::VPC", "CREATE_FAILED", "an older reason"),
    ]
    with pytest.raises(StackError) as raised:
        stacks(script).deploy("002-network", {})
    assert raised.value.message == (
        "Stack movielens-lake-002-network is ROLLBACK_COMPLETE: "
        "Vpc (AWS::EC2::VPC): the limit is reached"
    )
    assert "lake run" in raised.value.hint


@pytest.mark.parametrize(
    "reason",
    [
        "The IAM Role arn:aws:iam::1:role/dms-vpc-role is not configured properly.",
        "Firehose is unable to assume role arn:aws:iam::1:role/x. Please check the role provided.",
        "The role defined for the function cannot be assumed by Lambda.",
        "Service is unable to assume provided role. Please verify role's TrustPolicy",
    ],
)
def test_a_role_that_a_service_does_not_see_yet_is_waited_for(reason: str) -> None:
    script = Scripted("ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_COMPLETE")
    script.events = [event("SubnetGroup", "AWS::DMS::X", "CREATE_FAILED", reason)]
    asked: list[int] = []

    def parameters() -> dict[str, str]:
        asked.append(1)
        return {"VpcCidr": f"10.{len(asked)}.0.0/16"}

    found = stacks(script)
    assert found.deploy("002-network", parameters) is Outcome.CREATED
    assert script.calls == ["create", "delete", "create", "delete", "create"]
    assert script.stack is not None
    assert {"ParameterKey": "VpcCidr", "ParameterValue": "10.3.0.0/16"} in script.stack[
        "Parameters"
    ], "made again each time"


def test_a_role_that_is_never_seen_ends_the_attempts() -> None:
    script = Scripted(*["ROLLBACK_COMPLETE"] * 9)
    script.events = [event("G", "AWS::DMS::X", "CREATE_FAILED", "is not configured properly")]
    with pytest.raises(StackError, match="is not configured properly"):
        stacks(script).deploy("002-network", {})
    assert script.calls.count("create") == 4


def test_a_nested_stack_that_was_deleted_after_its_failure_still_says_why() -> None:
    own, kind = {"StackId": "s", "PhysicalResourceId": "s"}, "AWS::CloudFormation::Stack"
    events = [
        event("n", kind, "DELETE_IN_PROGRESS", "") | own,
        event("G", "AWS::DMS::X", "CREATE_FAILED", "no such class"),
        event("n", kind, "CREATE_IN_PROGRESS", "User Initiated") | own,
    ]
    assert first_failure(events) == "G (AWS::DMS::X): no such class"


def test_without_events_it_says_so() -> None:
    assert first_failure([]) == "no event says why"


def test_outputs_of_no_stack() -> None:
    with pytest.raises(StackError, match="There is no stack movielens-lake-streaming"):
        stacks(Scripted()).outputs("streaming")


def test_deleting_what_is_not_there() -> None:
    script = Scripted()
    assert stacks(script).delete("002-network") is False
    assert script.calls == []


class Imported(Scripted):
    """A stack whose exports another one imports: asked to be deleted, it is soon what it was."""

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete")
        assert self.stack is not None
        self.before, self.stack["StackStatus"] = self.stack["StackStatus"], "DELETE_IN_PROGRESS"

    def describe_stacks(self, **asked: str) -> dict[str, Any]:
        answer = super().describe_stacks(**asked)
        shown = dict(answer["Stacks"][0])
        if self.calls and shown["StackStatus"] == "DELETE_IN_PROGRESS":
            reason = "Export x-vpc cannot be deleted as it is in use by y"
            self.stack = {"StackStatus": self.before, "StackStatusReason": reason}
        return {"Stacks": [shown]}


def test_a_stack_that_others_import_from_is_not_waited_for() -> None:
    script = Imported()
    script.stack = {"StackStatus": "UPDATE_COMPLETE"}
    with pytest.raises(StackError) as raised:
        stacks(script).delete("002-network")
    assert raised.value.message == (
        "Stack movielens-lake-002-network could not be deleted: "
        "Export x-vpc cannot be deleted as it is in use by y"
    )


class Nested(Scripted):
    """A nested stack with one of its five, which has failed."""

    def describe_stack_resources(self, **asked: str) -> dict[str, Any]:
        if self.stack is None or asked["LogicalResourceId"] != "Network":
            raise client_error("ValidationError", message="Stack or resource does not exist")
        return {"StackResources": [{"PhysicalResourceId": "arn:network"}]}

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        if asked["StackName"] != "arn:network":
            return super().paginate()
        inner = event("Vpc", "AWS::EC2::VPC", "CREATE_FAILED", "the limit is reached")
        return [{"StackEvents": [inner]}]


def test_a_numbered_stack_is_found_in_the_nested_one() -> None:
    script = Nested("CREATE_COMPLETE")
    found = stacks(script)
    assert found.describe("002-network") is None
    found.deploy("lab-1-nested", {})
    assert found.describe("002-network") == script.stack
    assert found.describe("005-start-task") is None


def test_a_failure_in_a_nested_stack_names_the_resource_in_it() -> None:
    kind = "AWS::CloudFormation::Stack"
    script = Nested("ROLLBACK_COMPLETE")
    ids = {"StackId": "arn:root", "PhysicalResourceId": "arn:network"}
    own = {"StackId": "arn:root", "PhysicalResourceId": "arn:root"}
    script.events = [
        event("Storage", kind, "CREATE_IN_PROGRESS") | ids,
        event("Network", kind, "CREATE_FAILED", "Embedded stack failed") | ids,
        event("Network", kind, "CREATE_IN_PROGRESS") | ids,
        event("root", kind, "CREATE_IN_PROGRESS") | own,
    ]
    with pytest.raises(StackError, match=r"Vpc \(AWS::EC2::VPC\): the limit is reached"):
        stacks(script).deploy("lab-1-nested", {})


def test_a_stack_that_only_says_that_it_failed_itself_is_its_own_reason() -> None:
    kind = "AWS::CloudFormation::Stack"
    script = Nested("DELETE_FAILED")
    own = {"StackId": "arn:root", "PhysicalResourceId": "arn:root"}
    script.events = [
        event("root", kind, "DELETE_FAILED", "an export is in use") | own,
        event("root", kind, "DELETE_IN_PROGRESS") | own,
    ]
    with pytest.raises(StackError, match=r"root \(AWS::CloudFormation::Stack\): an export is in"):
        stacks(script).deploy("lab-1-nested", {})


class Several:
    """A CloudFormation of several stacks, in which exports of the nested one are in use.

    The nested one cannot be updated.
    """

    def __init__(self, **status: str) -> None:
        self.status = {f"movielens-lake-{k.replace('_', '-')}": v for k, v in status.items()}
        self.deleted: list[str] = []
        self.created: list[str] = []

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.status:
            raise client_error("ValidationError", message="Stack does not exist")
        given = {**dict.fromkeys(DMS_ROLES, "true"), "FirstZone": "a", "SecondZone": "b"}
        parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()]
        status = self.status[StackName]
        return {"Stacks": [{"StackStatus": status, "Parameters": parameters, "Tags": OWN}]}

    def create_stack(self, *, StackName: str, **_: Any) -> None:  # noqa: N803
        alone = StackName in (NESTED_STACK, "movielens-lake-tables")
        assert alone or NESTED_STACK in self.status, "No export of this name"
        self.status[StackName] = "CREATE_COMPLETE"
        self.created.append(StackName)

    def update_stack(self, *, StackName: str, **_: Any) -> None:  # noqa: N803
        nested = StackName == NESTED_STACK
        self.status[StackName] = "UPDATE_ROLLBACK_COMPLETE" if nested else "UPDATE_COMPLETE"

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803
        users = self.status.keys() - {NESTED_STACK, "movielens-lake-tables"}
        assert StackName in users or not users, f"Export cannot be deleted, in use by {users}"
        del self.status[StackName]
        self.deleted.append(StackName)

    def get_paginator(self, _: str) -> Several:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [
            {
                "StackEvents": [
                    event("Role", "AWS::IAM::Role", "UPDATE_FAILED", "needs a replacement")
                ]
            }
        ]


def test_stacks_that_use_a_dead_nested_stack_go_before_it() -> None:
    script = Several(lab_1_nested="ROLLBACK_FAILED", catalog="CREATE_COMPLETE", streaming="X")
    clear_dead_root(stacks(cast(Scripted, script)))
    assert script.deleted[-1] == NESTED_STACK
    assert script.status == {}


def test_stacks_that_use_a_live_nested_stack_stay() -> None:
    for status in ("CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"):
        script = Several(lab_1_nested=status, catalog="CREATE_COMPLETE")
        clear_dead_root(stacks(cast(Scripted, script)))
        assert script.deleted == []


def test_stacks_that_use_a_nested_stack_make_way_for_its_replacement() -> None:
    script = Several(
        lab_1_nested="CREATE_COMPLETE",
        streaming="CREATE_COMPLETE",
        catalog="CREATE_COMPLETE",
        serving="CREATE_COMPLETE",
    )
    lake = cast(Lake, SimpleNamespace(stacks=stacks(cast(Scripted, script))))
    with ThreadPoolExecutor(4) as pool:
        made = begin_deployment(lake, "files", pool, lambda _: None)
    assert {template: future.result() for template, future in made.items()} == {
        "tables": Outcome.CREATED,
        "lab-1-nested": Outcome.CREATED,
        "streaming": Outcome.CREATED,
        "catalog": Outcome.CREATED,
    }
    assert script.deleted[-1] == NESTED_STACK
    assert next(name for name in script.created if "tables" not in name) == NESTED_STACK
    assert len(script.deleted) == 4


def test_a_run_again_has_another_name() -> None:
    script = Nested("CREATE_COMPLETE", *["UPDATE_COMPLETE"] * 3)
    found = stacks(script)
    given = {"CopyRun": "abc", "LoadRun": "", **dict.fromkeys(DMS_ROLES, "true")}
    found.deploy("lab-1-nested", given)
    runs = []
    for load in ("f1", "f1", "f2"):
        load_again(found, load)
        runs.append(found.parameters("lab-1-nested")["LoadRun"])
    assert runs == ["f1", "f1-2", "f2"]
    assert found.parameters("lab-1-nested")["CopyRun"] == "abc"

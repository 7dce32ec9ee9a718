"""Custom resources that fail or are replaced: what is asked of the function, and when."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.custom_resource_helpers import CustomStacks, template
from tests.contract.cloudformation.helpers import failing, parameter
from tests.support import wait_until


def asked(
    custom_stacks: CustomStacks, function: str, count: int
) -> list[tuple[str, str | None, str]]:
    """Type, physical id and property Id of what the function was asked."""
    found = wait_until(
        lambda: found if len(found := custom_stacks.requests(function)) >= count else None,
        what=f"{count} requests",
    )
    return [
        (r["RequestType"], r.get("PhysicalResourceId"), r["ResourceProperties"]["Id"])
        for r in found
    ]


def with_later(later: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """The template, and a resource that is made after the custom one."""
    body = template(**properties)
    body["Resources"]["Later"] = {**later, "DependsOn": "Thing"}
    return body


def test_what_a_new_physical_id_replaces_is_deleted_after_everything_else(
    custom_stacks: CustomStacks,
    name: str,
) -> None:
    created = custom_stacks.create(name, with_later(parameter("a")))
    function = created["outputs"]["Function"]
    updated = custom_stacks.update(name, with_later(parameter("b"), Id="2"))
    assert updated["status"] == "UPDATE_COMPLETE", custom_stacks.reasons(name)
    assert updated["outputs"]["Ref"] == "id-2"
    assert asked(custom_stacks, function, 3) == [
        ("Create", None, "1"),
        ("Update", "id-1", "2"),
        ("Delete", "id-1", "1"),
    ]
    events = custom_stacks.events(name)
    clean_up = events.index((name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert ("Later", "UPDATE_COMPLETE") in events[:clean_up]
    assert events[clean_up + 1 :] == [
        ("Thing", "DELETE_IN_PROGRESS"),
        ("Thing", "DELETE_COMPLETE"),
        (name, "UPDATE_COMPLETE"),
    ]
    assert custom_stacks.resource(name, "Thing") == ("id-2", "UPDATE_COMPLETE")


def test_a_rollback_deletes_the_new_physical_id_and_keeps_the_old_one(
    custom_stacks: CustomStacks,
    name: str,
) -> None:
    created = custom_stacks.create(name, template())
    function = created["outputs"]["Function"]
    updated = custom_stacks.update(name, with_later(failing(), Id="2"))
    assert updated["status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert updated["outputs"]["Ref"] == "id-1"
    assert asked(custom_stacks, function, 4) == [
        ("Create", None, "1"),
        ("Update", "id-1", "2"),
        ("Update", "id-2", "1"),
        ("Delete", "id-2", "2"),
    ]
    events = custom_stacks.events(name)
    assert events[events.index((name, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")) + 1 :] == [
        ("Thing", "DELETE_IN_PROGRESS"),
        ("Thing", "DELETE_COMPLETE"),
        (name, "UPDATE_ROLLBACK_COMPLETE"),
    ]
    assert custom_stacks.resource(name, "Thing") == ("id-1", "UPDATE_COMPLETE")
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"
    assert asked(custom_stacks, function, 5)[4] == ("Delete", "id-1", "1")


def test_what_cannot_be_cleaned_up_does_not_undo_the_update(
    custom_stacks: CustomStacks, name: str
) -> None:
    custom_stacks.create(name, template(Fail="Delete"))
    updated = custom_stacks.update(name, template(Id="2"))
    assert (updated["status"], updated["outputs"]["Ref"]) == ("UPDATE_COMPLETE", "id-2")
    assert ("Thing", "DELETE_FAILED") in custom_stacks.events(name)
    assert "told to fail" in custom_stacks.reasons(name)
    assert custom_stacks.resource(name, "Thing") == ("id-2", "UPDATE_COMPLETE")


def test_a_replaced_one_can_be_retained(custom_stacks: CustomStacks, name: str) -> None:
    created = custom_stacks.create(name, template())
    body = template(Id="2")
    body["Resources"]["Thing"]["UpdateReplacePolicy"] = "Retain"
    assert custom_stacks.update(name, body)["outputs"]["Ref"] == "id-2"
    assert ("Thing", "DELETE_SKIPPED") in custom_stacks.events(name)
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"
    assert asked(custom_stacks, created["outputs"]["Function"], 3)[2:] == [("Delete", "id-2", "2")]


def test_a_failed_creation_is_rolled_back_with_the_reason(
    custom_stacks: CustomStacks, name: str
) -> None:
    assert custom_stacks.create(name, template(Fail="Create"))["status"] == "ROLLBACK_COMPLETE"
    reasons = custom_stacks.reasons(name)
    assert "Received response status [FAILED] from custom resource" in reasons
    assert "Message returned: told to fail" in reasons
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_a_failed_update_is_rolled_back(custom_stacks: CustomStacks, name: str) -> None:
    created = custom_stacks.create(name, template())
    updated = custom_stacks.update(name, template(Fail="Update"))
    assert updated == {**created, "status": "UPDATE_ROLLBACK_COMPLETE"}
    assert "told to fail" in custom_stacks.reasons(name)
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"
    function = created["outputs"]["Function"]
    assert [kind for kind, _, _ in asked(custom_stacks, function, 4)] == [
        *("Create", "Update", "Update", "Delete")
    ]
    last = custom_stacks.requests(function)[3]
    assert last["PhysicalResourceId"] == "id-1"
    assert "Fail" not in last["ResourceProperties"]


def test_an_update_that_can_neither_be_made_nor_undone(
    custom_stacks: CustomStacks, name: str
) -> None:
    custom_stacks.create(name, template(Fail="Update"))
    updated = custom_stacks.update(name, template(Fail="Update", Text="bye"))
    assert updated["status"] == "UPDATE_ROLLBACK_FAILED"
    assert ("Thing", "UPDATE_FAILED") in custom_stacks.events(name)
    assert custom_stacks.resource(name, "Thing")[1] == "UPDATE_FAILED"
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_a_rollback_that_failed_is_continued(custom_stacks: CustomStacks, name: str) -> None:
    custom_stacks.create(name, template(Fail="Update"))
    with pytest.raises(ClientError, match="CREATE_COMPLETE state and can not continue"):
        custom_stacks.cfn.continue_update_rollback(StackName=name)
    custom_stacks.update(name, template(Fail="Update", Text="bye"))
    with pytest.raises(ClientError, match=r"\[Other\] did not fail.*\[Thing\]"):
        custom_stacks.cfn.continue_update_rollback(StackName=name, ResourcesToSkip=["Other"])

    custom_stacks.cfn.continue_update_rollback(StackName=name)
    assert custom_stacks.settled(name)["status"] == "UPDATE_ROLLBACK_FAILED"

    custom_stacks.cfn.continue_update_rollback(StackName=name, ResourcesToSkip=["Thing"])
    assert custom_stacks.settled(name)["status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert custom_stacks.resource(name, "Thing")[1] == "UPDATE_COMPLETE"
    assert custom_stacks.delete(name)["status"] == "DELETE_COMPLETE"


def test_a_failed_deletion_is_reported_and_can_be_passed_over(
    custom_stacks: CustomStacks, name: str
) -> None:
    assert custom_stacks.create(name, template(Fail="Delete"))["status"] == "CREATE_COMPLETE"
    assert custom_stacks.delete(name)["status"] == "DELETE_FAILED"
    assert "told to fail" in custom_stacks.reasons(name)
    assert custom_stacks.resource(name, "Thing") == ("id-1", "DELETE_FAILED")
    assert custom_stacks.delete(name, RetainResources=["Thing"])["status"] == "DELETE_COMPLETE"

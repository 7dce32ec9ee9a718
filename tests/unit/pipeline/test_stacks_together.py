"""Several stacks are asked for together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.unit.pipeline.fakes import client_error
from tests.unit.pipeline.scripted_stacks import Scripted, stacks


class OneByOne(Scripted):
    """A nested stack whose parts are asked for once, together."""

    def describe_stack_resources(self, **asked: str) -> dict[str, Any]:
        assert set(asked) == {"StackName"}, "one question for all parts"
        self.calls.append("parts")
        if self.stack is None:
            raise client_error("ValidationError", message="Stack does not exist")
        part = {"LogicalResourceId": "Network", "PhysicalResourceId": "arn:network"}
        return {"StackResources": [part, {"LogicalResourceId": "CopyFiles"}]}


def test_several_stacks_cost_one_question_each_and_one_for_the_nested_ones() -> None:
    script = OneByOne("CREATE_COMPLETE")
    asked = ("lab-1-nested", "002-network", "004-copy-files", "005-start-task")
    with ThreadPoolExecutor(2) as pool:
        assert stacks(script).describe_all(asked, pool) == [None, None, None, None]
        stacks(script).deploy("lab-1-nested", {})
        found = stacks(script).describe_all(asked, pool)
    assert found == [script.stack, script.stack, None, None]
    assert script.calls.count("parts") == 2

"""Resources and outputs that come and go with a condition.

AWS CloudFormation User Guide, "Conditions section structure and syntax".
"""

from __future__ import annotations

from tests.contract.cloudformation.helpers import (
    Stacks,
    outputs,
    parameter,
    template,
)


def test_an_output_goes_and_comes_with_the_resource_that_it_names(
    stacks: Stacks,
    name: str,
) -> None:
    """An output whose condition does not hold is not evaluated: its resource is not there."""
    body = {
        "Parameters": {"On": {"Type": "String", "Default": "yes"}},
        "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
        **template(
            {
                "Value": {"Condition": "IsOn", "Value": {"Fn::GetAtt": ["A", "Value"]}},
                "Always": {"Ref": "B"},
            },
            A={**parameter("a", Name=f"{name}-a"), "Condition": "IsOn"},
            B=parameter("b", Name=f"{name}-b"),
        ),
    }

    def given(on: str) -> dict[str, object]:
        return {"Parameters": [{"ParameterKey": "On", "ParameterValue": on}]}

    stack = stacks.create(body)
    assert outputs(stack) == {"Value": "a", "Always": f"{name}-b"}
    for _ in range(2):
        stack = stacks.update(stack, body, **given("no"))
        assert stack["StackStatus"] == "UPDATE_COMPLETE"
        assert outputs(stack) == {"Always": f"{name}-b"}
        assert stacks.value(f"{name}-a") is None
        stack = stacks.update(stack, body, **given("yes"))
        assert stack["StackStatus"] == "UPDATE_COMPLETE"
        assert outputs(stack) == {"Value": "a", "Always": f"{name}-b"}
        assert stacks.value(f"{name}-a") == "a"

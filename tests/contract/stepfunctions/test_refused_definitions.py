"""A state machine that AWS refuses is refused when it is made, changed or validated."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import ROLE, Aws

RIGHT = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})
WRONG = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "Next": "b"}}})
MESSAGE = (
    "Invalid State Machine Definition: "
    "'MISSING_TRANSITION_TARGET: Missing 'Next' target: b at /States/a/Next'"
)


def test_a_transition_to_nowhere_is_refused(aws: Aws, name: str) -> None:
    states = aws("stepfunctions")
    with pytest.raises(ClientError) as refused:
        states.create_state_machine(name=name, definition=WRONG, roleArn=ROLE)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
    assert refused.value.response["Error"]["Message"] == MESSAGE
    made = states.create_state_machine(name=name, definition=RIGHT, roleArn=ROLE)
    with pytest.raises(ClientError, match="MISSING_TRANSITION_TARGET"):
        states.update_state_machine(stateMachineArn=made["stateMachineArn"], definition=WRONG)
    found = states.validate_state_machine_definition(definition=WRONG)
    assert found["result"] == "FAIL"
    assert MESSAGE in found["diagnostics"][0]["message"]
    states.delete_state_machine(stateMachineArn=made["stateMachineArn"])


def test_what_is_too_long_is_refused(aws: Aws, name: str) -> None:
    states = aws("stepfunctions")
    made = states.create_state_machine(name=name, definition=RIGHT, roleArn=ROLE)
    machine = made["stateMachineArn"]
    with pytest.raises(ClientError, match="less than or equal to 262144"):
        states.start_execution(stateMachineArn=machine, input=json.dumps("x" * 300_000))
    with pytest.raises(ClientError, match="less than or equal to 80"):
        states.create_state_machine(name="x" * 81, definition=RIGHT, roleArn=ROLE)
    with pytest.raises(ClientError, match="enum value set"):
        states.create_state_machine(name=name, definition=RIGHT, roleArn=ROLE, type="FAST")
    states.delete_state_machine(stateMachineArn=machine)

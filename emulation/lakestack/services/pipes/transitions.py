"""From one state of a pipe to another, in the background: CREATING to RUNNING, and so on.

Amazon EventBridge Pipes API Reference, "Pipe", CurrentState.
"""

from __future__ import annotations

import logging
import threading

from botocore.exceptions import ClientError
from localstack.aws.api import ServiceException

from lakestack import changes
from lakestack.services.base import client
from lakestack.services.pipes import kinds
from lakestack.services.pipes.flow import Flow
from lakestack.services.pipes.pipe import (
    CHANGING,
    DELETING,
    FAILED,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    Pipe,
)
from lakestack.services.pipes.state import PipesState

LOG = logging.getLogger(__name__)
END_SECONDS = 60.0
"""How long the batches under way are waited for."""

MOST_TEXT = 512
"""Characters of a StateReason (API Reference, "Pipe")."""


def begin(state: PipesState, pipe: Pipe, change: str, why: str | None = None) -> None:
    """Let a pipe begin a change; the state's lock is held.

    Args:
        change: one of `CHANGING`; what it leads to is `pipe.desired`
        why: StateReason of a pipe that no user stops
    """
    pipe.change(change, why)
    name = f"pipe-{pipe.name}-{change.lower()}"
    given = (state, pipe, change, why)
    threading.Thread(target=_bring, args=given, name=name, daemon=True).start()


def go_on(state: PipesState, pipe: Pipe) -> None:
    """Let a restored pipe go on: bring a change to its end, and start what runs."""
    if pipe.current in CHANGING:
        begin(state, pipe, pipe.current)
    elif pipe.current == RUNNING:
        begin(state, pipe, STARTING)


def _disable(state: PipesState, pipe: Pipe, flow: Flow, why: str) -> None:
    """Stop a pipe, unless it is being changed already."""
    with state.lock:
        if state.closed or pipe.flow is not flow or pipe.current != RUNNING:
            return
        LOG.error("pipe %s: %s", pipe.name, why)
        pipe.desired = STOPPED
        begin(state, pipe, STOPPING, why[:MOST_TEXT])


def _bring(state: PipesState, pipe: Pipe, change: str, why: str | None) -> None:
    try:
        if pipe.flow is not None:
            pipe.flow.stop()
            if not pipe.flow.join(END_SECONDS):
                LOG.error("pipe %s: a batch has not ended within %s s", pipe.name, END_SECONDS)
            pipe.flow = None
        if change == DELETING:
            with state.lock:
                state.pipes.pop(pipe.name, None)
        elif pipe.desired == RUNNING:
            _start(state, pipe)
        else:
            with state.lock:
                by_user = "USER_INITIATED" if change != "CREATING" else None
                pipe.change(STOPPED, why or by_user)
    except (ClientError, ServiceException, ValueError) as e:
        _fail(state, pipe, change, str(e))
    except Exception as e:
        LOG.exception("pipe %s: %s", pipe.name, change)
        _fail(state, pipe, change, f"{type(e).__name__}: {e}")
    changes.note()


def _start(state: PipesState, pipe: Pipe) -> None:
    """Start what reads.

    Raises:
        ClientError: a source or machine is not there
        ServiceException: the same
        ValueError: the machine cannot be waited for
    """
    _check_machines(state, pipe)
    flow = Flow(state, pipe, lambda why: _disable(state, pipe, flow, why))
    flow.open()
    with state.lock:
        if state.closed:
            return
        pipe.flow = flow
        flow.start()
        pipe.change(RUNNING)


def _fail(state: PipesState, pipe: Pipe, change: str, reason: str) -> None:
    LOG.warning("pipe %s: %s: %s", pipe.name, FAILED[change], reason)
    with state.lock:
        pipe.change(FAILED[change], reason)


def _check_machines(state: PipesState, pipe: Pipe) -> None:
    """A state machine whose answer is waited for is an express one.

    Raises:
        ValueError: it is not
        ClientError: there is none
    """
    request = pipe.request
    own = (request.get("TargetParameters") or {}).get(kinds.STATES.parameters or "") or {}
    arns = [request.get("Enrichment") or ""]
    if own.get("InvocationType") != "FIRE_AND_FORGET":
        arns.append(request["Target"])
    for arn in arns:
        if kinds.kind_of(arn, (kinds.STATES,)) is None:
            continue
        states = client(state.account, arn.split(":")[3], "stepfunctions")
        if states.describe_state_machine(stateMachineArn=arn)["type"] != "EXPRESS":
            raise ValueError(
                f"{arn} is a standard state machine: it cannot be an enrichment, and as a target "
                "it needs StepFunctionStateMachineParameters.InvocationType FIRE_AND_FORGET"
            )

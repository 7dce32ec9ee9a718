"""The steps that the state machine has its function do; each may be done again.

``pipeline/stacks/reactive.yaml`` has the state machine. Every answer has ``wait``, the seconds
until the state machine asks again where it has to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pipeline.errors import LakeError, RunLockedError
from pipeline.lake import Lake
from pipeline.reactive.batches import batches, make_batch, new_files, write_batch
from pipeline.reactive.delivery import all_delivered
from pipeline.reactive.message import Message
from pipeline.reactive.turn import claim
from pipeline.retraining.decision import Thresholds
from pipeline.retraining.function import lake_of_function
from pipeline.retraining.loop import advance, begin_after_transform, unfinished
from pipeline.retraining.rounds import Round, Rounds
from pipeline.run_lock import RunLock
from pipeline.run_state import fingerprint

__all__ = ["STEPS", "react"]

Event = Mapping[str, Any]
Answer = dict[str, Any]


def react(event: Event, context: Any) -> Answer:
    """Do the step that the event names: the entry point of the Lambda function.

    Args:
        event: ``step``, ``execution`` (the state machine's ARN of it), and what the step takes
        context: Lambda's; the function's ARN tells account and region

    Returns:
        the step's answer

    Raises:
        LakeError: the step cannot be done; the state machine tells of it
    """
    lake = lake_of_function(str(context.invoked_function_arn))
    answer = STEPS[event["step"]](lake, event)
    return {"wait": int(os.environ["POLL_SECONDS"]), **answer}


def take(lake: Lake, event: Event) -> Answer:
    """Take all files that are new, once no more come.

    Args:
        lake: where
        event: ``seen``: as the last call has answered, "" at first

    Returns:
        ``turn``: ``mine`` with ``copies``, one event of the simulator each; ``settling`` when there
        are other files than at the last look, so that one upload of several makes one batch;
        ``wait`` for another execution or run; ``leave`` when there is nothing to do; ``refused``
        with a message when no file could be taken
    """
    execution = str(event["execution"])
    answer: Answer = {"turn": claim(lake, execution), "seen": "", "copies": []}
    if answer["turn"] != "mine":
        return answer
    known = batches(lake)
    own = next((batch for batch in known if batch.execution == execution), None)
    if own is None and (files := new_files(lake, known)):
        answer["seen"] = fingerprint(*(file.id for file in files))
        if answer["seen"] != event["seen"]:
            return {**answer, "turn": "settling"}
        try:
            with _lock(lake):
                own = make_batch(lake, execution, files)
        except RunLockedError as error:
            lake.reporter.line(f"busy: {error.message}")
            return {**answer, "turn": "wait"}
        known.append(own)
    # Of an execution that has ended too early, too: what was sent twice is one event.
    copies = sorted(batch.copy for batch in known if batch.copy and not batch.delivered)
    if copies:
        return {**answer, "copies": [_simulator_event(lake, copy) for copy in copies]}
    if own is None:
        return {**answer, "turn": "leave"}
    text = Message("refused", "no file could be taken", execution, own.files)
    return {**answer, "turn": "refused", **text.as_dict()}


def deliver(lake: Lake, event: Event) -> Answer:
    """Whether Firehose has delivered everything that was sent.

    Args:
        lake: where
        event: ``copies`` as `take` answers them; ``tries``: how often was asked before

    Returns:
        ``complete``, ``tries``, and ``delivered``: fingerprint of the deliveries, once complete
    """
    keys = [str(copy["key"]) for copy in event["copies"]]
    delivered = all_delivered(lake, keys)
    if delivered is not None:
        for batch in batches(lake):
            if batch.copy in keys and not batch.delivered:
                batch.delivered = True
                write_batch(lake, batch)
    complete = delivered is not None
    return {"complete": complete, "tries": int(event["tries"]) + 1, "delivered": delivered or ""}


def train(lake: Lake, event: Event) -> Answer:
    """Go on with this execution's round, after one that somebody else has begun.

    Args:
        lake: where
        event: ``began``: of the round, "" before there is one; ``job_run``; ``delivered``;
            ``copies`` as `take` answers them

    Returns:
        ``done``, ``began``, and the message once it is done

    Raises:
        RetrainingError: there is no model in use
    """
    execution, began = str(event["execution"]), str(event["began"])
    try:
        with _lock(lake):
            found = _own_round(lake, event)
            if found is None:
                return {"done": False, "began": ""}
            _advance(lake, found)
    except RunLockedError as error:
        lake.reporter.line(f"busy: {error.message}")
        return {"done": False, "began": began}
    if not found.done:
        return {"done": False, "began": found.began}
    keys = [copy["key"] for copy in event["copies"]]
    files = [
        file
        for batch in batches(lake)
        if batch.execution == execution or batch.copy in keys
        for file in batch.files
    ]
    text = Message(found.outcome, found.verdict, execution, files, found.began)
    return {"done": True, "began": found.began, **text.as_dict()}


def _own_round(lake: Lake, event: Event) -> Round | None:
    """The execution's round; None while another one has to end first."""
    execution = event["execution"]
    rounds = Rounds(lake)
    if event["began"] and (found := rounds.that_began(event["began"])) is not None:
        return found
    newest = rounds.newest()  # its answer may have been lost
    if newest is not None and newest.notes.get("execution") == execution:
        return newest
    other = unfinished(lake)
    if other is not None:
        _advance(lake, other)
        return None
    names = ("execution", "job_run", "delivered")
    return begin_after_transform(lake, {name: str(event[name]) for name in names})


def _advance(lake: Lake, found: Round) -> None:
    if found.done:
        return
    try:
        advance(lake, found, Thresholds())
    except LakeError as error:
        if not found.done:
            raise
        lake.reporter.line(str(error))  # it has ended, and says why


def _simulator_event(lake: Lake, key: str) -> Answer:
    stream = lake.settings.stream
    return {"bucket": lake.bucket, "key": key, "stream": stream, "offset": 0, "place": None}


def _lock(lake: Lake) -> RunLock:
    state, lost = lake.settings.state, lake.cancelled.set
    return RunLock(lake.s3, lake.bucket, state, "the reactive lake", lost)


STEPS: Final[Mapping[str, Callable[[Lake, Event], Answer]]] = MappingProxyType(
    {"take": take, "deliver": deliver, "train": train}
)
"""By the name that the state machine gives."""

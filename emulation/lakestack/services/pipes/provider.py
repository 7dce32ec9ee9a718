"""EventBridge Pipes: the API operations.

Amazon EventBridge Pipes API Reference.
"""

from __future__ import annotations

import base64
import binascii

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.pipes import rules
from lakestack.services.pipes.pipe import (
    CHANGING,
    CREATING,
    DELETING,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    UPDATING,
    Document,
    Pipe,
)
from lakestack.services.pipes.state import PipesState
from lakestack.services.pipes.store import STORE
from lakestack.services.pipes.transitions import begin

MAX_TAGS = 50
PAGE = 10
_MADE_OF = (
    *("Description", "Source", "SourceParameters", "Enrichment", "EnrichmentParameters"),
    *("Target", "TargetParameters", "RoleArn", "LogConfiguration", "KmsKeyIdentifier"),
)


class PipesProvider:
    """Pipes and their tags."""

    service = "pipes"

    @handler("CreatePipe", expand=False)
    def create_pipe(self, context: RequestContext, request: Document) -> Document:
        name, given = request["Name"], _given(request)
        _check(given)
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.pipes:
                raise _conflict(f"Pipe {name} already exists.")
            pipe = Pipe(name, state.arn(name), given, request.get("DesiredState") or RUNNING)
            pipe.tags = dict(request.get("Tags") or {})
            state.pipes[name] = pipe
            begin(state, pipe, CREATING)
            return pipe.short()

    @handler("UpdatePipe", expand=False)
    def update_pipe(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            pipe = _settled(state, request["Name"])
            changed = rules.merged(pipe.request, _given(request))
            _check(changed)
            pipe.request = changed
            pipe.desired = request.get("DesiredState") or pipe.desired
            begin(state, pipe, UPDATING)
            return pipe.short()

    @handler("DescribePipe", expand=False)
    def describe_pipe(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            return state.pipe(request["Name"]).describe()

    @handler("DeletePipe", expand=False)
    def delete_pipe(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            pipe = _settled(state, request["Name"])
            begin(state, pipe, DELETING)
            return pipe.short()

    @handler("StartPipe", expand=False)
    def start_pipe(self, context: RequestContext, request: Document) -> Document:
        """A pipe that runs goes on (our guess)."""
        return _turn(context, request["Name"], RUNNING, STARTING)

    @handler("StopPipe", expand=False)
    def stop_pipe(self, context: RequestContext, request: Document) -> Document:
        """The batch under way is brought to its end, and the position kept."""
        return _turn(context, request["Name"], STOPPED, STOPPING)

    @handler("ListPipes", expand=False)
    def list_pipes(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            found = [pipe.summary() for _, pipe in sorted(state.pipes.items())]
        chosen = [
            each
            for each in found
            if each["Name"].startswith(request.get("NamePrefix") or "")
            and each["Source"].startswith(request.get("SourcePrefix") or "")
            and each["Target"].startswith(request.get("TargetPrefix") or "")
            and request.get("DesiredState") in (None, each["DesiredState"])
            and request.get("CurrentState") in (None, each["CurrentState"])
        ]
        start = _start_of(request.get("NextToken"))
        end = start + (request.get("Limit") or PAGE)
        more = {"NextToken": base64.b64encode(str(end).encode()).decode()}
        return {"Pipes": chosen[start:end], **(more if end < len(chosen) else {})}

    @handler("TagResource", expand=False)
    def tag_resource(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            pipe = _tagged(state, request["resourceArn"])
            merged = {**pipe.tags, **request["tags"]}
            if len(merged) > MAX_TAGS:
                raise _invalid(f"A pipe has at most {MAX_TAGS} tags, not {len(merged)}.")
            pipe.tags = merged
        return {}

    @handler("UntagResource", expand=False)
    def untag_resource(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            pipe = _tagged(state, request["resourceArn"])
            for key in request["tagKeys"]:
                pipe.tags.pop(key, None)
        return {}

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            return {"tags": dict(_tagged(state, request["resourceArn"]).tags)}


def _state(context: RequestContext) -> PipesState:
    return STORE.get(context.account_id, context.region)


def _given(request: Document) -> Document:
    return {name: request[name] for name in _MADE_OF if request.get(name) is not None}


def _check(pipe: Document) -> None:
    try:
        rules.check(pipe)
    except rules.RuleError as e:
        raise _invalid(f"{e}.") from e


def _turn(context: RequestContext, name: str, desired: str, change: str) -> Document:
    with STORE.holding(context.account_id, context.region) as state:
        pipe = _settled(state, name)
        pipe.desired = desired
        if pipe.current != desired:
            begin(state, pipe, change)
        return pipe.short()


def _settled(state: PipesState, name: str) -> Pipe:
    """A pipe that is not changing.

    Raises:
        CommonServiceException: NotFoundException, ConflictException
    """
    pipe = state.pipe(name)
    if pipe.current in CHANGING:
        raise _conflict(f"Pipe {name} is {pipe.current}; wait until it is not.")
    return pipe


def _tagged(state: PipesState, arn: str) -> Pipe:
    for pipe in state.pipes.values():
        if pipe.arn == arn:
            return pipe
    raise aws_error("NotFoundException", f"Resource {arn} does not exist.", 404)


def _start_of(token: str | None) -> int:
    """Where a page begins.

    Raises:
        CommonServiceException: ValidationException, the token is not from here
    """
    try:
        return int(base64.b64decode(token, validate=True)) if token else 0
    except (ValueError, binascii.Error) as e:
        raise _invalid("Invalid NextToken.") from e


def _invalid(message: str) -> CommonServiceException:
    return aws_error("ValidationException", message)


def _conflict(message: str) -> CommonServiceException:
    return aws_error("ConflictException", message, 409)

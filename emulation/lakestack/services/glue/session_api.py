"""Interactive sessions: the API operations. The session itself is in `session`."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue import session_expiry
from lakestack.services.glue.job import DEFAULT_VERSION, GLUE_VERSIONS, capacity
from lakestack.services.glue.job_checks import check_arguments
from lakestack.services.glue.paging import page
from lakestack.services.glue.sessions.session import Session, illegal
from lakestack.services.glue.state import STORE, GlueState, state_of
from lakestack.services.glue.tagging import drop_tags, set_tags, with_tags

JsonDict = dict[str, Any]

COMMANDS = ("glueetl", "gluestreaming")
MINUTES = 2880
"""Timeout and IdleTimeout where none is given ("Session", "CreateSession")."""

MOST_MINUTES = 10080
_KEPT = ("Description", "Connections", "SecurityConfiguration")


class SessionApi:
    """Create, get, list, stop and delete sessions; run, get, list and cancel statements."""

    @handler("CreateSession", expand=False)
    def create_session(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        session = Session(state.account, state.region, defined(request))
        with STORE.holding(state.account, state.region) as state:
            if session.name in state.sessions:
                raise aws_error(
                    "AlreadyExistsException", f"Session with id {session.name} already exists"
                )
            state.sessions[session.name] = session
            session.start()
        set_tags(state, "session", session.name, request.get("Tags"))
        session_expiry.start()
        return {"Session": session.as_api()}

    @handler("GetSession", expand=False)
    def get_session(self, context: RequestContext, request: JsonDict) -> JsonDict:
        return {"Session": _existing(context, request["Id"]).as_api()}

    @handler("ListSessions", expand=False)
    def list_sessions(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        with state.lock:
            known = dict(state.sessions)
        ids = with_tags(state, "session", sorted(known), request.get("Tags"))
        answer = page(ids, request, "Ids")
        return {**answer, "Sessions": [known[each].as_api() for each in answer["Ids"]]}

    @handler("StopSession", expand=False)
    def stop_session(self, context: RequestContext, request: JsonDict) -> JsonDict:
        session = _existing(context, request["Id"])
        if not session.stop():
            raise illegal(session)
        return {"Id": session.name}

    @handler("DeleteSession", expand=False)
    def delete_session(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """One that still lives is ended, as AWS's notebook kernel expects."""
        session = _existing(context, request["Id"])
        state = state_of(context.account_id, context.region)
        with state.lock:
            state.sessions.pop(session.name, None)
        session.stop()
        drop_tags(state, "session", session.name)
        return {"Id": session.name}

    @handler("RunStatement", expand=False)
    def run_statement(self, context: RequestContext, request: JsonDict) -> JsonDict:
        return {"Id": _existing(context, request["SessionId"]).run(request["Code"]).number}

    @handler("GetStatement", expand=False)
    def get_statement(self, context: RequestContext, request: JsonDict) -> JsonDict:
        session = _existing(context, request["SessionId"])
        return {"Statement": session.statement(request["Id"]).as_api()}

    @handler("ListStatements", expand=False)
    def list_statements(self, context: RequestContext, request: JsonDict) -> JsonDict:
        statements = list(_existing(context, request["SessionId"]).statements)
        return page([each.as_api() for each in statements], request, "Statements")

    @handler("CancelStatement", expand=False)
    def cancel_statement(self, context: RequestContext, request: JsonDict) -> JsonDict:
        session = _existing(context, request["SessionId"])
        session.cancel(session.statement(request["Id"]))
        return {}


def defined(request: JsonDict) -> JsonDict:
    """Check a request of CreateSession and fill in AWS's defaults.

    Raises:
        InvalidInputException: AWS would refuse it, or it is not emulated
    """
    command = dict(request["Command"])
    kind = command.get("Name")
    if kind not in COMMANDS:
        raise _invalid(f"Command {kind!r} is not emulated; {' and '.join(COMMANDS)} are")
    command.setdefault("PythonVersion", "3")
    version = request.get("GlueVersion") or DEFAULT_VERSION
    if version not in GLUE_VERSIONS:
        raise _invalid(
            f"Glue version {version} is not supported; valid: {', '.join(GLUE_VERSIONS)}"
        )
    minutes = {name: request.get(name) or MINUTES for name in ("Timeout", "IdleTimeout")}
    for name, given in minutes.items():
        if given > MOST_MINUTES:
            raise _invalid(f"{name} {given} is not between 1 and {MOST_MINUTES} minutes")
    arguments = request.get("DefaultArguments") or {}
    check_arguments(arguments)
    sizes = capacity(request, kind)
    sizes.pop("AllocatedCapacity")
    return {
        "Id": request["Id"],
        "Role": request["Role"],
        "Command": command,
        "DefaultArguments": arguments,
        "GlueVersion": version,
        **minutes,
        **sizes,
        **{name: request[name] for name in _KEPT if request.get(name)},
    }


def _existing(context: RequestContext, name: str) -> Session:
    state: GlueState = state_of(context.account_id, context.region)
    session = state.sessions.get(name)
    if session is None:
        raise aws_error("EntityNotFoundException", f"Session with id {name} was not found")
    return session


def _invalid(message: str) -> CommonServiceException:
    return aws_error("InvalidInputException", message)

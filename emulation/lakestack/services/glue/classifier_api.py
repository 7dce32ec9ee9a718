"""Custom classifiers. Crawlers use the CSV ones; the other kinds are refused by name."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.base import aws_error
from lakestack.services.glue.paging import page
from lakestack.services.glue.state import GlueState, state_of

JsonDict = dict[str, Any]


class ClassifierApi:
    """Create, update, delete, get and list custom classifiers."""

    @handler("CreateClassifier", expand=False)
    def create_classifier(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        given = _csv(request)
        with state.lock:
            if given["Name"] in state.classifiers:
                raise aws_error(
                    "AlreadyExistsException", f"Classifier with name {given['Name']} already exists"
                )
            now = clock.wall()
            stored = {**given, "CreationTime": now, "LastUpdated": now, "Version": 1}
            state.classifiers[given["Name"]] = stored
        return {}

    @handler("UpdateClassifier", expand=False)
    def update_classifier(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        given = _csv(request)
        with state.lock:
            stored = _existing(state, given["Name"])
            version = stored["Version"] + 1
            stored.update(given, LastUpdated=clock.wall(), Version=version)
        return {}

    @handler("DeleteClassifier", expand=False)
    def delete_classifier(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        with state.lock:
            _existing(state, request["Name"])
            del state.classifiers[request["Name"]]
        return {}

    @handler("GetClassifier", expand=False)
    def get_classifier(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        return {"Classifier": {"CsvClassifier": _existing(state, request["Name"])}}

    @handler("GetClassifiers", expand=False)
    def get_classifiers(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        entries = [{"CsvClassifier": stored} for stored in state.classifiers.values()]
        return page(entries, request, "Classifiers")


def _csv(request: JsonDict) -> JsonDict:
    given: JsonDict | None = request.get("CsvClassifier")
    if given:
        if given.get("CustomDatatypes"):
            raise aws_error(
                "InvalidInputException", "CustomDatatypes of a CSV classifier is not emulated"
            )
        return given
    kinds = [
        kind for kind in ("GrokClassifier", "XMLClassifier", "JsonClassifier") if request.get(kind)
    ]
    raise aws_error(
        "InvalidInputException",
        f"{kinds[0]} is not emulated, only CsvClassifier is" if kinds else "No classifier is given",
    )


def _existing(state: GlueState, name: str) -> JsonDict:
    if name not in state.classifiers:
        raise aws_error("EntityNotFoundException", f"Classifier with name {name} does not exist")
    return state.classifiers[name]

"""Fields of the query protocol that LocalStack would leave out, or could not give back.

``Tags=foo`` where a list is meant, or ``Tags.member.x=foo`` where a number is, are refused by AWS
as MalformedInput (Smithy, "AWS query protocol"). Characters that XML 1.0 has not would be kept, and
whoever lists the resource could not read the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.request_validation.service_errors import Codes

_NUMBER = re.compile(r"(?:[^.]+\.)?[1-9][0-9]{0,8}(?:\..*)?", re.DOTALL)


_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def with_empty_maps(shape: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The request with the maps that it needs and has not: an empty one leaves no field.

    Smithy, "AWS query protocol": a map is its entries' fields and nothing else, so that a client
    who gives an empty one for a required member sends the same as one who gives none.
    """
    members = shape.members
    empty = (n for n in shape.required_members if members[n].type_name == "map")
    return {**request, **{name: {} for name in empty if request.get(name) is None}}


def check_fields(shape: Any, given: Mapping[str, str], codes: Codes) -> None:
    """Check the values' characters, and the keys that belong to the request's lists.

    Raises:
        CommonServiceException: naming the key
    """
    for key, value in given.items():
        if _NOT_XML.search(value):
            raise CommonServiceException(
                codes.invalid, f"The value of '{key}' has characters that are not valid in XML"
            )
    lists = shape.__dict__.get("_lake_lists")
    if lists is None:
        lists = shape.__dict__["_lake_lists"] = {
            str(member.serialization.get("name", name))
            for name, member in shape.members.items()
            if member.type_name == "list" and not member.serialization.get("flattened")
        }
    if not lists:
        return
    for key, value in given.items():
        first, dot, rest = key.partition(".")
        if first not in lists or (not dot and not value):  # an empty list is sent like that
            continue
        if not dot or not _NUMBER.fullmatch(rest):
            raise CommonServiceException(
                "MalformedInput" if codes.unreadable != "ValidationError" else codes.unreadable,
                f"Unexpected list element termination: '{key}' is no member of a list; needed: "
                f"{first}.member.1",
                sender_fault=True,
            )

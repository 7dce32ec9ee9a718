"""Lists of the query protocol that LocalStack would leave out without a word.

``Tags=foo`` where a list is meant, or ``Tags.member.x=foo`` where a number is, are refused by AWS as
MalformedInput (Smithy, "AWS query protocol").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import CommonServiceException

from emulation.services.request_validation.service_errors import Codes

_NUMBER = re.compile(r"(?:[^.]+\.)?[1-9][0-9]{0,8}(?:\..*)?", re.DOTALL)


def check_lists(shape: Any, given: Mapping[str, str], codes: Codes) -> None:
    """Check the keys that belong to the request's lists.

    :raises CommonServiceException: naming the key
    """
    lists = {
        str(member.serialization.get("name", name)): name
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

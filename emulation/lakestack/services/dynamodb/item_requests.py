"""Which bodies of requests about items need no look of ours before the engine gets them.

What is not plainly right (a member that is unknown here, a value of another type, a name that is an
ARN) is not refused but left to the usual way, which reads it strictly and says what is wrong. So
this has to be no complete account of what is valid, and must take nothing that the usual way
refuses and the engine does not (Amazon DynamoDB API Reference, "Actions" and "AttributeValue").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakestack.services.dynamodb.segmented_scan import Document

Check = Callable[[Any], bool]

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
DEEPEST = 32
"""Levels of lists and maps; Amazon DynamoDB Developer Guide, "Constraints"."""


@dataclass(frozen=True)
class Operation:
    """An operation on items.

    Attributes:
        writes: it changes items
        needed: members that it must have
        members: those that are known here, each with its check
        tables: the names of its tables
    """

    writes: bool
    needed: tuple[str, ...]
    members: dict[str, Check]
    tables: Callable[[Document], list[str]]

    def is_plain(self, request: Document) -> bool:
        """Whether the engine may have the body as it is."""
        known = self.members
        for name, value in request.items():
            check = known.get(name)
            if check is None or not check(value):
                return False
        return all(name in request for name in self.needed)


def _text(value: Any) -> bool:
    return type(value) is str


def _flag(value: Any) -> bool:
    return type(value) is bool


def _whole(value: Any) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _table(value: Any) -> bool:
    return type(value) is str and _NAME.fullmatch(value) is not None


def _names(value: Any) -> bool:
    return type(value) is dict and all(type(name) is str for name in value.values())


def _value(value: Any, depth: int = DEEPEST) -> bool:
    if type(value) is not dict or len(value) != 1:
        return False
    ((kind, inner),) = value.items()
    check = _KINDS.get(kind)
    if check is not None:
        return check(inner)
    if kind not in ("M", "L") or not depth or type(inner) is not _NESTED[kind]:
        return False
    return all(_value(each, depth - 1) for each in (inner.values() if kind == "M" else inner))


def _binary(value: Any) -> bool:
    return type(value) is str and _BASE64.fullmatch(value) is not None


def _one_of(*values: str) -> Check:
    return lambda value: type(value) is str and value in values


def _item(value: Any) -> bool:
    if type(value) is not dict:
        return False
    for each in value.values():
        if type(each) is not dict or len(each) != 1:
            return False
        for kind, inner in each.items():  # the usual kinds without a call
            if not (type(inner) is str and kind in ("S", "N")) and not _value(each):
                return False
    return True


def _texts(value: Any) -> bool:
    return type(value) is list and all(type(each) is str for each in value)


def _binaries(value: Any) -> bool:
    return type(value) is list and all(map(_binary, value))


_KINDS: dict[str, Check] = {
    "S": _text,
    "N": _text,
    "BOOL": _flag,
    "NULL": _flag,
    "B": _binary,
    "SS": _texts,
    "NS": _texts,
    "BS": _binaries,
}
_NESTED = {"M": dict, "L": list}


def _writes(value: Any) -> bool:
    if type(value) is not dict or not value:
        return False
    for table, requests in value.items():
        if _NAME.fullmatch(table) is None or type(requests) is not list or not requests:
            return False
        for request in requests:
            if type(request) is not dict or len(request) != 1:
                return False
            ((kind, inner),) = request.items()
            member = {"PutRequest": "Item", "DeleteRequest": "Key"}.get(kind)
            if member is None or type(inner) is not dict or len(inner) != 1:
                return False
            if not _item(inner.get(member)):
                return False
    return True


def _gets(value: Any) -> bool:
    if type(value) is not dict or not value:
        return False
    known = {**_PROJECTION, "Keys": _keys, "ConsistentRead": _flag}
    for table, asked in value.items():
        if _NAME.fullmatch(table) is None or type(asked) is not dict or "Keys" not in asked:
            return False
        if not all(name in known and known[name](each) for name, each in asked.items()):
            return False
    return True


def _keys(value: Any) -> bool:
    return type(value) is list and bool(value) and all(_item(each) for each in value)


def _of_one(request: Document) -> list[str]:
    return [request["TableName"]]


def _of_many(request: Document) -> list[str]:
    return list(request["RequestItems"])


_PROJECTION: dict[str, Check] = {"ProjectionExpression": _text, "ExpressionAttributeNames": _names}
_CAPACITY = {"ReturnConsumedCapacity": _one_of("INDEXES", "TOTAL", "NONE")}
_COLLECTIONS = {"ReturnItemCollectionMetrics": _one_of("SIZE", "NONE")}
_ANY: dict[str, Check] = {"TableName": _table, **_CAPACITY}
_CONDITION: dict[str, Check] = {
    **_ANY,
    "ConditionExpression": _text,
    "ExpressionAttributeNames": _names,
    "ExpressionAttributeValues": _item,
    "ReturnValues": _one_of("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"),
    **_COLLECTIONS,
    "ReturnValuesOnConditionCheckFailure": _one_of("ALL_OLD", "NONE"),
}
_SEARCH: dict[str, Check] = {
    **_ANY,
    **_PROJECTION,
    "ExpressionAttributeValues": _item,
    "FilterExpression": _text,
    "Limit": _whole,
    "ExclusiveStartKey": _item,
    "ConsistentRead": _flag,
}

OPERATIONS = {
    "GetItem": Operation(
        False,
        ("TableName", "Key"),
        {**_ANY, **_PROJECTION, "Key": _item, "ConsistentRead": _flag},
        _of_one,
    ),
    # What LocalStack knows of indexes is asked for only in the usual way.
    "Query": Operation(
        False,
        ("TableName", "KeyConditionExpression"),
        {**_SEARCH, "KeyConditionExpression": _text, "ScanIndexForward": _flag},
        _of_one,
    ),
    "Scan": Operation(
        False,
        ("TableName",),
        {
            **_SEARCH,
            "IndexName": _text,
            "Select": _one_of(
                *("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT")
            ),
            "Segment": _whole,
            "TotalSegments": _whole,
        },
        _of_one,
    ),
    "BatchGetItem": Operation(
        False,
        ("RequestItems",),
        {"RequestItems": _gets, **_CAPACITY},
        _of_many,
    ),
    "PutItem": Operation(True, ("TableName", "Item"), {**_CONDITION, "Item": _item}, _of_one),
    "DeleteItem": Operation(True, ("TableName", "Key"), {**_CONDITION, "Key": _item}, _of_one),
    "UpdateItem": Operation(
        True,
        ("TableName", "Key"),
        {**_CONDITION, "Key": _item, "UpdateExpression": _text},
        _of_one,
    ),
    "BatchWriteItem": Operation(
        True,
        ("RequestItems",),
        {
            "RequestItems": _writes,
            **_CAPACITY,
            **_COLLECTIONS,
        },
        _of_many,
    ),
}
"""Operations whose requests may go as they are."""

"""Objects as JSON and back."""

from __future__ import annotations

import collections
import contextlib
import json
import re
import string
import threading
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from localstack.services.s3.models import S3Bucket, S3Object
from localstack.services.sqs.models import SqsMessage
from localstack.services.sqs.queue import InterruptibleQueue
from moto.iam.models import IAMBackend, Role

from lakestack.errors import SnapshotError
from lakestack.services.saved_state.graph import REMADE, Encoder, Places
from lakestack.services.saved_state.reading import Decoder

DAMAGED: tuple[dict[str, Any], ...] = (
    {},
    {"classes": [], "nodes": {}, "roots": {"r": [0]}},
    {"classes": [], "nodes": [], "roots": {"r": [0]}},
    {"classes": [], "nodes": [["nothing"]], "roots": {"r": [0]}},
    {"classes": [], "nodes": [["tuple", [0]]], "roots": {"r": [0]}},
    {"classes": [], "nodes": [["dict", "key"]], "roots": {"r": [0]}},
    {"classes": [], "nodes": [["datetime", "yesterday"]], "roots": {"r": [0]}},
    {"classes": [], "nodes": [["object", 0, None, None]], "roots": {"r": [0]}},
    {"classes": [], "nodes": [["set", [1]], ["list"]], "roots": {"r": [0]}},
    {"classes": [], "nodes": [["list", [-1]]], "roots": {"r": [0]}},
)
FOREIGN = (
    "os:system",
    "subprocess:Popen",
    "builtins:eval",
    "localstack.utils.run:subprocess",
    "localstack.utils.run:os.system",
    "localstack.services.s3.models:nothing",
    "localstack.services.s3.models:S3Bucket.__init__",
    "localstack.services.s3.nowhere:S3Bucket",
    "localstack.utils.threads:FuncThread",
    "lakestack.host.process:Emulator",
    "moto.iam.models:Optional",
    "moto",
    "",
)


class Kept:
    """Large bytes, in memory."""

    def __init__(self) -> None:
        self.by_name: dict[str, bytes] = {}

    def keep(self, content: bytes) -> str:
        name = f"body-{len(self.by_name)}"
        self.by_name[name] = content
        return name


def round_trip(value: Any) -> Any:
    kept = Kept()
    encoder = Encoder(Places(), kept.keep)
    encoder.add("r", value)
    assert encoder.omitted == []
    document = json.loads(json.dumps(encoder.document))
    return Decoder(document, lambda place: place, kept.by_name.__getitem__).decode()["r"]


ZONES = st.sampled_from([UTC, None, timezone(timedelta(hours=2)), ZoneInfo("Europe/Berlin")])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(timezones=ZONES)
    | st.dates()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
)
KEYS = st.text() | st.integers() | st.tuples(st.text(), st.integers()) | st.binary()
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner)
        | st.frozensets(KEYS)
        | st.sets(KEYS)
        | st.dictionaries(KEYS, inner).map(collections.OrderedDict)
        | st.lists(inner).map(collections.deque)
    ),
    max_leaves=20,
)


@given(TREES)
@settings(max_examples=150, deadline=None)
def test_what_is_saved_comes_back(value: Any) -> None:
    again = round_trip(value)
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        collections.Counter("aab"),
        collections.defaultdict(list, {"a": [1]}),
        collections.deque([1, 2], maxlen=2),
        re.compile("a+", re.IGNORECASE),
        date(2026, 1, 2),
        time(3, 4, tzinfo=UTC),
        Decimal("1.20"),
        uuid.UUID(int=7),
        range(2, 8, 2),
        float("inf"),
        b"x" * 10_000,
        bytes(range(256)),
        2**200,
        "\ud800",
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    ],
)
def test_these_come_back_as_well(value: Any) -> None:
    again = round_trip(value)
    assert again == value
    assert type(again) is type(value)
    if isinstance(value, collections.deque):
        assert again.maxlen == value.maxlen
    if isinstance(value, collections.defaultdict):
        assert again.default_factory is value.default_factory


def test_cycles_and_shared_objects_stay_what_they_are() -> None:
    shared: dict[str, Any] = {"n": 1}
    loop: list[Any] = [shared, shared]
    loop.append(loop)
    shared["home"] = (loop,)
    again = round_trip(loop)
    assert again[0] is again[1]
    assert again[2] is again
    assert again[0]["home"][0] is again


def test_depth_is_no_matter() -> None:
    value: list[Any] = []
    for _ in range(20_000):
        value = [value]
    again = round_trip(value)
    depth = 0
    while again:
        again, depth = again[0], depth + 1
    assert depth == 20_000


def test_objects_of_the_services_come_back_without_their_constructors() -> None:
    item = S3Object("key", size=3, etag="e", user_metadata={"a": "b"})
    bucket = S3Bucket.__new__(S3Bucket)
    bucket.objects = {"key": item}  # type: ignore[assignment]
    bucket.lock = threading.RLock()  # type: ignore[attr-defined]
    again = round_trip([bucket, item])
    assert type(again[0]) is S3Bucket
    assert again[0].objects["key"] is again[1]
    assert {**vars(again[1])} == {**vars(item)}
    assert again[0].lock.acquire(blocking=False)


def test_conditions_share_their_lock_as_before() -> None:
    made = InterruptibleQueue()
    made.put("m")
    again = round_trip(made)
    assert again.not_empty._lock is again.mutex
    assert again.get(timeout=1) == "m"
    again.put("n")
    assert again.get(timeout=1) == "n"


def test_what_hashes_by_what_it_holds_is_found_again() -> None:
    message = SqsMessage.__new__(SqsMessage)
    message.message = {"MessageId": "m"}  # type: ignore[typeddict-item]
    kept, by_message = {message}, {message: 1}
    found = round_trip([kept, by_message, message])
    assert found[2] in found[0]
    assert found[1][found[2]] == 1


def test_keys_come_back() -> None:
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())):
        again, public = round_trip([key, key.public_key()])
        assert again.private_numbers() == key.private_numbers()
        assert public.public_numbers() == key.public_key().public_numbers()


def test_a_thread_is_left_out_and_others_are_named() -> None:
    role = Role.__new__(Role)
    role.name = "r"
    role.thread = threading.Thread()  # type: ignore[attr-defined]
    role.client = object()  # type: ignore[attr-defined]
    role.call = lambda: None  # type: ignore[attr-defined]
    encoder = Encoder(Places(), Kept().keep)
    encoder.add("iam", {"roles": role})
    assert encoder.omitted == [
        "iam.roles.client: builtins.object",
        "iam.roles.call: builtins.function",
    ]
    again = Decoder(encoder.document, lambda p: p, lambda _: b"").decode()["iam"]["roles"]
    assert (again.name, again.thread, again.client) == ("r", None, None)


def test_a_place_is_named_and_not_written() -> None:
    there = object()
    encoder = Encoder(Places({id(there): ["moto", "iam"]}), Kept().keep)
    encoder.add("r", {"backend": there})
    found = Decoder(encoder.document, lambda place: ("the", *place), lambda _: b"").decode()
    assert found == {"r": {"backend": ("the", "moto", "iam")}}


def test_a_factory_of_a_constructor_is_left_to_the_next_one() -> None:
    backend = IAMBackend.__new__(IAMBackend)
    namespace: dict[str, Any] = {"__name__": "moto.iam.models"}
    exec("class B:\n def __init__(self): self.f = lambda: 1\nf = B().f", namespace)  # noqa: S102
    backend.d = collections.defaultdict(namespace["f"], a=1)  # type: ignore[attr-defined]
    encoder = Encoder(Places(), Kept().keep)
    encoder.add("r", backend)
    assert encoder.omitted == []
    assert REMADE in [node[1] for node in encoder.document["nodes"] if node[0] == "default"]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_snapshot_names_no_class_but_ours(name: str) -> None:
    document = {"classes": [name], "nodes": [["object", 0, None, None]], "roots": {"r": [0]}}
    with pytest.raises(SnapshotError):
        Decoder(document, lambda p: p, lambda _: b"").decode()


@pytest.mark.parametrize("name", ["os:getcwd", "subprocess:run", "localstack.utils.run:os.system"])
def test_a_snapshot_names_no_function_but_ours(name: str) -> None:
    for node in (["default", name], ["method", name, None]):
        document = {"classes": [], "nodes": [node], "roots": {"r": [0]}}
        with pytest.raises(SnapshotError):
            Decoder(document, lambda p: p, lambda _: b"").decode()


@pytest.mark.parametrize("document", DAMAGED)
def test_a_damaged_document_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SnapshotError):
        Decoder(document, lambda p: p, lambda _: b"").decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.text(string.ascii_lowercase, max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.lists(st.lists(JSON, min_size=1, max_size=4), max_size=6))
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_a_document_is_read_or_refused(nodes: list[Any]) -> None:
    document = {"classes": [], "nodes": nodes, "roots": {"r": [0]}}
    with contextlib.suppress(SnapshotError):
        Decoder(document, lambda p: p, lambda _: b"").decode()

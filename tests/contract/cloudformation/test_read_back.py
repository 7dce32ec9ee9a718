"""Every property that counts as applied is seen in what its service shows, and goes with its line.

`property_use` says by the source of handlers what they apply; here services are asked. The values
are those of the tables in read_back/.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from lakestack.services.cloudformation import property_use
from lakestack.services.cloudformation.application import NOT_APPLIED
from lakestack.services.cloudformation.schemas import schema_of
from tests.contract.cloudformation.helpers import Stacks, outputs
from tests.contract.cloudformation.read_back.leaves import Leaf, leaves, speaks
from tests.contract.cloudformation.read_back.rows import Model, Row, rows
from tests.support import unique

ROWS = rows()
pytestmark = pytest.mark.large


class Resource:
    """A row's resource in a stack of its own."""

    def __init__(self, stacks: Stacks, row: Row) -> None:
        self.stacks, self.row = stacks, row
        self._given = _fresh(row.properties, unique("rb").replace("-", ""))
        self._beside = _fresh(row.beside, unique("rb").replace("-", ""))
        self._intrinsic: list[Any] = []
        self._asked = [word[4:] for read in row.reads for word in _values(read) if "$Fn." in word]
        self.stack: Mapping[str, Any] = {}

    def made(self) -> None:
        self.stack = self.stacks.create(self._template(self._given), Capabilities=_ALL)
        assert self.stack["StackStatus"] == "CREATE_COMPLETE", self._said()

    def reduced(self, without: set[str]) -> bool:
        """Update without these properties; false where nothing of it is accepted."""
        rest = {name: value for name, value in self._given.items() if name not in without}
        self.stack = self.stacks.update(self.stack, self._template(rest), Capabilities=_ALL)
        return bool(self.stack["StackStatus"] == "UPDATE_COMPLETE")

    def expected(self) -> dict[str, set[Leaf]]:
        """The leaves of each property as the service shows them."""
        return {
            name: {self._called(leaf) for leaf in leaves(value, name)}
            for name, value in self._resolved().items()
            if name not in self.row.unseen
        }

    def _resolved(self) -> Model:
        """The properties with their intrinsic functions resolved."""
        return dict(_resolved(self._given, outputs(self.stack), iter(range(len(self._intrinsic)))))

    def _called(self, leaf: Leaf) -> Leaf:
        name, _, text = self.row.called.get(leaf[0], leaf[0]).partition("=")
        return name.lower(), text or leaf[1]

    def shown(self) -> set[Leaf]:
        """The leaves of all answers."""
        found: list[Any] = []
        for read in self.row.reads:
            service, method, *pairs = read.split()
            given: Model = {}
            for pair in pairs:
                name, _, value = pair.partition("=")
                if "." in name:
                    outer, _, inner = name.partition(".")
                    given[outer] = {inner: self._value(value, found)}
                    continue
                given[name.removesuffix("*")] = (
                    [self._value(value, found)] if name.endswith("*") else self._value(value, found)
                )
            try:
                answer = getattr(self.stacks.aws(service), method)(**given)
            except ParamValidationError as e:
                pytest.fail(f"{read}: {e}")
            except ClientError as e:
                if e.response["ResponseMetadata"]["HTTPStatusCode"] in (501, 500):
                    raise
                continue  # what a resource does not have is often an error
            found.append({k: v for k, v in answer.items() if k != "ResponseMetadata"})
        return set(leaves(found))

    def notes(self) -> str:
        """What the stack's events say that it does not apply, or cannot change."""
        return "; ".join(reason for *_, reason in self.stacks.events(self.stack) if reason)

    def _value(self, text: str, answers: list[Any]) -> Any:
        if not text.startswith("$"):
            before, mark, name = text.partition("$")
            return before + str(self._value(mark + name, answers)) if mark else text
        name, known = text[1:], outputs(self.stack)
        if name == "Ref" or name.startswith("Fn."):
            return known[name.replace(".", "")]
        if name in self._given:
            value = self._resolved()[name]
            return value[0] if isinstance(value, list) and len(value) == 1 else value
        return next((t for key, t in leaves(answers) if key == name.lower()), "-")

    def _template(self, properties: Model) -> Model:
        self._intrinsic = list(_intrinsics(self._given))
        made: Model = {"Ref": {"Value": {"Ref": "R"}}}
        for name in self._asked:
            made[f"Fn{name}"] = {"Value": {"Fn::GetAtt": ["R", name]}}
        for index, function in enumerate(self._intrinsic):
            made[f"I{index}"] = {"Value": function}
        resource = {"Type": self.row.resource_type, "Properties": properties}
        return {"Resources": {**self._beside, "R": resource}, "Outputs": made}

    def _said(self) -> list[Any]:
        return [e for e in self.stacks.events(self.stack) if e[1].endswith("FAILED")]


_ALL = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_is_applied_is_seen_and_goes_with_its_line(stacks: Stacks, row: Row) -> None:
    resource = Resource(stacks, row)

    resource.made()
    expected, shown = resource.expected(), resource.shown()
    said = resource.notes()
    missing = {
        name: sorted(lost)
        for name, wanted in expected.items()
        if (lost := {leaf for leaf in wanted if not _seen(leaf, shown)}) and not _told(name, said)
    }
    assert not missing, f"{row}: not seen, and nothing said: {missing}\n{sorted(shown)}"

    optional = set(expected) - _kept(row)
    if not optional:
        return
    before = resource.notes()
    if not resource.reduced(optional):
        said = resource.notes().removeprefix(before)
        optional = {name for name in optional if name not in said}
        if not optional:
            return  # refused by name
        if not resource.reduced(optional):
            pytest.fail(f"{row}: {said}\n{resource.notes()}")
    shown = resource.shown()
    remains = {n for n in optional if expected[n] and all(_seen(e, shown) for e in expected[n])}
    assert not remains, f"{row}: still there: {remains}\n{sorted(shown)}"


@pytest.mark.parametrize("kind", sorted({row.resource_type for row in ROWS}))
def test_the_rows_of_a_type_name_all_that_is_applied(kind: str) -> None:
    uses = property_use.examine(kind, _providers()[kind])
    applied = {name for name, use in uses.items() if use == property_use.APPLIED}
    known = {n for row in ROWS if row.resource_type == kind for n in {*row.properties, *row.unseen}}

    assert not applied - known


@functools.cache
def _providers() -> dict[str, type]:
    return dict(property_use.providers())


def _kept(row: Row) -> set[str]:
    """Properties that an update keeps: required ones, and those whose change is a replacement."""
    schema = schema_of(row.resource_type) or {}
    fixed = {path.split("/")[2] for path in schema.get("createOnlyProperties", ())}
    return {*(schema.get("required") or ()), *fixed, *row.stays}


def _told(name: str, said: str) -> bool:
    return any(name in note.split("; ")[0] for note in said.split(NOT_APPLIED)[1:])


def _seen(leaf: Leaf, shown: set[Leaf]) -> bool:
    return leaf in shown or (speaks(leaf[1]) and any(text == leaf[1] for _, text in shown))


def _fresh(value: Any, name: str) -> Any:
    """With ``{new}`` replaced by a name that nothing has."""
    match value:
        case dict():
            return {_fresh(key, name): _fresh(item, name) for key, item in value.items()}
        case list():
            return [_fresh(item, name) for item in value]
        case str():
            return value.replace("{new}", name)
    return value


def _is_function(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = next(iter(value))
    return bool(name == "Ref" or name.startswith("Fn::"))


def _intrinsics(value: Any) -> Any:
    if _is_function(value):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _intrinsics(item)


def _resolved(value: Any, known: Mapping[str, str], index: Any) -> Any:
    if _is_function(value):
        return known[f"I{next(index)}"]
    if isinstance(value, dict):
        return {key: _resolved(item, known, index) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, known, index) for item in value]
    return value


def _values(read: str) -> list[str]:
    return [pair.partition("=")[2] for pair in read.split()[2:]]

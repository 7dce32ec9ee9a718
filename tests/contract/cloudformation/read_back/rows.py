"""The tables beside this module: for each resource type values of its properties, and how to read.

A file holds rows by the type's name; a type has several where values exclude each other, with a
word after the name. Keys of a row:

    properties   given to the resource, none of them what holds without it
    reads        one `SERVICE METHOD [NAME=VALUE …]` a line, asked through boto3. `$Ref` stands for
                 the physical id, `$NAME` for the property, else for the first member of that name
                 in the answers so far, `$Fn.NAME` for the attribute; `NAME*=` makes a list of one,
                 `NAME.PART=` a structure
    with         other resources of the template, by logical id
    called       the member that shows what stands under a name in lower case; `NAME=VALUE` where
                 the value has another form
    unseen       properties that no operation shows, and why
    stays        properties that an update without them leaves as they are, and why
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Model = dict[str, Any]
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """One resource; the keys of a row, as the module says."""

    name: str
    properties: Model
    reads: list[str]
    beside: Model = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)
    stays: dict[str, str] = field(default_factory=dict)

    @property
    def resource_type(self) -> str:
        return self.name.partition(" ")[0]

    def __str__(self) -> str:
        return self.name


def rows() -> list[Row]:
    """All rows, by name."""
    found = {}
    for file in sorted(_FOLDER.glob("*.yaml")):
        for name, row in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            assert name not in found, f"{name} stands twice"
            given = {"properties": {}, **row}
            given["beside"] = given.pop("with", {})
            found[name] = Row(name, **given)
    return [found[name] for name in sorted(found)]

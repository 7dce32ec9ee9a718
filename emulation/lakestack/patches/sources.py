"""Whether what is patched is still what the patches were written for.

``targets.lock`` has, for each target, the file and the definition it comes from and a digest of
its text; and a digest of each file. A file that is the same needs no closer look, so that a start
costs a few milliseconds; of any other, the definitions are compared.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FunctionType
from typing import Any

from lakestack.errors import PatchError
from lakestack.patches.declaration import Patch
from lakestack.patches.register import PATCHES

LOCK = Path(__file__).with_name("targets.lock")
COMMAND = "python -m lakestack.patches"
DISTRIBUTIONS = {
    "localstack": "localstack-core",
    "moto": "moto-ext",
    "botocore": "botocore",
    "rolo": "rolo",
}
"""Packages whose internals are patched, and the distributions they come from."""


@dataclass(frozen=True)
class Definition:
    """Where a target's text is.

    Attributes:
        module: file that the target is reached by, below site-packages, with slashes
        file: the same of its definition
        name: dotted, in that file
        digest: of its text without blank lines and comment lines
    """

    module: str
    file: str
    name: str
    digest: str


def verify(patches: Iterable[Patch] = PATCHES, lock: Path = LOCK) -> None:
    """Compare every target's source with what the patch was checked with.

    Args:
        patches: those to look at
        lock: the recorded digests

    Raises:
        PatchError: some have changed or are gone; all are named
    """
    if faults := list(_faults(patches, json.loads(lock.read_text(encoding="utf-8")))):
        raise PatchError(
            "what these patches replace is not what they were checked with: " + "; ".join(faults),
            f"compare, fix the patch, then: {COMMAND} --update",
        )


def _faults(patches: Iterable[Patch], lock: dict[str, Any]) -> Iterator[str]:
    same = {file for file, digest in lock["files"].items() if _file_digest(file) == digest}
    for patch in patches:
        for target in patch.targets:
            known = lock["targets"].get(target)
            if known is None:
                yield f"{patch.name} ({patch.by}): {target} is not in {LOCK.name}"
            elif what := _change(target, Definition(**known), same):
                yield (
                    f"{patch.name} ({patch.by}): {target}, defined as {known['name']} in "
                    f"{known['file']}, {what} since {_since(known['file'], lock['versions'])}"
                )


def _change(target: str, known: Definition, same: set[str]) -> str | None:
    """What has become of a target; None for nothing."""
    if known.module not in same:
        top = target.partition(":")[2].partition(".")[0]
        if definition_text(known.module, top) is None:
            return "is gone"
    if known.file not in same:
        text = definition_text(known.file, known.name)
        if text is None:
            return "is gone"
        if _digest(text) != known.digest:
            return "has changed"
    return None


def _since(file: str, versions: dict[str, str]) -> str:
    distribution = DISTRIBUTIONS.get(file.partition("/")[0], file)
    try:
        now = version(distribution)
    except PackageNotFoundError:
        now = "none"
    return f"{distribution} {versions.get(distribution, '?')} (installed: {now})"


def record() -> dict[str, Any]:
    """What ``targets.lock`` has to say now; imports everything that is patched.

    Raises:
        PatchError: a target is gone
    """
    found = {t: _definition(patch, t) for patch in PATCHES for t in patch.targets}
    files = {file for each in found.values() for file in (each.module, each.file)}
    return {
        "versions": {name: version(name) for name in sorted(DISTRIBUTIONS.values())},
        "files": {file: _file_digest(file) for file in sorted(files)},
        "targets": {target: vars(each) for target, each in sorted(found.items())},
    }


def _definition(patch: Patch, target: str) -> Definition:
    from lakestack.patches.apply import _owner

    owner, attribute = _owner(patch, target)
    value = getattr(owner, attribute)
    places = [
        (base.__module__, f"{base.__qualname__}.{attribute}")
        for base in getattr(owner, "__mro__", ())
        if attribute in vars(base) and base is not object
    ]
    if isinstance(value, FunctionType | type) and value.__module__.split(".")[0] in DISTRIBUTIONS:
        places.append((value.__module__, value.__qualname__))
    module, _, path = target.partition(":")
    places.append((module, path))  # a constant, or what the module imports from elsewhere
    for where, name in places:
        file = _file_of(where)
        if (text := definition_text(file, name)) is not None:
            return Definition(_file_of(module), file, name, _digest(text))
    raise PatchError(f"patch {patch.name}: {target} has no source", None)


def _file_of(module: str) -> str:
    found = importlib.import_module(module).__file__
    assert found is not None  # noqa: S101 - only namespace packages have none
    top = module.partition(".")[0]
    return f"{top}/{Path(found).relative_to(_root(top)).as_posix()}"


@lru_cache
def _root(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise PatchError(f"the package {package} is not installed", "make setup")
    return Path(next(iter(spec.submodule_search_locations)))


def _path(file: str) -> Path:
    package, _, rest = file.partition("/")
    return _root(package) / rest


def _file_digest(file: str) -> str | None:
    try:
        return hashlib.sha256(_path(file).read_bytes()).hexdigest()[:32]
    except OSError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


PARSING = threading.Lock()
"""Python before 3.11.8 and 3.12.2 fails with a SystemError when two threads parse beside each other
(python/cpython, issue 106905)."""


def definition_text(file: str, name: str) -> str | None:
    """The text of a definition, without blank lines and comment lines; None if it is not there.

    Args:
        file: below site-packages
        name: dotted
    """
    try:
        source = _path(file).read_text(encoding="utf-8")
    except OSError:
        return None
    with PARSING:
        nodes: list[ast.stmt] = ast.parse(source).body
    *classes, last = name.split(".")
    for each in classes:
        nodes = [n for node in _binding(nodes, each) for n in getattr(node, "body", [])]
    lines = source.splitlines()
    kept = []
    for node in _binding(nodes, last):
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        kept += [line.strip() for line in lines[first - 1 : node.end_lineno]]
    return "\n".join(line for line in kept if line and not line.startswith("#")) or None


def _binding(nodes: Iterable[ast.stmt], name: str) -> Iterator[ast.stmt]:
    """The statements that bind a name, also below `if` and `try`."""
    for node in nodes:
        if name in _bound(node):
            yield node
        elif isinstance(node, ast.If | ast.Try):
            yield from _binding([*node.body, *node.orelse, *getattr(node, "finalbody", [])], name)


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}

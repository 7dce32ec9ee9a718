"""Nothing changes another package's internals beside `lakestack.patches`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestack.patches.declaration import Patch
from lakestack.patches.register import PATCHES
from tests.support import PROJECT

ROOT = PROJECT / "emulation" / "lakestack"
APART = ("patches", "confinement", "services/glue/runtime", "services/lambda_/runtime")
"""The helper; and what runs inside user code's own process, where LocalStack is not."""
FOREIGN = ("localstack", "moto", "botocore", "boto3", "rolo", "werkzeug", "twisted", "plux")
CHANGING = {
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
    *("update", "setdefault", "popitem", "discard", "__setitem__"),
}
_LOADING = {"importlib.import_module", "import_module", "__import__"}


def changes(tree: ast.Module) -> Iterator[int]:
    """Lines that assign to, delete from or change what belongs to another package."""
    foreign = _foreign(tree)

    def belongs(node: ast.expr) -> bool:
        if ast.unparse(node).startswith("sys.modules["):
            return True
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Call):
            return ast.unparse(node.func) in _LOADING
        return isinstance(node, ast.Name) and node.id in foreign

    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete):
            targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
            for target in targets:
                for each in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                    if isinstance(each, ast.Attribute | ast.Subscript) and belongs(each.value):
                        yield node.lineno
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if (name in {"setattr", "delattr"} and belongs(node.args[0])) or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in CHANGING
                and belongs(node.func.value)
            ):
                yield node.lineno


def _foreign(tree: ast.Module) -> set[str]:
    """Names that stand for another package's modules, classes and constants, aliases included."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            tops = ((alias.asname or alias.name.split(".")[0], alias.name) for alias in node.names)
            names |= {name for name, module in tops if module.split(".")[0] in FOREIGN}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module.split(".")[0] in FOREIGN:
                names |= {alias.asname or alias.name for alias in node.names}
    size = -1
    while size != len(names):
        size = len(names)
        for node in ast.walk(tree):
            if isinstance(node, ast.For):
                pairs = [(node.target, node.iter)]
            elif isinstance(node, ast.Assign):
                pairs = [(target, node.value) for target in node.targets]
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                pairs = [(node.target, node.value)]
            else:
                continue
            names |= {t.id for t, v in pairs if isinstance(t, ast.Name) and _stands_for(v, names)}
    return names


def _stands_for(value: ast.expr, names: set[str]) -> bool:
    if isinstance(value, ast.Tuple | ast.List):
        return any(_stands_for(each, names) for each in value.elts)
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) in _LOADING
    while isinstance(value, ast.Attribute):  # what is indexed is state, an account's
        value = value.value
    return isinstance(value, ast.Name) and value.id in names


def _files() -> list[Path]:
    found = sorted(ROOT.rglob("*.py"))
    return [f for f in found if not f.relative_to(ROOT).as_posix().startswith(APART)]


def test_other_packages_are_changed_by_the_helper_only() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in _files()
        for line in changes(ast.parse(file.read_text(encoding="utf-8")))
    ]
    if found:
        places = ", ".join(found)
        pytest.fail(f"declare it in patches/register.py, use patches.replace: {places}", False)


@pytest.mark.parametrize(
    "text",
    [
        "from localstack import config\nconfig.LOCALHOST = 1",
        "import moto.core\nmoto.core.utils.x = 1",
        "from moto.logs.models import LogGroup as G\ng: Any = G\ng.read = None",
        "from moto.s3 import a, b\nfor m in (a, b):\n    setattr(m, 'x', 1)",
        "from moto.s3 import a\nb = a.c\nb.d, e = 1, 2",
        "import importlib\nm = importlib.import_module(name)\nm.re = 1",
        "import sys\nsys.modules[name].re = 1",
        "from localstack.services.lambda_ import runtimes\nruntimes.ALL.extend([1])",
        "from localstack.aws.handlers import cors\ncors.ORIGINS[:] = []",
        "from localstack.aws.handlers import cors\ndel cors.ORIGINS",
    ],
)
def test_the_search_finds_changes(text: str) -> None:
    assert list(changes(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "from moto.s3 import a\nb = a()\nb.c = 1",  # an object of our own
        "from moto.s3 import stores\nstores[account].layers.pop(1)",
        "from lakestack import patches\npatches.replace('x', 1)",
        "self.x = 1",
    ],
)
def test_the_search_leaves_our_own_things_alone(text: str) -> None:
    assert not list(changes(ast.parse(text)))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_each_patch_is_made_where_it_says(patch: Patch) -> None:
    file = ROOT / Path(*patch.by.split(".")[1:]).with_suffix(".py")
    made = [
        ast.unparse(node.args[0])
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("patches.")
    ]
    family = [text for text in made if text.startswith("f") and "{" in text]
    assert repr(patch.name) in made or any(
        patch.name.startswith(text[2:].partition("{")[0]) for text in family
    )

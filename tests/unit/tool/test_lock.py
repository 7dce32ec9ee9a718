"""The emulator's part of the lock."""

from __future__ import annotations

import tomllib

import pytest

from lakestack.tool import lock
from tests.integration.distribution.environments import closure
from tests.support import PROJECT

WHOLE = """# head
#    uv pip compile
a==1 \\
    --hash=sha256:aa
    # via project (pyproject.toml)
b-c==2 ; sys_platform == 'win32' \\
    --hash=sha256:bb \\
    --hash=sha256:bc
    # via
    #   a
    #   x
x==3 \\
    --hash=sha256:cc
    # via other
"""


def test_it_is_up_to_date() -> None:
    assert lock.main(["--check"]) == 0


def test_a_package_comes_with_what_it_needs_and_nothing_else() -> None:
    made = lock.subset(WHOLE, ["A"])
    assert [(e.name, e.text.count("--hash")) for e in lock.entries(made)] == [("a", 1), ("b-c", 2)]
    assert "sys_platform == 'win32'" in made
    assert "via" not in made.partition("\na==")[2]


def test_what_the_whole_lock_has_not_got_is_named() -> None:
    with pytest.raises(ValueError, match=r"no y; run: make lock"):
        lock.subset(WHOLE, ["a", "y"])


def test_it_has_all_that_the_installed_packages_need() -> None:
    held = {entry.name for entry in lock.entries(lock.LOCK.read_text(encoding="utf-8"))}
    assert closure("lakestack[emulator,glue,sagemaker]") - {"lakestack"} <= held
    assert set(lock.INSTALLERS) <= held
    assert "pytest" not in held


def test_what_is_declared_has_every_extra() -> None:
    project = tomllib.loads((PROJECT / "emulation" / "pyproject.toml").read_text())["project"]
    declared = lock.declared(project)
    assert {"boto3", "localstack-core", "pyspark", "numpy"} <= declared
    assert "lakestack" not in declared

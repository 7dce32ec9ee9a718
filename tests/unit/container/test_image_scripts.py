"""What the Dockerfile runs while it builds: the requirements and the bill of materials."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from lakestack.java.artifacts import LOCK
from tests.support import PROJECT

PACKAGES = str(Path(psutil.__file__).parents[1])
"""Where packages are, without what an editable install of the emulator adds to the path."""


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROJECT / "emulation/image" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As the Dockerfile lays it out."""
    for name in ("requirements.lock", "emulation/pyproject.toml", "pipeline/pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def test_requirements_are_the_locks_and_leave_the_emulator_itself_out(clone: Path) -> None:
    found = script("requirements").requirements(clone)
    assert "localstack-core[runtime]==4.9.2" in found
    names = [each.partition("==")[0].partition("[")[0] for each in found]
    assert {"pyspark", "implicit", "scipy", "boto3"} <= set(names)
    assert "lakestack" not in names
    assert len(names) == len(set(names))
    lock = (clone / "requirements.lock").read_text(encoding="utf-8")
    for each in found:
        name, version = each.split("==")
        assert f"\n{name.partition('[')[0]}=={version} " in lock


def test_what_is_not_asked_for_does_not_change_them(clone: Path) -> None:
    before = script("requirements").requirements(clone)
    with (clone / "emulation" / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('\n[project.entry-points."some.group"]\nname = "lakestack:find"\n')
    assert script("requirements").requirements(clone) == before


def test_a_requirement_that_the_lock_has_not_got_is_an_error(clone: Path) -> None:
    (clone / "requirements.lock").write_text("boto3==1.0 \\\n", encoding="utf-8")
    with pytest.raises(KeyError):
        script("requirements").requirements(clone)


def test_what_makes_the_artefacts_finds_all_that_it_imports(tmp_path: Path) -> None:
    stage = (PROJECT / "emulation" / "Dockerfile").read_text(encoding="utf-8")
    stage = stage.partition(" AS artefacts\n")[2].partition("\nFROM ")[0].replace("\\\n", " ")
    for line in re.findall(r"^COPY (.*)", stage, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            found, place = PROJECT / source, tmp_path / target
            place.mkdir(parents=True, exist_ok=True)
            if found.is_dir():
                shutil.copytree(found, place, dirs_exist_ok=True)
            else:
                shutil.copy(found, place)
    program = "import artefacts; from lakestack.java import artifacts; print(artifacts.__file__)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.append({PACKAGES!r}); {program}"],
        env={"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path}/lakestack/java/artifacts.py\n"


def test_the_bill_names_the_java_artefacts_that_are_there(tmp_path: Path) -> None:
    sbom = script("sbom")
    (tmp_path / "dynamodb-local-0123456789ab").mkdir()
    found = list(sbom.java_components(LOCK, tmp_path))
    assert found
    (own,) = [each for each in found if each["name"] == "DynamoDBLocal"]
    assert own["purl"].startswith("pkg:maven/software.amazon.dynamodb/DynamoDBLocal@")
    assert own["hashes"][0]["alg"] == "SHA-256"
    assert all(f"{each['group']}:{each['name']}:" in LOCK.read_text() for each in found)
    assert not [each for each in found if each["name"].startswith("spark-hadoop")]


def test_the_bill_has_each_component_once_and_depends_on_them_alone() -> None:
    sbom = script("sbom")
    found = list(sbom.python_components())
    one, other = sbom.document(found), sbom.document([*reversed(found), *found])
    assert one == other
    purls = [each["purl"] for each in one["components"]]
    assert len(purls) == len(set(purls))
    assert any(purl.startswith("pkg:pypi/localstack-core@4.9.2") for purl in purls)
    fewer = [each for each in found if each["purl"] != purls[0]]
    assert one["serialNumber"] != sbom.document(fewer)["serialNumber"]

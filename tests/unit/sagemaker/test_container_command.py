"""Commands of containers: what is refused, and what runs here, with and without namespaces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from localstack.aws.api import CommonServiceException

from lakestack.services.sagemaker import launch, opt_ml
from lakestack.services.sagemaker.container_command import (
    check_command,
    host_command,
    host_environment,
)

FOLDERS = (PurePosixPath("/opt/ml/input/data/code"),)
SCRIPT = "/opt/ml/input/data/code/run"
TAKEN: list[tuple[list[str], list[str]]] = [
    (["/usr/bin/python3.11", "-u", f"{SCRIPT}.py", "b"], ["--a", "1"]),
    (["/bin/bash"], ["-c", f"chmod +x {SCRIPT}.sh && {SCRIPT}.sh"]),
    (["bash", "-eu", f"{SCRIPT}.sh"], []),
    (["/bin/sh"], [f"{SCRIPT}.sh", "x"]),
    ([SCRIPT], []),
]
REFUSED: list[tuple[list[str], str]] = [
    (["bash", "/x.sh"], "script /x.sh of the image"),
    (["/usr/local/bin/train"], "script /usr/local/bin/train of the image"),
    (["train"], "ContainerEntrypoint"),
    (["python3", "/code/own.py"], "script /code/own.py of the image"),
    (["python3"], "ContainerEntrypoint"),
    (["python3", "-m", "x"], "ContainerEntrypoint"),
    (["python3", f"{SCRIPT}/../../../../x.py"], "of the image"),
]


@pytest.fixture(params=[True, False], ids=["namespaces", "without"])
def namespaces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(opt_ml, "available", lambda: request.param)
    return bool(request.param)


@pytest.mark.parametrize(("entrypoint", "arguments"), TAKEN)
def test_commands_of_inputs_are_taken(
    entrypoint: list[str], arguments: list[str], namespaces: bool
) -> None:
    if namespaces or "python" in entrypoint[0]:
        check_command(entrypoint, arguments, FOLDERS)
    else:
        with pytest.raises(CommonServiceException, match="without mount namespaces"):
            check_command(entrypoint, arguments, FOLDERS)


@pytest.mark.parametrize(("entrypoint", "said"), REFUSED)
@pytest.mark.usefixtures("namespaces")
def test_commands_of_the_image_are_refused(entrypoint: list[str], said: str) -> None:
    with pytest.raises(CommonServiceException, match="does not support") as caught:
        check_command(entrypoint, [], FOLDERS)
    assert said in str(caught.value)
    assert "/opt/ml/input/data/code" in str(caught.value)


def test_python_runs_by_this_interpreter(namespaces: bool) -> None:
    entrypoint, arguments = TAKEN[0]
    found = host_command(Path("/root/x"), entrypoint, arguments)
    if namespaces:
        words = [sys.executable, "-u", f"{SCRIPT}.py", "b", "--a", "1"]
        assert found == [sys.executable, "-I", "-S", opt_ml.__file__, "/root/x", *words]
    else:
        mapped = SCRIPT.replace("/opt/ml", "/root/x")
        words = [launch.__file__, "/root/x", f"{mapped}.py", "b", "--a", "1"]
        assert found == [sys.executable, "-u", *words]


def test_an_environment_finds_python_and_the_folders(namespaces: bool) -> None:
    found = host_environment(Path("/root/x"), {"OUT": "/opt/ml/model", "MINE": "x"})
    assert found["PATH"].split(":")[0] == str(Path(sys.executable).parent)
    assert found["MINE"] == "x"
    assert found["OUT"] == ("/opt/ml/model" if namespaces else "/root/x/model")


@pytest.mark.skipif(not opt_ml.available(), reason="no mount namespaces for this user")
def test_a_command_alone_has_the_folder_as_its_opt_ml(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("text\n")
    before = sorted(Path("/opt").iterdir())
    script = "cat /opt/ml/given && echo more > /opt/ml/made && ls /opt"
    done = subprocess.run(
        opt_ml.inside(tmp_path, ["sh", "-c", script]), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["text", *sorted({"ml", *(each.name for each in before)})]
    assert (tmp_path / "made").read_text() == "more\n"
    assert sorted(Path("/opt").iterdir()) == before

"""What the `lake` command imports: only what the command called needs, so that it starts fast."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pipeline.cli import quick_imports

HEAVY = {
    *("boto3", "botocore", "rich", "yaml", "numpy", "pandas", "pyarrow", "scipy", "implicit"),
    *("localstack", "moto", "pyspark", "twisted"),
}
PROBE = """
import sys
from pipeline.cli.commands import main
sys.argv = ["lake", *sys.argv[1:]]
try:
    main()
finally:
    names = {name.partition(".")[0] for name, module in sys.modules.items() if module}
    print("loaded:", *names, file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """Top-level packages that are loaded once a command has ended."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("LAKE_", "COV_"))}
    run = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment,
    )
    names = [line for line in run.stderr.splitlines() if line.startswith("loaded:")]
    assert names, run.stderr
    return set(names[-1].split()[1:])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["run", "--help"],
        ["emulator", "start", "--help"],
        ["cluster", "--help"],
        ["run", "--no-such-option"],
        ["no-such-command"],
        ["status", "--target", "local", "--no-such-option", "--json"],
    ],
    ids=" ".join,
)
def test_help_and_usage_errors_load_nothing_heavy(arguments: list[str]) -> None:
    assert loaded(*arguments) & HEAVY == set()


@pytest.mark.parametrize("command", ["run", "status", "doctor", "iam-policy"])
def test_a_command_of_the_pipeline_loads_no_plug_in(command: str) -> None:
    assert "lakestack" not in loaded(command, "--help")


def test_a_plug_in_is_loaded_for_its_own_command_and_for_the_list() -> None:
    assert "lakestack" in loaded("emulator", "--help")
    assert "lakestack" in loaded("--help")


def test_a_command_at_work_loads_what_it_needs_and_no_more() -> None:
    found = loaded("status", "--endpoint", "http://127.0.0.1:9")
    assert "boto3" in found
    assert "OpenSSL" not in found, "it takes as long as a fourth of boto3"
    assert "awscrt" not in found, "it takes as long as a sixth of boto3"
    assert "rich" not in found, "a command that reports nothing draws nothing"
    assert found & {"numpy", "pandas", "pyarrow", "scipy", "implicit", "lakestack"} == set()


def test_a_run_reads_data_only_where_it_has_to() -> None:
    found = loaded("run", "--only", "train", "--endpoint", "http://127.0.0.1:9")
    assert "pipeline" in found
    assert "numpy" not in found, "most runs find the data cleaned already"


@pytest.mark.parametrize(
    ("arguments", "environ", "kept"),
    [
        (["status"], {}, False),
        (["status", "--endpoint", "http://127.0.0.1:9"], {"LAKE_TARGET": ""}, False),
        (["status", "--target", "aws"], {}, True),
        (["status", "--target=aws"], {}, True),
        (["status"], {"LAKE_TARGET": "aws"}, True),
    ],
)
def test_a_target_that_is_named_may_need_the_common_runtime(
    arguments: list[str], environ: dict[str, str], kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules: dict[str, None] = {}
    monkeypatch.setattr(quick_imports, "sys", SimpleNamespace(modules=modules))

    quick_imports.leave_out(arguments, environ)

    assert (quick_imports.COMMON_RUNTIME not in modules) is kept
    assert quick_imports.PYOPENSSL in modules


def test_without_pyopenssl_botocore_speaks_tls_by_the_same_class() -> None:
    """As `pipeline.cli.quick_imports` says of botocore and urllib3."""
    program = """
import sys
from pipeline.cli.quick_imports import leave_out
if sys.argv[1] == "out":
    leave_out()
import botocore.httpsession, urllib3.util.ssl_
print(botocore.httpsession.SSLContext is urllib3.util.ssl_.SSLContext, "OpenSSL" in sys.modules)
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", program, how], capture_output=True, text=True, check=True
        ).stdout.split()
        for how in ("out", "in")
    ]
    assert said == [["True", "False"], ["True", "True"]]

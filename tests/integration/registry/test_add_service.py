"""CONTRIBUTING.md, "Add a service": its steps are enough for an emulator that answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import boto3

from tests.support import PROJECT, free_port

PROVIDER = """
from localstack.aws.api import handler


class TranslateProvider:
    service = "translate"

    @handler("ListLanguages", expand=False)
    def list_languages(self, context, request):
        return {"Languages": [{"LanguageName": "Esperanto", "LanguageCode": "eo"}]}
"""
ENTRY = """    EmulatedService(
        "translate", "Translate", "lakestack.services.translate.provider:TranslateProvider"
    ),
"""


def test_a_new_service_answers(tmp_path: Path) -> None:
    folder = tmp_path / "emulation"
    shutil.copytree(PROJECT / "emulation", folder, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PYTHONPATH": str(folder), "LAKE_HOME": str(tmp_path / "home")}

    def run(*command: str) -> None:
        done = subprocess.run(
            [sys.executable, *command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    # 1: the provider
    service = folder / "lakestack" / "services" / "translate"
    service.mkdir()
    (service / "__init__.py").touch()
    (service / "provider.py").write_text(PROVIDER)
    # 2: the register
    register = folder / "lakestack" / "registry.py"
    begin = "SERVICES: tuple[EmulatedService, ...] = (\n"
    register.write_text(register.read_text().replace(begin, begin + ENTRY))
    # 3: the entry points, and what `make setup` does with them
    run("-m", "lakestack.registry")
    _install(folder)
    port = str(free_port())
    emulator = ("-c", "from lakestack.console import main; main()")
    run(*emulator, "start", "--port", port)
    try:
        client = boto3.client(
            "translate",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="000000000000",
            aws_secret_access_key="test",
        )
        assert client.list_languages()["Languages"][0]["LanguageCode"] == "eo"
    finally:
        run(*emulator, "stop", "--port", port)


def _install(folder: Path) -> None:
    """Make the entry points of a copy known, as an editable installation does."""
    declared = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["entry-points"]
    metadata = folder / "lakestack-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lakestack\nVersion: 0.1.0\n")
    lines: list[str] = []
    for group, entries in declared.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")

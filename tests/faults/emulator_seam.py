"""Puts links in front of the engine and of the gateway, inside an emulator under test.

`lake.FaultyLake` hangs a link to this file, as ``sitecustomize.py``, and ``faults.json`` into a
folder of PYTHONPATH, which Python reads when the emulator starts. Nothing of the product knows it.
Standard library only.

``faults.json``: ``engine`` and ``gateway``, ports of the links; the engine's own port is written to
``engine.port`` when it is known.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path(__file__).parent
EMULATOR = "localstack.runtime.main"


def install() -> None:
    """Change the emulator's modules as they are imported; no other program's."""
    if EMULATOR not in sys.orig_argv:
        return
    ports = json.loads((FOLDER / "faults.json").read_text(encoding="utf-8"))
    engine, gateway = (f"http://127.0.0.1:{ports[name]}" for name in ("engine", "gateway"))

    def by_link(url: str) -> str:
        port, place = str(urlsplit(url).port), FOLDER / "engine.port"
        if not place.exists() or place.read_text() != port:
            part = place.with_suffix(".part")
            part.write_text(port)
            part.replace(place)
        return engine

    def engine_module(module: ModuleType) -> None:
        original = module.engine_endpoint

        def engine_endpoint(account: str, region: str) -> tuple[str, str]:
            url, key = original(account, region)
            return by_link(url), key

        module.engine_endpoint = engine_endpoint  # type: ignore[attr-defined]

    def provider_module(module: ModuleType) -> None:
        original = module.DynamoDBProvider.get_forward_url

        def get_forward_url(self: Any, *arguments: Any, **named: Any) -> str:
            return by_link(original(self, *arguments, **named))

        module.DynamoDBProvider.get_forward_url = get_forward_url

    def server_module(module: ModuleType) -> None:
        original = module.DynamodbServer.__init__

        def construct(self: Any, *arguments: Any, **named: Any) -> None:
            original(self, *arguments, **named)
            self.proxy = module.AwsRequestProxy(by_link(self.url))

        module.DynamodbServer.__init__ = construct

    def environment_of(name: str) -> Callable[[ModuleType], None]:
        def change(module: ModuleType) -> None:
            original = getattr(module, name)

            def environment(*arguments: Any, **named: Any) -> dict[str, str]:
                return {**original(*arguments, **named), "AWS_ENDPOINT_URL": gateway}

            setattr(module, name, environment)

        return change

    changes = {
        "lakestack.services.dynamodb.engine": engine_module,
        "localstack.services.dynamodb.provider": provider_module,
        "localstack.services.dynamodb.server": server_module,
        "lakestack.services.processes": environment_of("clean_environment"),
        "lakestack.services.lambda_.environment": environment_of("environment_variables"),
    }
    sys.meta_path.insert(0, _Changer(changes))


class _Changer(importlib.abc.MetaPathFinder):
    """Changes modules at the end of their import."""

    def __init__(self, changes: dict[str, Callable[[ModuleType], None]]) -> None:
        self._changes = changes

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        change = self._changes.pop(name, None)
        if change is None:
            return None
        spec = importlib.util.find_spec(name)
        assert spec is not None, name
        assert spec.loader is not None, name
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            change(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if __name__ == "sitecustomize":
    install()

"""Routes the connections of a job, an endpoint, or a Python program that user code starts.

Python imports this before the program. It may be another Python than the emulator's. Another
`sitecustomize` that stands behind this one on the path is run as if this were not there.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120


def _install() -> None:
    host, _, port = os.environ.pop("LAKE_GATEWAY", "").rpartition(":")
    subject = os.environ.pop("LAKE_CONFINED", "")
    spec = importlib.util.spec_from_file_location(
        "_lake_network",
        os.path.join(os.path.dirname(HERE), "network.py"),  # noqa: PTH118, PTH120
    )
    if not host or spec is None or spec.loader is None:
        return
    network = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(network)
    for name in network.PROXIED:  # they would keep it from the emulator too
        for each in (name, name.upper()):
            os.environ.pop(each, None)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"  # nor one of the machine's settings
    network.install((host, int(port)), *([subject] if subject else []))


def _run_next() -> None:
    path = [p for p in sys.path if os.path.abspath(p or ".") != HERE]  # noqa: PTH100
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_install()
_run_next()

"""Routes the connections of a Python program that a function starts like the function's own.

Python imports this before the program. It may be another Python than the emulator's.
"""

from __future__ import annotations

import importlib.util
import os


def _install() -> None:
    host, _, port = os.environ.pop("LAKE_GATEWAY", "").rpartition(":")
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    spec = importlib.util.spec_from_file_location(
        "_lambda_network",
        os.path.join(os.path.dirname(here), "network.py"),  # noqa: PTH118, PTH120
    )
    if not host or spec is None or spec.loader is None:
        return
    network = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(network)
    for name in network.PROXIED:  # they would keep it from the emulator too
        for each in (name, name.upper()):
            os.environ.pop(each, None)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"  # nor one of the machine's settings
    network.install((host, int(port)))


_install()

"""Wheels and an index of them, made by tests."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path


def wheel(folder: Path, name: str, version: str, code: str, *requires: str) -> Path:
    """Make a pure wheel with one module of the same name.

    Args:
        code: of the module
        requires: what it depends on
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    files = {
        f"{name}.py": code,
        f"{about}/METADATA": "\n".join([*metadata, *(f"Requires-Dist: {r}" for r in requires), ""]),
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        record = "".join(f"{path},,\n" for path in (*files, f"{about}/RECORD"))
        archive.writestr(f"{about}/RECORD", record)
    return made


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def index(folder: Path) -> Iterator[str]:
    """Serve wheels on loopback as an index (PEP 503); yields its URL.

    Args:
        folder: gets a folder for each package, with its wheels
    """
    serve = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()

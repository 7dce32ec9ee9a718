"""Run a notebook from a clean kernel, and take the pictures out of what it shows."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.notebook import FOLDER, environment
from pipeline.target import open_target

NOTEBOOKS = ("lab4", "explore")
CELL_SECONDS = 600
_PICTURE = re.compile(r"\]\(pictures/([\w-]+\.png)\)")


@dataclass(frozen=True)
class Executed:
    """A notebook after it has run.

    Attributes:
        cells: its cells with their outputs (nbformat's NotebookNode)
    """

    cells: list[Any]

    def pictures(self) -> Iterator[tuple[str, bytes]]:
        """Cell id and PNG of each plot, in order."""
        for cell in self.cells:
            for output in cell.get("outputs", []):
                if picture := output.get("data", {}).get("image/png"):
                    yield cell["id"], base64.b64decode(picture)

    def text(self, cell_id: str) -> str:
        """All text that a cell shows: printed lines, and values as text."""
        (cell,) = (cell for cell in self.cells if cell["id"] == cell_id)
        return "".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in cell["outputs"]
        )


def execute(name: str, environ: Mapping[str, str], target: str = "local") -> Executed:
    """Run the notebook in a new kernel of this interpreter.

    Args:
        name: without its ``.ipynb``
        environ: the user's own variables; the kernel gets what `make notebook` makes of them

    Raises:
        CellExecutionError: a cell fails; carries its code and traceback
    """
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    variables = environment(open_target(target, environ=environ), environ)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_manager_class=AsyncKernelManager,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute(env=variables)
    return Executed(notebook.cells)


def write_pictures(folder: Path, target: str) -> list[Path]:
    """Run the notebooks on the lake that is there; write the plots that the labs' pages show."""
    shown = {
        picture
        for page in FOLDER.glob("*.md")
        for picture in _PICTURE.findall(page.read_text(encoding="utf-8"))
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in NOTEBOOKS:
        if not any(picture.startswith(f"{name}-") for picture in shown):
            continue
        for cell_id, picture in execute(name, os.environ, target).pictures():
            file = folder / f"{name}-{cell_id}.png"
            if file.name in shown:
                file.write_bytes(picture)
                written.append(file)
    return written

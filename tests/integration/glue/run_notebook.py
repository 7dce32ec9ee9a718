"""Runs cells with the kernel of aws-glue-sessions; runs in an environment that has it.

``python run_notebook.py FOLDER`` reads the cells from ``FOLDER/cells.json`` (a list of texts), and
writes ``FOLDER/shown.json``: for each cell what it showed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

KERNEL = "aws_glue_interactive_sessions_kernel.glue_pyspark.GlueKernel"


def main() -> None:
    """Run the cells, also after one that fails."""
    folder = Path(sys.argv[1])
    spec = folder / "kernels" / "glue"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", KERNEL, "-f", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "Glue PySpark", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    os.environ["JUPYTER_PATH"] = str(folder)
    cells = [
        nbformat.v4.new_code_cell(text)
        for text in json.loads((folder / "cells.json").read_text(encoding="utf-8"))
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=300, kernel_name="glue", allow_errors=True).execute()
    shown = ["".join(_text(output) for output in cell.get("outputs", [])) for cell in cells]
    (folder / "shown.json").write_text(json.dumps(shown))


def _text(output: dict[str, object]) -> str:
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}\n"
    data = output.get("data")
    return str(output.get("text") or (data.get("text/plain", "") if isinstance(data, dict) else ""))


if __name__ == "__main__":
    main()

"""The picture of a run in README.md, drawn from what a run has printed.

    make pictures                      draw it, beside that of docs/design.md
    python docs/terminal.py --check    fail when it is out of date

docs/run.txt is what a real run has printed: the line of each stage, the tables, and the last line.
To record it again, on an empty lake and a machine that does nothing else:

    FORCE_COLOR=1 NO_COLOR=1 TERM=dumb COLUMNS=100 make local > run.log 2>&1
    python docs/terminal.py --record run.log
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from lakestack import generated

DOCS = Path(__file__).resolve().parent
RECORDED = DOCS / "run.txt"
PICTURE = DOCS / "run.svg"
COMMAND = "make pictures"
COLUMNS = 100
_FETCHED_FONTS = re.compile(r"@font-face \{\{.*?\}\}\n", re.DOTALL)
"""A picture loads nothing from anywhere."""


def drawn(_: str = "") -> str:
    """The picture, the same for the same text."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    console.print(Text("$ make local", style="bold"))
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        text = Text(line, overflow="ellipsis", no_wrap=True)
        text.highlight_regex("✓", "green")
        console.print(text)
    return console.export_svg(
        title="make local",
        theme=SVG_EXPORT_THEME,
        code_format=_FETCHED_FONTS.sub("", CONSOLE_SVG_FORMAT),
        unique_id="run",
    )


def excerpt(log: str) -> str:
    """Of a run's output what the picture shows.

    Raises:
        ValueError: the run has not come to its end
    """
    lines = [line.rstrip() for line in log.splitlines()]
    stages = [line for line in lines if line.startswith("✓")]
    begin = next((n for n, line in enumerate(lines) if line == "Reconciliation"), None)
    end = next((n for n, line in enumerate(lines) if re.match(r"\d+ stages, ", line)), None)
    if begin is None or end is None:
        raise ValueError("this is not the output of a run that has ended")
    last = lines[end].partition("; data")[0]
    return "\n".join([*stages, "", *lines[begin:end], last]) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Draw the picture or compare it; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["--record"]:
        log = Path(given[1]).read_text(encoding="utf-8")
        RECORDED.write_text(excerpt(log), encoding="utf-8")
        given = []
    check = generated.is_check("python docs/terminal.py", __doc__, given)
    PICTURE.touch()
    return generated.write(PICTURE, drawn, COMMAND, check=check)


if __name__ == "__main__":
    sys.exit(main())

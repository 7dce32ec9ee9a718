"""The words of the project's texts.

    python -m tests.prose           part of: make lint

The list is the table below "## Words" of CONTRIBUTING.md, so what people read is what is checked.
It is looked for in every Markdown page, Python module, template and the Makefile: documents, help,
messages, docstrings and comments alike.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support import PROJECT

PAGE = PROJECT / "CONTRIBUTING.md"
KINDS = ("*.md", "*.py", "*.yaml", "*.yml", "*.toml", "*.ipynb", "Makefile")
OTHERS = "tests/fixtures/"
"""Files of others, in their words."""
_TABLE = re.compile(r"^## Words$.*?^\|---\|---\|\n(.*?)\n$", re.MULTILINE | re.DOTALL)


def words(page: str) -> dict[str, str]:
    """What is not written, and what is written instead.

    Args:
        page: text of CONTRIBUTING.md

    Raises:
        ValueError: there is no such table
    """
    table = _TABLE.search(page)
    if table is None:
        raise ValueError('CONTRIBUTING.md has no table below "## Words"')
    rows = [line.strip("| ").split(" | ") for line in table[1].splitlines()]
    return {word: better.strip() for left, better in rows for word in left.split(", ")}


def found(text: str, avoided: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Line number and word of each place where a text has one; also across a line's end."""
    for word in avoided:
        spaced = r"[\s#]+".join(map(re.escape, word.split()))
        for match in re.finditer(rf"(?<![\w-]){spaced}(?![\w-])", text, re.IGNORECASE):
            yield text.count("\n", 0, match.start()) + 1, word


def files() -> list[Path]:
    """The files that git has, but for the table and those of others."""
    listed = subprocess.run(
        ["git", "ls-files", *KINDS], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [PROJECT / name for name in listed if not name.startswith(OTHERS)]


def complaints() -> list[str]:
    """One line for each place, with what to write instead."""
    page = PAGE.read_text(encoding="utf-8")
    avoided = words(page)
    said = []
    for file in files():
        if not file.is_file():  # deleted, and not committed yet
            continue
        text = file.read_text(encoding="utf-8")
        if file == PAGE:  # lines keep their numbers
            text = _TABLE.sub(lambda match: "\n" * match[0].count("\n"), text)
        place = file.relative_to(PROJECT)
        said += [
            f"{place}:{line}: {word!r}; write: {avoided[word]}"
            for line, word in found(text, avoided)
        ]
    return said

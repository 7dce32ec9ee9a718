"""docs/troubleshooting.md quotes what the programs say: each heading is a message of theirs."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import PROJECT

PAGE = PROJECT / "docs" / "troubleshooting.md"
HEADINGS = re.findall(r"^### `(.*)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
LEAST = 16
"""Characters of a message that are its own, without which it could be any."""


def _texts(file: Path) -> Iterator[str]:
    """The strings of a module, with a NUL for what is put in."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{[a-z_]*\}", "\0", node.value)
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(v.value) if isinstance(v, ast.Constant) else "\0" for v in node.values
            )


@functools.cache
def _patterns() -> list[re.Pattern[str]]:
    found = []
    for package in ("pipeline", "emulation/lakestack"):
        for file in (PROJECT / package).rglob("*.py"):
            for text in _texts(file):
                for part in {text, *text.split("\n"), *re.split(r"(?<=[.;:])\s", text)}:
                    if len(part.replace("\0", "").strip()) >= LEAST:
                        words = ".+".join(map(re.escape, part.strip().split("\0")))
                        found.append(re.compile(words))
    return found


def said(heading: str) -> bool:
    """Whether a program says this."""
    return any(pattern.match(heading) for pattern in _patterns())


@pytest.mark.parametrize("heading", HEADINGS)
def test_each_heading_is_what_a_program_says(heading: str) -> None:
    assert said(heading), heading


def test_there_are_entries_and_the_comparison_can_fail() -> None:
    assert len(HEADINGS) >= 15
    assert not said("The lake is on fire at http://127.0.0.1:4566.")
    assert said(HEADINGS[1])
    assert not said(HEADINGS[1].replace("Java", "Jawa"))


def test_the_readme_links_every_page() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for page in PROJECT.glob("docs/*.md"):
        assert f"(docs/{page.name}" in readme, page
    labs = (PROJECT / "docs" / "labs" / "README.md").read_text(encoding="utf-8")
    for page in PROJECT.glob("docs/labs/*.md"):
        assert page.name == "README.md" or f"({page.name}" in labs, page

"""Counts agree with their nouns: "1 stage", never "1 stages"."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from pipeline.text.counted import counted
from tests.support import PROJECT

CALL = re.compile(r"counted\([^\n]*?[\"']([a-z ]+)[\"']\)")
COUNTING = (
    "pipeline/console/lake_console.py",
    "pipeline/stages",
    "pipeline/lab_checks.py",
    "pipeline/destroy/destruction.py",
)
"""Where lines of a run and a verification are made: any count in them may be one."""


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (1, "unfinished upload", "1 unfinished upload"),
        (2, "unfinished upload", "2 unfinished uploads"),
        (20_000, "distinct rating", "20,000 distinct ratings"),
        (1, "person", "1 person"),
        (3, "person", "3 people"),
    ],
)
def test_a_noun_is_in_number(count: int, noun: str, text: str) -> None:
    assert counted(count, noun) == text


def nouns() -> set[str]:
    """The plurals of what is counted anywhere in the pipeline."""
    found = set()
    for file in (PROJECT / "pipeline").rglob("*.py"):
        for noun in CALL.findall(file.read_text(encoding="utf-8")):
            found.add(counted(2, noun.split()[-1]).removeprefix("2 "))
    return found


def by_hand(source: str, plurals: set[str]) -> Iterator[str]:
    """Values in f-strings that a plural follows, so that 1 would stand before it."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in zip(node.values, node.values[1:], strict=False):
            if not (isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant)):
                continue
            word = re.match(r" ([a-z]+)\b", str(after.value))
            if word and word[1] in plurals:
                yield f"{{{ast.unparse(value.value)}}} {word[1]}"


def test_lines_of_a_run_count_nothing_by_hand() -> None:
    plurals = nouns()
    assert {"stages", "rows", "objects", "titles"} <= plurals
    found = {
        f"{file.relative_to(PROJECT)}: {text}"
        for name in COUNTING
        for file in ([PROJECT / name] if name.endswith(".py") else (PROJECT / name).glob("*.py"))
        for text in by_hand(file.read_text(encoding="utf-8"), plurals)
    }
    assert not found


def test_the_search_finds_what_it_looks_for() -> None:
    assert list(by_hand('f"{n:,} rows in {k} files"', {"rows"})) == ["{n} rows"]
    assert not list(by_hand("f\"{counted(n, 'row')} written\"", {"rows"}))


def test_the_pages_promise_no_plural_of_one() -> None:
    pages = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), PROJECT / "docs" / "run.txt"]
    wrong = re.compile(rf"(?<![\d,.])1 (?:{'|'.join(sorted(nouns()))})\b")
    found = [f"{p.name}: {m[0]}" for p in pages for m in wrong.finditer(p.read_text("utf-8"))]
    assert not found

"""The list of words that `make lint` looks for: what is read from its page, and what is found."""

from __future__ import annotations

import subprocess

import pytest

from tests import prose
from tests.support import PROJECT

LIST = """x

## Words

text

| not | but |
|---|---|
| foo, foo bar | baz |
| qux | (out) |

## Y
"""


def test_the_list_is_what_the_page_says() -> None:
    assert prose.words(LIST) == {"foo": "baz", "foo bar": "baz", "qux": "(out)"}
    with pytest.raises(ValueError, match="no table"):
        prose.words("## Words\n\nnone\n\n## Y\n")


def test_a_word_is_found_whole_in_any_case_and_across_lines() -> None:
    text = "Food is\nFoo, and no\n    # a foo\n    # bar, foo-x, x-foo, foo_y"
    avoided = {"foo": "", "foo bar": ""}
    assert sorted(prose.found(text, avoided)) == [(2, "foo"), (3, "foo"), (3, "foo bar")]


def test_the_project_has_none_of_them() -> None:
    assert len(prose.words(prose.PAGE.read_text(encoding="utf-8"))) > 10
    assert prose.complaints() == []


def test_lint_has_both_checks() -> None:
    dry = ["make", "--dry-run", "lint"]
    said = subprocess.run(dry, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert "codespell" in said
    assert "tests.prose" in said

"""Text of others on the terminal: escaped, never taken for markup, in line."""

from __future__ import annotations

import ast
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

import pipeline
from lakestack import cli as emulator_cli
from lakestack.host.process import Emulator
from pipeline.cli import errors
from pipeline.console import lake_console
from pipeline.console.lake_console import LakeConsole, PlainReporter, TerminalReporter, cell
from pipeline.stages.recommend import Recommendations, Title
from pipeline.status import LakeStatus
from pipeline.text.printable import printable

HOSTILE = "\x1b[31mE\x1b]0;pwned\x07 [bold red]m[/] [/] :dog: \u202e\u2066\x9b\x7f\r"
CR = r"\x0d"
SAFE = r"\x1b[31mE\x1b]0;pwned\x07 [bold red]m[/] [/] :dog: \u202e\u2066\x9b\x7f\x0d"


def is_safe(text: str) -> bool:
    return all(
        unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") or c in "\n\t" for c in text
    ) and not any(c in text for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e")


def test_what_is_not_visible_is_written_as_an_escape() -> None:
    assert printable(HOSTILE) == SAFE
    assert printable("a\nb\tc") == r"a\x0ab\x09c"
    assert printable("a\nb\tc\r", lines=True) == "a\nb\tc\\x0d"
    assert printable("\U000e0001\u2028") == r"\U000e0001\u2028"


@pytest.mark.parametrize(
    "text",
    ["Am\u00e9lie", "\u5343\u3068\u5343\u5c0b", "e\u0301", "a\u00a0b", "\u0645\u06cc\u200c\u0631"],
)
def test_titles_of_all_languages_stay(text: str) -> None:
    assert printable(text) == text


@given(st.text())
def test_nothing_gets_through(text: str) -> None:
    assert is_safe(printable(text)) and "\n" not in printable(text)
    assert is_safe(printable(text, lines=True))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(lake_console, "stdout_console", lambda: LakeConsole(file=out, width=200))
    return out


def recommendations(*titles: str) -> Recommendations:
    found = [Title(i, title, 0.5) for i, title in enumerate(titles)]
    return Recommendations(user_id=1, reason="[/]", titles=found)


def test_titles_keep_their_brackets_and_columns(shown: io.StringIO) -> None:
    lake_console.print_recommendations(
        recommendations(HOSTILE, "\u5343\u3068", "e\u0301x", "plain")
    )
    text = shown.getvalue()
    assert SAFE in text and "([/])" in text and is_safe(text)
    rows = [line for line in text.splitlines() if "0.500" in line]
    assert len({cell_len(line) for line in rows}) == 1 and len(rows) == 4


def test_names_of_stacks_are_cells(shown: io.StringIO) -> None:
    lake_console.print_status(LakeStatus(stacks={HOSTILE: "[/]"}, stages={}))
    assert SAFE in shown.getvalue() and is_safe(shown.getvalue())


@pytest.mark.parametrize("kind", [PlainReporter, TerminalReporter])
def test_progress_is_safe(kind: Any) -> None:
    out = io.StringIO()
    reporter = kind(LakeConsole(file=out, width=300))
    reporter.begin("load")
    reporter.progress("load", HOSTILE)
    reporter.line(HOSTILE)
    reporter.end("load", HOSTILE)
    assert SAFE in out.getvalue() and is_safe(out.getvalue())


def test_a_console_takes_no_string_for_markup() -> None:
    out = io.StringIO()
    LakeConsole(file=out, width=300).print(HOSTILE, cell(HOSTILE))
    assert out.getvalue() == f"{SAFE} {SAFE}\n"


def test_errors_and_json_are_safe(capsys: pytest.CaptureFixture[str]) -> None:
    state = errors.Invocation(as_json=True)
    errors._fail(state, f"line one\n{HOSTILE}", HOSTILE, ValueError())
    printed = capsys.readouterr()
    assert SAFE in printed.err and is_safe(printed.err)
    assert is_safe(printed.out) and "\x7f" not in printed.out
    assert json.loads(printed.out)["error"]["hint"] == HOSTILE


def test_the_emulators_log_is_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_HOME", str(tmp_path))
    log = Emulator(4999).log
    log.parent.mkdir(parents=True)
    log.write_bytes(f"first\n{HOSTILE}.\n".encode() + b"\xff\n")
    result = CliRunner().invoke(emulator_cli.app, ["logs", "--port", "4999"])
    assert result.output.splitlines() == ["first", SAFE.removesuffix(CR), ".", "\ufffd"]


SOURCES = [
    *(p for p in Path(pipeline.__file__).parent.rglob("*.py") if "lambdas" not in p.parts),
    Path(emulator_cli.__file__),
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_all_that_is_printed_is_escaped(path: Path) -> None:
    """`typer.echo` gets a constant, figures of ours, or what `printable` made."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        called = ast.unparse(node.func)
        assert called not in ("print", "rich.print") and not called.endswith("sys.stdout.write")
        if called in ("typer.echo", "click.echo", "typer.secho"):
            given, parts = node.args[0], []
            if isinstance(given, ast.JoinedStr):
                parts = [v.value for v in given.values if isinstance(v, ast.FormattedValue)]
            elif not isinstance(given, ast.Constant | ast.IfExp):
                parts = [given]
            of_ours = ("printable(", "json.dumps(", "running.", "seconds")
            for part in parts:
                assert ast.unparse(part).startswith(of_ours), ast.unparse(node)
        if called == "Console":
            pytest.fail("use LakeConsole")

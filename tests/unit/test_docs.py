"""The documents name what there is: commands, options, variables, targets, operations, links."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import click
import pytest
import typer.main
from botocore import xform_name

from lakestack.host.environment import KEPT
from pipeline.cli.commands import _join_plugins, app
from tests.documents import Command, blocks, commands, documents, fits, shape
from tests.support import PROJECT

CONFIGURATION = PROJECT / "docs" / "configuration.md"
CODE = ("pipeline", "emulation", "spark_jobs", "models", "tests", "Makefile")
LINK = re.compile(r"\[[^\]\n]*\]\((?!https?:|mailto:)([^)\s]*)\)")
OF_ALL = {"--help", "-h", "--version", "--install-completion"}
OF_THE_CLI = {
    ("sso", "login"): set(),
    ("s3", "cp"): set(),
    ("s3", "ls"): {"recursive"},
    ("s3", "mb"): set(),
    ("s3", "rm"): {"recursive", "only-show-errors"},
}
"""Commands that are no operation of the service, and their options."""
GLOBAL_AWS = {"endpoint-url", "query", "output", "profile", "region", "max-items", "no-paginate"}


def lake_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, also those of plug-ins."""
    _join_plugins()

    def walk(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for name, child in command.commands.items():
                yield from walk(f"{words} {name}", child)
        else:
            yield words, command

    yield from walk("lake", typer.main.get_command(app))


def options(command: click.Command) -> set[str]:
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }


def sections(document: Path) -> dict[str, str]:
    """Text below each ``### `…` `` heading."""
    parts = re.split(r"^#{2,3} (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {title.strip("`"): text for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def written_commands(word: str) -> Iterator[tuple[str, list[str]]]:
    """Commands in the blocks of all documents that begin with `word`: place and words."""
    for document in documents():
        for block in blocks(document):
            if block.language not in ("console", "sh"):
                continue
            for number, line in enumerate(block.lines, block.line):
                text = line.removeprefix("$ ").split(";")[0]
                if text.startswith(f"{word} "):
                    words = shlex.split(text, comments=True)
                    yield f"{document.relative_to(PROJECT)}:{number}", words[1:]


@pytest.mark.parametrize(("words", "command"), list(lake_commands()))
def test_every_command_and_option_is_documented(words: str, command: click.Command) -> None:
    section = sections(CONFIGURATION).get(words)
    assert section is not None, f"docs/configuration.md has no section `{words}`"
    named = set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", section)) - {"--help"}
    assert named == options(command), words


def test_no_command_is_documented_that_is_not_there() -> None:
    named = {title for title in sections(CONFIGURATION) if title.startswith("lake ")}
    assert named == {words for words, _ in lake_commands()}


def test_every_lake_command_in_the_documents_is_one() -> None:
    known = dict(lake_commands())
    seen = 0
    for place, words in written_commands("lake"):
        name = next((n for n in (" ".join(["lake", *words[:k]]) for k in (2, 1)) if n in known), "")
        assert name, f"{place}: lake {' '.join(words)}"
        given = {word.split("=")[0] for word in words if word.startswith("-")}
        assert given <= options(known[name]), place
        seen += 1
    assert seen > 30


def test_every_lake_command_within_a_sentence_is_one() -> None:
    known = dict(lake_commands())
    groups = {name.split()[1] for name in known if len(name.split()) > 2}
    seen = 0
    for document in documents():
        text = re.sub(r"^ *```.*?^ *```", "", document.read_text("utf-8"), flags=re.M | re.S)
        for span in re.findall(r"`((?:\.venv/bin/)?lake\s[^`]+)`", text):
            words = span.replace("\\|", "|").partition("|")[0].replace("…", "").split()
            words[0] = "lake"
            name = next((n for k in (3, 2) if (n := " ".join(words[:k])) in known), "")
            if not name:
                assert set(words[1:2]) <= groups | OF_ALL, (document.name, span)
                continue
            given = {w.partition("=")[0] for w in words if re.match(r"--?[a-z]", w)}
            assert given <= options(known[name]) | OF_ALL, (document.name, span)
            seen += 1
    assert seen > 100


def test_every_make_target_is_documented_and_is_one() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    table = sections(CONFIGURATION)["Commands"]
    assert set(re.findall(r"^\| `make ([a-z-]+)`", table, re.MULTILINE)) == targets
    for document in documents():
        for target in re.findall(r"`make ([a-z-]+)[` ]", document.read_text(encoding="utf-8")):
            assert target in targets, f"{document.name}: make {target}"
    for place, words in written_commands("make"):
        assert words[0] in targets, place


def variables_of_the_code() -> set[str]:
    """Names of variables of ours in the code: whole words that do not end in an underscore."""
    found: set[str] = set()
    for name in CODE:
        place = PROJECT / name
        for file in [place] if place.is_file() else place.rglob("*.py"):
            if file != Path(__file__):
                found |= set(re.findall(r"\bLAKE_[A-Z_]*[A-Z]\b", file.read_text(encoding="utf-8")))
    return found


def test_every_variable_is_documented_and_every_documented_one_is_there() -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    of_options = {
        parameter.envvar
        for _, command in lake_commands()
        for parameter in command.params
        if isinstance(parameter.envvar, str)
    }
    named = set(re.findall(r"`([A-Z][A-Z_]+)(?:=[^`]*)?`", text))
    missing = (variables_of_the_code() | of_options | set(KEPT)) - named
    assert not missing, f"docs/configuration.md does not name {sorted(missing)}"
    strange = {name for name in named if name.startswith("LAKE_")} - variables_of_the_code()
    assert not strange, f"docs/configuration.md names {sorted(strange)}, which no code reads"


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", documents(), ids=lambda d: str(d.relative_to(PROJECT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{document.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{document.name}: {link}"


def test_every_aws_command_names_an_operation_and_its_parameters() -> None:
    session = botocore.session.Session()

    @functools.cache
    def operations(service: str) -> dict[str, set[str]]:
        model = session.get_service_model(service)
        return {
            xform_name(name, "-"): {
                xform_name(member, "-")
                for member in getattr(model.operation_model(name).input_shape, "members", {})
            }
            for name in model.operation_names
        }

    seen = 0
    for place, words in written_commands("aws"):
        start = 0
        while words[start].startswith("--"):  # each of the leading options has a value
            start += 2
        service, operation = words[start : start + 2]
        given = {word[2:] for word in words if word.startswith("--")}
        seen += 1
        if (service, operation) in OF_THE_CLI:
            assert given <= OF_THE_CLI[service, operation], place
            continue
        known = operations(service)
        assert operation in known, f"{place}: {service} has no {operation}"
        assert given <= known[operation] | GLOBAL_AWS, place
    assert seen > 10


def test_a_console_block_is_read_as_it_is_meant(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "text\n```console\n$ one\nits output\n\n$ two \\\n  more\n$ three <<'EOF'\n$ not one\nEOF\n"
        "...\n```\n```text\n$ no command\n```\n"
    )
    assert commands(page) == [
        Command(page, 3, "one", ("its output", "")),
        Command(page, 6, "two \\\n  more", ()),
        Command(page, 8, "three <<'EOF'\n$ not one\nEOF", ("...",)),
    ]


def test_a_block_without_end_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ one\n")
    with pytest.raises(ValueError, match="has no end"):
        list(blocks(page))


@pytest.mark.parametrize(
    ("promised", "printed"),
    [
        ("80,004 rows", "9 rows"),
        ("✓ land   3.1 s  5 files", "✓ land         12.0 s  7 files"),
        ("folder /home/you/ml", "folder /tmp/x-1/ml"),
        ("data: … end", "data: anything at all end"),
        ("a\n...\nb", "a\nb"),
        ("a\n...\nb", "a\n1\n\n2\nb\n"),
        ("│ 1 │ Toy Story (1995) │ 0.402 │", "│ 10 │ Film 7, The Best (1917)   │ 1.000 │"),
        ("┏━━┳━┓", "┏━━━━━━┳━━━━┓"),
        ("plain", "\x1b[32mplain\x1b[0m"),
        ("job-bb15ecfc6ede-1", "job-0123456789ab-22"),
    ],
)
def test_what_differs_by_machine_and_data_fits(promised: str, printed: str) -> None:
    assert fits(tuple(promised.splitlines()), printed), (shape(promised), shape(printed))


@pytest.mark.parametrize(
    ("promised", "printed"),
    [
        ("5 rows", "5 lines"),
        ("a\nb", "a\nx\nb"),
        ("a", "a\nb"),
        ("a\n...\nb", "a\nb\nc"),
        ("│ table │ ok │", "│ table │ FAILED │"),
        ("rejected 0", "rejected"),
        ("folder ml", "folder"),
    ],
)
def test_what_is_said_otherwise_does_not_fit(promised: str, printed: str) -> None:
    assert not fits(tuple(promised.splitlines()), printed), (shape(promised), shape(printed))

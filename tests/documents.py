"""The project's documents as data: their commands, the output they promise, and their links.

In a ``console`` block a line that begins with ``$ `` is a command; a backslash at its end or a
here-document (``<<'EOF'``) carries it on. The lines after it are its output:

- ``...`` alone stands for any number of lines, ``…`` inside a line for any text;
- numbers, paths, titles and identifiers stand for others of their kind (see `shape`).

A command without output lines may print what it likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import PROJECT

LABS = PROJECT / "docs" / "labs"

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\s*$")
_HERE_DOCUMENT = re.compile(r"<<\s*'?(\w+)'?")
_MASKS = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    (re.compile(r"[─━═╭╮╰╯┏┓┗┛┳┻┡┩╇└┘┴├┤┼┌┐┬]+"), "─"),
    (re.compile(r"[│┃]"), "|"),
    (re.compile(r"(^|(?<=\| ))[^|\n]*?\(\d{4}\)(?= *(\||$))", re.MULTILINE), "TITLE"),
    (re.compile(r"(?<![\w:/.])/[\w./+@-]+"), "PATH"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,}"), "ID"),
    (re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)"), "#"),
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r"^ | $", re.MULTILINE), ""),
    (re.compile(r"\n{2,}"), "\n"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    document: Path
    line: int
    """Number of its first line of content."""
    language: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command of a ``console`` block and what it should print."""

    document: Path
    line: int
    text: str
    output: tuple[str, ...]

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.document.relative_to(PROJECT)}:{self.line}"


def documents() -> list[Path]:
    """All Markdown files of the project."""
    own = sorted(PROJECT.glob("*.md"))
    return [*own, *sorted((PROJECT / "docs").rglob("*.md")), PROJECT / "emulation" / "README.md"]


def blocks(document: Path) -> Iterator[Block]:
    """The fenced blocks of a document, in order."""
    language, start, indent = "", 0, 0
    held: list[str] | None = None
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if held is None and fence:
            language, start, indent = fence["language"], number + 1, len(fence["indent"])
            held = []
        elif held is not None and fence and not fence["language"]:
            yield Block(document, start, language, tuple(held))
            held = None
        elif held is not None:
            held.append(line[indent:])
    if held is not None:
        raise ValueError(f"{document}: the block of line {start} has no end")


def commands(document: Path) -> list[Command]:
    """The commands of a document's ``console`` blocks, in order."""
    found: list[Command] = []
    for block in blocks(document):
        if block.language == "console":
            found += _commands(block)
    return found


def aws_commands(document: Path) -> list[Command]:
    """The aws CLI's commands of a document's ``sh`` blocks, which promise no output."""
    return [
        Command(document, number, line, ())
        for block in blocks(document)
        if block.language == "sh"
        for number, line in enumerate(block.lines, block.line)
        if line.startswith("aws ")
    ]


def _commands(block: Block) -> Iterator[Command]:
    lines = list(block.lines)
    if lines and not lines[0].startswith("$ "):
        raise ValueError(f"{block.document}:{block.line}: a console block begins with a command")
    at = 0
    while at < len(lines):
        start = at
        text = lines[at].removeprefix("$ ")
        at += 1
        while text.endswith("\\") and at < len(lines):
            text += "\n" + lines[at]
            at += 1
        if here := _HERE_DOCUMENT.search(text):
            end = lines.index(here[1], at)
            text = "\n".join([text, *lines[at : end + 1]])
            at = end + 1
        output = []
        while at < len(lines) and not lines[at].startswith("$ "):
            output.append(lines[at])
            at += 1
        yield Command(block.document, block.line + start, text, tuple(output))


def shape(text: str) -> str:
    """`text` with all that differs from one machine and data set to the next masked."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text.strip("\n")


def fits(promised: tuple[str, ...], printed: str) -> bool:
    """Whether `printed` has the shape of the lines that a document promises."""
    pattern = ""
    for line in promised:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        elif masked := shape(line):
            pattern += re.escape(masked).replace("…", ".*") + r"\n"
    return re.fullmatch(pattern, shape(printed) + "\n") is not None

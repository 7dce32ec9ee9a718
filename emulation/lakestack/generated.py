"""Files of the clone of which a command writes a part: written, or compared."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lakestack import paths


def between(text: str, begin: str, end: str, made: str, name: str) -> str:
    """The text with what stands from one marker to the other replaced.

    Args:
        text: what the file holds
        begin: the first marker
        end: the last one
        made: the new part, markers included
        name: the file's, for the error

    Raises:
        ValueError: the markers are not there
    """
    first, last = text.find(begin), text.find(end)
    if not 0 <= first < last:
        raise ValueError(f"{name} has not the two lines {begin!r} and {end!r}")
    return text[:first] + made + text[last + len(end) :]


def is_check(command: str, about: str | None, arguments: Sequence[str] | None) -> bool:
    """Whether the command line asks to compare only.

    Args:
        command: as it is typed
        about: the module's docstring, whose first line says what the command does
        arguments: of the command; None: those of the process
    """
    parser = argparse.ArgumentParser(prog=command, description=(about or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    return bool(parser.parse_args(arguments).check)


def write(file: Path, updated: Callable[[str], str], command: str, *, check: bool) -> int:
    """Write the file's generated part, or say that it is out of date; the exit code.

    Args:
        file: in the clone
        updated: makes the part again in what the file holds
        command: what writes it
        check: write nothing
    """
    current = file.read_text(encoding="utf-8")
    wanted = updated(current)
    if check and current != wanted:
        print(f"{file.name} is out of date; run: {command}", file=sys.stderr)
        return 1
    if not check:
        file.write_text(wanted, encoding="utf-8")
    return 0


def document_command(
    command: str,
    about: str | None,
    document: Path,
    updated: Callable[[str], str],
    arguments: Sequence[str] | None,
) -> int:
    """What a command does that writes a part of one of the clone's documents; the exit code.

    Args:
        command: as it is typed
        about: the module's docstring
        document: there in a clone only
        updated: makes the part again in what the document holds
        arguments: of the command; None: those of the process
    """
    check = is_check(command, about, arguments)
    if paths.checkout() is None:
        print(f"{command} writes a document of the project's clone", file=sys.stderr)
        return 2
    return write(document, updated, command, check=check)

"""Wrong usage of the command line: what click says of it, and what it leaves out."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final

import click

__all__ = ["complete"]

_EXTRA: Final = re.compile(r"Got unexpected extra arguments? \((\S+).*\)")
_NONE_OF_THESE: Final = "?"
"""A value that only an option without a check takes."""
_NUMBERS: Final = (
    (" is not a valid integer range.", " is no whole number."),
    (" is not a valid integer.", " is no whole number."),
    (" is not a valid float range.", " is no number."),
    (" is not a valid float.", " is no number."),
)
"""The names of click's types, and what they mean."""


def complete(error: click.UsageError, root: click.Context, words: Sequence[str]) -> None:
    """Make an error of usage name the command that it is about, and what was meant.

    Args:
        error: is changed
        root: of the program
        words: what was called, without the program's name
    """
    if error.ctx is None:  # so it is where an option has no value
        error.ctx = _innermost(root, words)
    for said, meant in _NUMBERS:
        error.message = error.message.replace(said, meant)
    match = _EXTRA.fullmatch(error.message)
    if match and (found := list(_options_that_take(match[1], error.ctx))):
        error.message += f"; did you mean {' or '.join(f'{each} {match[1]}' for each in found)}?"


def _innermost(root: click.Context, words: Sequence[str]) -> click.Context:
    """The context of the command that was called."""
    context = root
    for word in itertools.takewhile(lambda each: not each.startswith("-"), words):
        group = context.command
        command = group.get_command(context, word) if isinstance(group, click.Group) else None
        if command is None:
            break
        context = click.Context(command, parent=context, info_name=word)
    return context


def _options_that_take(value: str, context: click.Context) -> Iterator[str]:
    """The options to which this value is right, and not every other one."""
    for each in context.command.params:
        if isinstance(each, click.Option) and not (each.is_flag or each.is_eager or each.multiple):
            accepted = []
            for given in (value, _NONE_OF_THESE):
                with contextlib.suppress(Exception):
                    each.process_value(context, given)
                    accepted.append(given)
            if accepted == [value]:
                yield each.opts[0]

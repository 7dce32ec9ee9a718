"""Turns every error into one sentence and the next command, on stderr, with exit code 1.

With ``--json`` exactly one document goes to stdout, last of all: what the command returned, or what
it had found when it failed (`document` of the error) with ``error`` added.

Errors of plug-ins are recognised by what they carry (`message`, `hint` and `document`), not by
their class: the pipeline does not know the plug-ins.

boto3 is imported once there is an error to look at: ``--help`` and a mistyped option need none.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
import typer
from typer.core import TyperGroup

from pipeline.errors import CutOffError, LakeError
from pipeline.settings import WORKSHOP
from pipeline.text.pasteable import COMMANDS, pasteable
from pipeline.text.printable import printable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from pipeline.target import Target

__all__ = ["FriendlyGroup", "Invocation", "WholeHelp", "abandon", "explain", "invocation"]


_OF_THIS_MACHINE: Final = ("generate", "env", "aws")
"""Commands that take no target."""
_OF_THE_LAKE: Final = re.compile(
    rf"\blake ({'|'.join(name for name in COMMANDS if name not in _OF_THIS_MACHINE)})\b( --target)?"
)
_KEPT: Final = {
    "--dry-run": 0,
    "--from": 1,
    "--lab": 1,
    "--max-cost": 1,
    "--movielens": 1,
    "--only": 1,
}
"""Options without which a command would do more than was asked, or something else, and how many
words follow each."""
_LONGEST_HELP: Final = 200
_STATUS: Final = "See where the lake stands with: lake status"


@dataclass
class Invocation:
    """What one call of the command line has opened so far."""

    target: Target | None = None
    as_json: bool = False
    command: str = "lake"
    """What was called, with those of its options that keep it from doing more."""
    words: tuple[str, ...] = ()
    """What was typed after the program's name."""


def invocation() -> Invocation:
    """The current call's `Invocation`."""
    return _of(click.get_current_context().find_root())


def _of(root: click.Context) -> Invocation:
    if not isinstance(root.obj, Invocation):
        root.obj = Invocation()
    return root.obj


def abandon(state: Invocation, error: LakeError) -> NoReturn:
    """Say what went wrong and end the process at once, from any thread.

    For when calls that no one can interrupt wait for an answer that does not come. What the
    command was at is left as `kill -9` leaves it, which the next run copes with.
    """
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K\x1b[?25h")  # the line of the progress bar; the cursor
    _fail(state, *explain(error, state.target, state.command), error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


def explain(
    error: BaseException, target: Target | None, command: str = "lake run"
) -> tuple[str, str]:
    """A message for people, and the next command.

    Args:
        target: the target that was spoken to, if one was opened
        command: what was called, to be called again where that helps
    """
    if isinstance(error, CutOffError) and error.__cause__ is not None:
        message, hint = explain(error.__cause__, target, command)
        return _with_notes(f"{message} {error.message}", error), hint
    lost = _lost_login(error, target)
    if target and lost is not None:
        message, hint = _login_lost(lost, target, command)
    else:
        message, hint = _explain(error, target)
        if target and target.login and _is_unanswered(error):
            message += " What AWS is at work on goes on by itself."
            hint += f"; then go on with: {command}"
    return _with_notes(message, error), at_target(hint, target)


def _with_notes(message: str, error: BaseException) -> str:
    notes = getattr(error, "__notes__", ())
    if notes and not message.endswith((".", "!", "?")):
        message += "."
    return " ".join((message, *notes))


def at_target(hint: str, target: Target | None) -> str:
    """`hint` with what the lake's commands in it take to come to the same lake."""
    if target is None:
        return hint
    project = os.environ.get("LAKE_PROJECT", "").strip()
    before = f"LAKE_PROJECT={shlex.quote(project)} " if project not in ("", WORKSHOP) else ""

    def complete(match: re.Match[str]) -> str:
        there = match[2] or match[1] == "iam-policy"
        return f"{before}{match[0]}{'' if there else target.lake_options}"

    return _OF_THE_LAKE.sub(complete, hint)


def _lost_login(error: BaseException, target: Target | None) -> BaseException | None:
    if target is None or not target.login:
        return None
    from pipeline.access import lost_login

    return lost_login(error)


def _is_unanswered(error: BaseException) -> bool:
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.exceptions import HTTPClientError

    return isinstance(error, NoConnection | HTTPClientError)


def _login_lost(error: BaseException, target: Target, command: str) -> tuple[str, str]:
    return (
        f"AWS does not accept the credentials any more: {str(error).rstrip('.')}. What AWS is at "
        "work on goes on by itself.",
        f"Log in again: {target.login}; then go on with: {command}",
    )


def _explain(error: BaseException, target: Target | None) -> tuple[str, str]:
    message = getattr(error, "message", None)
    if isinstance(message, str) and hasattr(error, "hint"):
        return message, error.hint or _STATUS
    from botocore.exceptions import BotoCoreError, ClientError

    if _is_unanswered(error):
        name = target.name if target else "chosen"
        where = f" at {target.endpoint}" if target and target.endpoint else ""
        if target and not target.endpoint:  # of its many, the one that was asked
            where = f": {str(error).rstrip('.')}"
        return (
            f"The {name} target does not answer{where}.",
            target.unreachable_hint if target else "lake doctor",
        )
    if isinstance(error, ClientError):
        return _answered(error, target)
    if isinstance(error, BotoCoreError):
        return f"The call to AWS failed: {error}", "See what is wrong with: lake doctor"
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space: df -h" if full else "See what is wrong with: lake doctor"
        return f"This machine refuses: {error}", hint
    return (
        f"Unexpected {type(error).__name__}: {error}",
        "Set LAKE_DEBUG=1 to see where it comes from, and please report it.",
    )


def _answered(error: ClientError, target: Target | None) -> tuple[str, str]:
    from pipeline.access import is_unauthorized

    answer = error.response.get("Error", {})
    what = f"{error.operation_name} was answered with {answer.get('Code')}"
    why = answer.get("Message")
    if target is None or not target.login or not is_unauthorized(error):
        return f"{what}: {why}", _STATUS
    place = f"--account {target.account} --region {target.region}"
    return (
        f"{what} in account {target.account}, region {target.region}: {why}",
        f"See what whoever deploys must be allowed: lake iam-policy {place}",
    )


class WholeHelp(TyperGroup):
    """A group whose help cuts nothing off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their whole first sentences, which click would cut off."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(_LONGEST_HELP))
                    for name, command in commands.items()
                    if command is not None and not command.hidden
                ]
            )


class FriendlyGroup(WholeHelp):
    """The root command: prints what a command returns, and catches whatever it raises."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        state = _of(ctx)
        state.words, state.as_json = tuple(args), "--json" in args
        state.command = shlex.join(["lake", *_to_call_again(args)])
        try:
            return super().parse_args(ctx, args)
        except BrokenPipeError:
            raise _closed_pipe() from None
        except click.ClickException as error:
            _print_usage_error(state, error, ctx)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        state = _of(ctx)
        try:
            document = super().invoke(ctx)
            if state.as_json and document is not None:
                _print_json(document)
        except click.exceptions.Exit:
            raise
        except click.ClickException as error:
            _print_usage_error(state, error, ctx)
            raise
        except (KeyboardInterrupt, click.Abort) as error:
            hint = at_target(f"Continue with: {state.command}", state.target)
            _fail(state, _with_notes("Interrupted.", error), hint, error)
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `lake … | head` has read enough
            raise _closed_pipe() from None
        except Exception as error:
            message, hint = explain(error, state.target, state.command)
            _fail(state, message, hint, error)
            if os.environ.get("LAKE_DEBUG"):
                raise
            raise typer.Exit(1) from None


def _to_call_again(args: list[str]) -> Iterator[str]:
    """The words before the first option, and the options that limit what is done."""
    yield from itertools.takewhile(lambda word: not word.startswith("-"), args)
    for place, word in enumerate(args):
        option, value, _ = word.partition("=")
        if option in _KEPT:
            yield from args[place : place + 1 + (0 if value else _KEPT[option])]


def _fail(state: Invocation, message: str, hint: str, error: BaseException) -> None:
    hint = pasteable(hint)
    typer.echo(printable(f"lake: {message}", lines=True), err=True)
    if hint:
        typer.echo(printable(f"  → {hint}", lines=True), err=True)
    if state.as_json:
        found = getattr(error, "document", None) or {}
        _print_json({**found, "error": {"message": message, "hint": hint}})


def _print_usage_error(state: Invocation, error: click.ClickException, root: click.Context) -> None:
    """On stdout; click itself says it on stderr."""
    if isinstance(error, click.UsageError):
        from pipeline.cli.usage_errors import complete

        complete(error, root, state.words)
    if state.as_json:
        context = getattr(error, "ctx", None)
        hint = f"See: {context.command_path if context else 'lake'} --help"
        _print_json({"error": {"message": error.format_message(), "hint": hint}})


def _print_json(document: dict[str, Any]) -> None:
    # ASCII alone, so that no control character gets out; DEL is the one that JSON leaves.
    typer.echo(json.dumps(document, indent=2, default=str).replace("\x7f", "\\u007f"))


def _closed_pipe() -> typer.Exit:
    """The end of a command whose reader has gone: a shell reports SIGPIPE so.

    stdout leads nowhere from then on, or Python complains about the pipe once more at its end.
    """
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return typer.Exit(141)

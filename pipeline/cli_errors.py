"""Turns every error into one sentence and the next command, on stderr, with exit code 1.

Errors of plug-ins are recognised by what they carry (`message` and `hint`), not by their class:
the pipeline does not know the plug-ins.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

import click
import typer
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from typer.core import TyperGroup

from pipeline.target import Target

__all__ = ["FriendlyGroup", "Invocation", "explain", "invocation"]


@dataclass
class Invocation:
    """What one call of the command line has opened so far."""

    target: Target | None = None
    as_json: bool = False
    printed: bool = False
    """Whether the one JSON document is out; an error after it goes to stderr alone."""


def invocation() -> Invocation:
    """The current call's `Invocation`."""
    root = click.get_current_context().find_root()
    if not isinstance(root.obj, Invocation):
        root.obj = Invocation()
    return root.obj


def explain(error: BaseException, target: Target | None) -> tuple[str, str]:
    """A message for people, and the next thing to do ("" when there is none).

    :param target: the target that was spoken to, if one was opened
    """
    message = getattr(error, "message", None)
    if isinstance(message, str) and hasattr(error, "hint"):
        return message, error.hint or ""
    if isinstance(error, NoConnection | HTTPClientError):
        where = f" at {target.endpoint}" if target and target.endpoint else ""
        name = target.name if target else "chosen"
        return (
            f"The {name} target does not answer{where}.",
            target.unreachable_hint if target else "",
        )
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        return (
            f"{error.operation_name} was answered with {answer.get('Code')}: "
            f"{answer.get('Message')}",
            "See where the lake stands with: lake status",
        )
    if isinstance(error, BotoCoreError):
        return str(error), ""
    return (
        f"Unexpected {type(error).__name__}: {error}",
        "Set LAKE_DEBUG=1 to see where it comes from, and please report it.",
    )


class FriendlyGroup(TyperGroup):
    """The root command: catches whatever a command raises."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            _say("Interrupted.", "Continue with: lake run")
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `lake … | head` has read enough
            _discard_output()
            raise typer.Exit(141) from None  # as a shell reports SIGPIPE
        except Exception as error:
            if os.environ.get("LAKE_DEBUG"):
                raise
            state = ctx.obj if isinstance(ctx.obj, Invocation) else Invocation()
            message, hint = explain(error, state.target)
            _say(message, hint)
            if state.as_json and not state.printed:
                typer.echo(json.dumps({"error": {"message": message, "hint": hint}}))
            raise typer.Exit(1) from None


def _discard_output() -> None:
    """Point stdout at nothing, or Python complains about the broken pipe once more at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str, hint: str) -> None:
    typer.echo(f"lake: {message}", err=True)
    if hint:
        typer.echo(f"  → {hint}", err=True)

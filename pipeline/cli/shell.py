"""``lake env`` and ``lake aws``: the lake for every other AWS client, and never one's account."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from click import Choice

from pipeline.cli.options import Document, Endpoint, Json, answer
from pipeline.errors import EndpointRefusedError, SettingsError

__all__ = ["PASSED_ON", "aws", "env"]

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""How a command is registered whose words are all another program's."""
_ELSEWHERE = ("--endpoint-url", "--profile")


def env(
    shell: Annotated[
        str | None,
        typer.Option(
            help="bash (also zsh), fish or powershell; without it, yours.",
            click_type=Choice(["bash", "fish", "powershell"]),
            metavar="SHELL",
        ),
    ] = None,
    endpoint: Endpoint = None,
    as_json: Json = False,
) -> Document:
    """Print what makes a shell's AWS clients find the lake: eval "$(lake env)"."""
    from pipeline.shell_settings import chosen_shell, shell_settings
    from pipeline.target import open_target
    from pipeline.text.printable import printable

    found = shell_settings(open_target("local", endpoint=endpoint), os.environ)
    document = {"set": found.values, "unset": found.unset}
    text = found.text(shell or chosen_shell(os.environ))
    return answer(as_json, document, lambda: typer.echo(printable(text, lines=True)))


def aws(context: typer.Context) -> None:
    """Run the aws CLI on the lake of this machine, whatever profile the shell has."""
    import shutil
    import subprocess

    from pipeline.shell_settings import shell_settings
    from pipeline.target import open_target

    words = context.args
    for word in words:
        if word.partition("=")[0] in _ELSEWHERE:
            raise EndpointRefusedError(
                f"lake aws speaks to the lake of this machine only, and was given {word!r}.",
                f"Leave it out; or for another place: aws {word} …",
            )
    own = Path(sys.executable).with_name("aws")
    program = str(own) if own.is_file() else shutil.which("aws")
    if program is None:
        raise SettingsError("The aws CLI is not installed.", "make setup")
    target = open_target("local")
    assert target.endpoint is not None  # noqa: S101 - the local target has one
    # As an option, too: not every command of the CLI heeds the variable.
    done = subprocess.run(
        [program, "--endpoint-url", target.endpoint, *words],
        env=shell_settings(target, os.environ).environment(os.environ),
        check=False,
    )
    raise typer.Exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)

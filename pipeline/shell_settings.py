"""What makes a shell's AWS clients find the lake on this machine, and nobody's account.

The variables are those of the AWS SDKs and Tools Reference Guide, "Environment variables list". A
shell that has them reads no profile of its user: a command that names one fails.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.target import Target

__all__ = ["SHELLS", "ShellSettings", "chosen_shell", "shell_settings"]

SHELLS: Final = ("bash", "fish", "powershell")
"""Whose syntax there is; bash's is that of every shell of POSIX."""

_KEY: Final = "test"
"""Stands for account 000000000000 in LocalStack and moto."""
_LEADS_ELSEWHERE: Final = frozenset(
    {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_PROFILE",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    }
)


@dataclass(frozen=True)
class ShellSettings:
    """Variables of a shell.

    Attributes:
        values: to be set, by name
        unset: names that are set now and must not be
    """

    values: dict[str, str]
    unset: list[str]

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment of a process that has them."""
        kept = {name: value for name, value in environ.items() if name not in self.unset}
        return {**kept, **self.values}

    def text(self, shell: str) -> str:
        """Commands of one of `SHELLS` that set them."""
        if shell == "fish":
            lines = [f"set -gx {name} {_fish(value)};" for name, value in self.values.items()]
            lines += [f"set -e {name};" for name in self.unset]
        elif shell == "powershell":
            lines = [f"$env:{name} = {_powershell(v)}" for name, v in self.values.items()]
            lines += [f"Remove-Item Env:{name}" for name in self.unset]
        else:
            lines = [f"export {name}={shlex.quote(value)}" for name, value in self.values.items()]
            lines += [f"unset {name}" for name in self.unset]
        return "\n".join(lines)


def shell_settings(target: Target, environ: Mapping[str, str]) -> ShellSettings:
    """The settings that lead to a target of this machine.

    Args:
        target: has an endpoint
        environ: of the shell as it is now
    """
    assert target.endpoint is not None  # noqa: S101 - the local target has one
    programs = str(Path(sys.executable).parent)
    places = environ.get("PATH", os.defpath).split(os.pathsep)
    direct = [name for name in environ.get("NO_PROXY", "").split(",") if name.strip()]
    # An account of one's own on the emulator, as lab 1 takes it, stays.
    key = environ.get("AWS_ACCESS_KEY_ID", "")
    own = len(key) == 12 and key.isascii() and key.isdecimal()
    values = {
        "AWS_ENDPOINT_URL": target.endpoint,
        "AWS_ACCESS_KEY_ID": key if own else _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_DEFAULT_REGION": target.region,
        "AWS_REGION": target.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": ",".join(dict.fromkeys([*direct, "127.0.0.1", "localhost"])),
        "PATH": os.pathsep.join([programs, *(p for p in places if p != programs)]),
    }
    unset = {name for name in environ if name.startswith("AWS_ENDPOINT_URL_")}
    return ShellSettings(values, sorted(unset | (_LEADS_ELSEWHERE & set(environ))))


def chosen_shell(environ: Mapping[str, str]) -> str:
    """The shell that `environ` is of, as far as it tells."""
    if Path(environ.get("SHELL", "")).name == "fish":
        return "fish"
    return "powershell" if "PSModulePath" in environ and "SHELL" not in environ else "bash"


def _fish(value: str) -> str:
    """Fish's documentation, "Quotes": in single quotes only these two are escaped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _powershell(value: str) -> str:
    """PowerShell's documentation, "about_Quoting_Rules"."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"

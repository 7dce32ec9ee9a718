"""What a container of a job runs: its ContainerEntrypoint and ContainerArguments.

API Reference, "AlgorithmSpecification" and "AppSpecification". The image is not here, so the
program is one of this machine: Python or a shell, or a file that the job's inputs bring.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from lakestack.services.sagemaker import launch, opt_ml
from lakestack.services.sagemaker.validation import unsupported

__all__ = ["check_command", "host_command", "host_environment"]

_PYTHON: Final = re.compile(r"(.*/)?python(3(\.\d+)?)?")
_FLAGS: Final = re.compile(r"-[uvBOEIsSqb]+")
_SHELL: Final = re.compile(r"(/bin/|/usr/bin/)?(ba)?sh")
_OPTION: Final = re.compile(r"[-+].*")
_INLINE: Final = re.compile(r"-[a-z]*c")


def check_command(
    entrypoint: Sequence[str], arguments: Sequence[str], folders: Sequence[PurePosixPath]
) -> None:
    """Refuse a command whose program or script would come from the image.

    Args:
        entrypoint: ContainerEntrypoint, not empty
        arguments: ContainerArguments
        folders: where the job's inputs are, below /opt/ml

    Raises:
        CommonServiceException: ValidationException that names what can be run
    """
    words = [*entrypoint, *arguments]
    script = _script(words)
    if script is None and not _is_shell(words[0]):
        where = "a Python script, shell script or program below an input: "
        raise unsupported(
            f"ContainerEntrypoint {list(entrypoint)}",
            where + (", ".join(map(str, folders)) or "none given"),
        )
    if script is not None and not any(
        PurePosixPath(posixpath.normpath(script)).is_relative_to(folder) for folder in folders
    ):
        raise unsupported(
            f"the script {script} of the image itself",
            "a script below an input: " + (", ".join(map(str, folders)) or "none given"),
        )
    if not _PYTHON.fullmatch(words[0]) and not opt_ml.available():
        raise unsupported(
            f"ContainerEntrypoint {list(entrypoint)} on a system without mount namespaces",
            'Python: ContainerEntrypoint ["python3", "…/script.py"]',
        )


def host_command(root: Path, entrypoint: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """The command on this machine, with `root` as its /opt/ml.

    Args:
        root: the job's private folder
        entrypoint: ContainerEntrypoint, checked
        arguments: ContainerArguments
    """
    words = [*entrypoint, *arguments]
    if not _PYTHON.fullmatch(words[0]):
        return opt_ml.inside(root, words)
    if opt_ml.available():
        return opt_ml.inside(root, [sys.executable, *words[1:]])
    at = _after_flags(words)
    mapped = [launch.mapped(word, str(root)) for word in words[at:]]
    return [sys.executable, *words[1:at], launch.__file__, str(root), *mapped]


def host_environment(root: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The container's Environment, on this machine: `python3` is the emulator's.

    Args:
        root: the job's private folder
        given: the job's Environment
    """
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    if not opt_ml.available():
        given = {name: launch.mapped(value, str(root)) for name, value in given.items()}
    return {"PATH": path, **given}


def _script(words: Sequence[str]) -> str | None:
    """The file that a command runs; None where there is none, or where it cannot be told."""
    if _PYTHON.fullmatch(words[0]):
        at = _after_flags(words)
        return words[at] if at < len(words) and not words[at].startswith("-") else None
    if _is_shell(words[0]):
        options = [word for word in words[1:] if _OPTION.fullmatch(word)]
        if any(_INLINE.fullmatch(option) for option in options):
            return None
        return next((word for word in words[1:] if not _OPTION.fullmatch(word)), None)
    return words[0] if PurePosixPath(words[0]).is_absolute() else None


def _after_flags(words: Sequence[str]) -> int:
    at = 1
    while at < len(words) and _FLAGS.fullmatch(words[at]):
        at += 1
    return at


def _is_shell(word: str) -> bool:
    return bool(_SHELL.fullmatch(word)) and shutil.which(word) is not None

"""Arguments of a job run (`getResolvedOptions`), as AWS Glue resolves them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

# Set by AWS Glue itself; a script may not ask for them ("Special parameters used in Glue jobs").
RESERVED = (
    "job_bookmark_option",
    "job_bookmark_from",
    "job_bookmark_to",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "encryption_type",
)
TEMPORARY = ("RedshiftTempDir", "TempDir")
BOOKMARK_OPTIONS = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")


class GlueArgumentError(Exception):
    """An argument that the script needs is missing, or has a value it cannot have."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(f"argument error: {message}")


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, Any]:  # noqa: N802
    """Return the values of the named arguments, and those that AWS Glue adds.

    Args:
        args: ``sys.argv``; its first item is the script
        options: names without ``--``; each must be among the arguments, but for TempDir and
            RedshiftTempDir, which are None where neither is given

    Raises:
        GlueArgumentError: an argument is missing, or the bookmark option is unknown
        RuntimeError: a reserved name is asked for
    """
    for name in RESERVED:
        if name in options:
            raise RuntimeError(f"Using reserved arguments --{name.replace('_', '-')}")
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--job-bookmark-option", choices=BOOKMARK_OPTIONS, default="job-bookmark-disable"
    )
    for name in ("job-bookmark-from", "job-bookmark-to", "encryption-type"):
        parser.add_argument(f"--{name}")
    for name in ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", *TEMPORARY):
        parser.add_argument(f"--{name}")
    for name in dict.fromkeys(options):
        if name not in TEMPORARY:
            parser.add_argument(f"--{name}", required=True)
    resolved = vars(parser.parse_known_args(list(args[1:]))[0])
    folder = resolved["TempDir"] or resolved["RedshiftTempDir"]
    return {**resolved, **dict.fromkeys(TEMPORARY, folder)}

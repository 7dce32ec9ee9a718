"""What jobs, runs and triggers' actions have in common: the checks of arguments and timeouts."""

from __future__ import annotations

from typing import Any

from lakestack.services.base import aws_error
from lakestack.services.glue.special_parameters import LIBRARY_SET


def check_timeout(minutes: int) -> None:
    """Check the timeout of a job or a run.

    Raises:
        InvalidInputException: not between 1 minute and 7 days
    """
    if not 1 <= minutes <= 10080:
        raise aws_error(
            "InvalidInputException", f"Timeout {minutes} is not between 1 and 10080 minutes"
        )


def check_arguments(arguments: dict[str, Any]) -> None:
    """Check the names of a job's arguments.

    Raises:
        InvalidInputException: one does not begin with ``--``
    """
    for name in arguments:
        if not name.startswith("--") and name != LIBRARY_SET:
            raise aws_error(
                "InvalidInputException", f"Argument {name!r} is not valid; a name begins with --"
            )

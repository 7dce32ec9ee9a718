"""Which functions the emulator can run: zip packages of Python 3."""

from __future__ import annotations

import re

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.runtimes import ALL_RUNTIMES

PYTHON = re.compile(r"python3\.\d+")
WITH_VENDORED_REQUESTS = re.compile(r"python3\.[0-7]")
"""These came with a botocore that had requests inside, which functions used (AWS Compute Blog,
"Upcoming changes to the Python SDK in AWS Lambda")."""


def is_python(runtime: str | None) -> bool:
    """Whether this is a ``python3.x`` runtime, of any age."""
    return bool(runtime and PYTHON.fullmatch(runtime))


def has_vendored_requests(runtime: str) -> bool:
    """Whether functions expect ``botocore.vendored.requests``."""
    return bool(WITH_VENDORED_REQUESTS.fullmatch(runtime))


def check_runnable(package_type: str | None, runtime: str | None) -> None:
    """Refuse what needs AWS; what is no runtime at all is LocalStack's to refuse.

    Raises:
        InvalidParameterValueException: an image package, or another language
    """
    if package_type == "Image":
        raise InvalidParameterValueException(
            "PackageType Image is not part of the emulated data lake: functions run as processes "
            "of this machine. Use PackageType Zip with a python3.x runtime, or run it on AWS.",
            Type="User",
        )
    if runtime in ALL_RUNTIMES and not is_python(runtime):
        raise InvalidParameterValueException(
            f"Runtime {runtime} is not part of the emulated data lake, which runs python3.x "
            "functions on its own interpreter. Use a python3.x runtime, or run it on AWS.",
            Type="User",
        )

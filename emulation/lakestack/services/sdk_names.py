"""Services by the names that ARNs of ``aws-sdk`` have for them: those of AWS's SDK for Java.

AWS Step Functions Developer Guide, "Learning to use AWS service SDK integrations in Step
Functions": the name is the SDK's for Java 2.x. That is the service's identifier in the API model
without spaces, Amazon or AWS before it and Service behind it, in lower case.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from pathlib import Path

from botocore.loaders import Loader

_HEAD_BYTES = 8192
"""Models begin with their metadata."""

_SERVICE_ID = re.compile(rb'"serviceId"\s*:\s*"([^"]+)"')
_MODELS = ("service-2.json.gz", "service-2.json")


def boto_name(name: str) -> str | None:
    """boto3's name of a service; None if there is no such service.

    Args:
        name: as ARNs have it, such as ``sfn`` or ``cloudwatchlogs``; boto3's name is one, too
    """
    return name if name in _available() else _by_sdk_name().get(name)


@lru_cache
def _available() -> frozenset[str]:
    return frozenset(Loader().list_available_services("service-2"))


@lru_cache
def _by_sdk_name() -> dict[str, str]:
    loader, found = Loader(), dict[str, str]()
    for name in sorted(_available()):
        version = loader.determine_latest_version(name, "service-2")
        for folder in loader.search_paths:
            head = _head(Path(folder) / name / version)
            if (identifier := _SERVICE_ID.search(head)) is not None:
                found.setdefault(_sdk_name(identifier[1].decode()), name)
                break
    return found


def _head(folder: Path) -> bytes:
    for model in _MODELS:
        path = folder / model
        if path.is_file():
            with gzip.open(path) if model.endswith(".gz") else path.open("rb") as file:
                return file.read(_HEAD_BYTES)
    return b""


def _sdk_name(identifier: str) -> str:
    name = re.sub(r"[\s_-]", "", identifier)
    return re.sub(r"^(amazon|aws)|service$", "", name.lower())

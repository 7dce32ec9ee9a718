"""AWS's Java classes that scripts reach by ``_jvm``: a few answer, the others say their names.

``glueContext._jvm.AWSConnectionUtils`` is not documented; scripts use it to find Glue's endpoint
from within a VPC. py4j would give a package for a class that is not there, and fail at the call.
"""

from __future__ import annotations

import functools
import os
from typing import Any

from .errors import UnsupportedAttributeError

_PACKAGES = ("com.amazonaws.services.glue.", "org.apache.spark.sql.glue.")
_IMPORTED = {  # what AWS's GlueContext makes known without its package
    "CallSite",
    "DynamicFrame",
    "FindMatches",
    "GluePythonUtils",
    "JsonOptions",
    "ResolveSpec",
    "SparkUtility",
}


class AWSConnectionUtils:
    """Where AWS services are, as a job on AWS is told."""

    @staticmethod
    def getRegion() -> str:  # noqa: N802 - AWS's names
        """The region of the run."""
        return os.environ.get("AWS_REGION", "us-east-1")

    @staticmethod
    def getGlueEndpoint() -> str:  # noqa: N802
        """The URL of the Glue API."""
        return os.environ.get("AWS_ENDPOINT_URL") or (
            f"https://glue.{AWSConnectionUtils.getRegion()}.amazonaws.com"
        )

    @staticmethod
    def getGlueProxyUrl() -> str:  # noqa: N802
        """The URL of the proxy, here none: scripts look for the word ``null``."""
        return "https://null:null"


_HERE = {"AWSConnectionUtils": AWSConnectionUtils}


def is_missing(full: str) -> bool:
    """Whether it is a class of AWS's own library that is not here.

    Args:
        full: its name, with its package where it is spelled with one
    """
    name = full.rpartition(".")[2]
    if name in _HERE:
        return False
    return (full.startswith(_PACKAGES) and name[:1].isupper()) or full in _IMPORTED


def install(java_gateway: Any) -> None:
    """Let py4j know these classes.

    Args:
        java_gateway: the module py4j.java_gateway
    """
    package = java_gateway.JavaPackage

    def wrapped(owner: type, prefix_of: Any) -> None:
        plain = owner.__getattr__  # type: ignore[attr-defined]

        @functools.wraps(plain)
        def found(self: Any, name: str) -> Any:
            there = plain(self, name)
            if not isinstance(there, package):
                return there
            full = prefix_of(self, name)
            if is_missing(full):
                raise UnsupportedAttributeError(f"the Java class {full}")
            of_glue = full in _HERE or full.startswith(_PACKAGES)
            return _HERE[name] if of_glue and name in _HERE else there

        owner.__getattr__ = found  # type: ignore[attr-defined]

    wrapped(java_gateway.JVMView, lambda _, name: name)
    wrapped(package, lambda self, name: f"{self._fqn}.{name}")

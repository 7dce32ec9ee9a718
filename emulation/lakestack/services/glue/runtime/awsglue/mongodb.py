"""The options of MongoDB and Amazon DocumentDB, as MongoDB's connector for Spark takes them.

AWS Glue Developer Guide, "MongoDB connections" and "Amazon DocumentDB connections": AWS Glue 3.0
has the names of the connector's version 3 (``uri``, ``MongoSamplePartitioner``), later versions
those of version 10 (``connection.uri``). Both are taken here, where version 10 runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from .errors import UnsupportedApiError
from .options import is_true

TYPES = ("documentdb", "mongodb")
_OURS = frozenset(
    (
        "uri", "connection.uri", "username", "password", "ssl", "ssl.domain_match", "retrywrites",
        "disableupdateuri", "replacedocument", "extendedbsontypes", "connectionname", "secretid",
    )
)  # fmt: skip
_OLD_PARTITIONERS = "Mongo"
"""How the names of version 3's begin; those of version 10 are names of classes."""


def options(given: Mapping[str, Any], login: Mapping[str, str], address: str) -> dict[str, str]:
    """What the connector is told.

    Args:
        given: ``connection_options`` of the script
        login: ``username`` and ``password`` of a connection or its secret; the script's go first
        address: of the connection; "": there is none

    Raises:
        UnsupportedApiError: an option that is not here
        ValueError: there is no address, database or collection
    """
    known = {str(name).lower(): value for name, value in given.items()}
    if known.get("extendedbsontypes") is not None and not is_true(known["extendedbsontypes"]):
        raise UnsupportedApiError("extendedBsonTypes=false of a MongoDB sink")
    found = str(known.get("connection.uri") or known.get("uri") or address)
    if not found:
        raise ValueError('MongoDB needs the option "connection.uri", or a connection with an URL')
    for name in ("database", "collection"):
        if not known.get(name):
            raise ValueError(f'MongoDB needs the option "{name}"')
    if not is_true(known.get("disableupdateuri", False)):
        found = uri(found, {**login, **known})
    old = str(known.get("partitioner", "")).startswith(_OLD_PARTITIONERS)
    kept = {
        str(name): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
        if str(name).lower() not in _OURS and not (old and name.lower().startswith("partitioner"))
    }
    if known.get("replacedocument") is not None:
        kept["operationType"] = "replace" if is_true(known["replacedocument"]) else "update"
    return {**kept, "connection.uri": found}


def uri(address: str, known: Mapping[str, Any]) -> str:
    """An address with who logs in and how it is encrypted, where it does not say so itself.

    Args:
        address: ``mongodb://host:port/…``; ``mongo://`` is what a connection of type JDBC has
        known: options, by their names in lower case
    """
    scheme, _, rest = address.partition("://")
    scheme = "mongodb" if scheme == "mongo" else scheme
    where, _, query = rest.partition("?")
    hosts, _, path = where.partition("/")
    user, password = known.get("username"), known.get("password")
    if user and "@" not in hosts:
        secret = f":{quote_plus(str(password))}" if password else ""
        hosts = f"{quote_plus(str(user))}{secret}@{hosts}"
    added = {}
    if is_true(known.get("ssl", False)):
        added["tls"] = "true"
        if str(known.get("ssl.domain_match", "true")).lower() == "false":
            added["tlsAllowInvalidHostnames"] = "true"
    if known.get("retrywrites") is not None:
        added["retryWrites"] = str(known["retrywrites"]).lower()
    parts = [part for part in query.split("&") if part]
    there = {part.partition("=")[0].lower().replace("ssl", "tls", 1) for part in parts}
    parts += [f"{name}={value}" for name, value in added.items() if name.lower() not in there]
    end = f"?{'&'.join(parts)}" if parts else ""
    return f"{scheme}://{hosts}/{path}{end}"

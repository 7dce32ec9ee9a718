"""Connections of the Data Catalog, as AWS Glue's API has them."""

from __future__ import annotations

from typing import Any

from .clients import client
from .errors import CatalogError


def catalog_connection(name: str, catalog_id: str | None = None) -> dict[str, Any]:
    """A connection with its password.

    Raises:
        CatalogError: there is none
    """
    glue = client("glue")
    account = {"CatalogId": catalog_id} if catalog_id else {}
    try:
        found = glue.get_connection(Name=name, HidePassword=False, **account)["Connection"]
    except glue.exceptions.EntityNotFoundException as e:
        raise CatalogError(
            f"connection {name} is not in the Data Catalog; create it with glue create-connection"
        ) from e
    return dict(found)

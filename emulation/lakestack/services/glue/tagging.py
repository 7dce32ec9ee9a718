"""Tags of crawlers and jobs live with the catalog's tags in moto, under the resource's ARN."""

from __future__ import annotations

from typing import Any

from moto.glue.models import glue_backends

from lakestack.services.glue.state import GlueState


def set_tags(state: GlueState, kind: str, name: str, tags: dict[str, str] | None) -> None:
    """Tag a new resource."""
    if tags:
        _backend(state).tag_resource(state.arn(kind, name), tags)


def drop_tags(state: GlueState, kind: str, name: str) -> None:
    """Forget the tags of a deleted resource."""
    backend, arn = _backend(state), state.arn(kind, name)
    backend.untag_resource(arn, list(backend.get_tags(arn)))


def with_tags(
    state: GlueState, kind: str, names: list[str], tags: dict[str, str] | None
) -> list[str]:
    """Names of the resources that carry all of the tags."""
    if not tags:
        return names
    backend = _backend(state)
    return [n for n in names if tags.items() <= backend.get_tags(state.arn(kind, n)).items()]


def _backend(state: GlueState) -> Any:
    return glue_backends[state.account][state.region]

"""LocalStack's stores and moto's backends as roots of a document, and back in their places.

Each store, and each backend, is a place of its own: what refers to one refers to the one that is
there when the snapshot is loaded. Its attributes are a root.
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from localstack.services.stores import LOCAL_ATTR_PREFIX, AccountRegionBundle
from moto.core.base_backend import BackendDict, backend_lock

from lakestack.errors import SnapshotError
from lakestack.services.reset import containers
from lakestack.services.saved_state import volatile
from lakestack.services.saved_state.classes import PACKAGES
from lakestack.services.saved_state.graph import Places

LOCALSTACK, MOTO = "localstack", "moto"
_SEPARATOR = "|"
_REGIONS, _ACCOUNTS = "*", "*"
"""In a root's name: of all regions of an account; of all accounts."""


def places() -> Places:
    """Every store, backend and container that there is."""
    found = Places(without=volatile.WITHOUT, remade=volatile.REMADE)
    for bundle in containers.bundles():
        found.by_id[id(bundle)] = [LOCALSTACK, _bundle_name(bundle)]
        for account, region, store in list(bundle.iter_stores()):
            found.by_id[id(store)] = [LOCALSTACK, _bundle_name(bundle), account, region]
    for backends in containers.backends():
        found.by_id[id(backends)] = [MOTO, _backend_name(backends)]
        for account, region, backend in _backends(backends):
            found.by_id[id(backend)] = [MOTO, _backend_name(backends), account, region]
    return found


def roots() -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and attributes of all that hold something."""
    for bundle in containers.bundles():
        name = _bundle_name(bundle)
        for account, regions in list(bundle.items()):
            for region, store in list(regions.items()):
                yield _root(LOCALSTACK, name, account, region), _own(store)
            yield _root(LOCALSTACK, name, account, _REGIONS), dict(regions._global)
        yield _root(LOCALSTACK, name, _ACCOUNTS, _REGIONS), dict(bundle._universal)
    for backends in containers.backends():
        for account, region, backend in _backends(backends):
            yield _root(MOTO, _backend_name(backends), account, region), _data(backend)


def locate(place: list[Any]) -> Any:
    """The container, store or backend of a place; made where there is none.

    Raises:
        SnapshotError: this version has no such container
    """
    kind, name, *rest = place
    container: Any = _bundle(name) if kind == LOCALSTACK else _backend_dict(name)
    for key in rest:
        container = container[key]
    return container


def fill(name: str, attributes: dict[str, Any]) -> None:
    """Give a store or backend what it had.

    Args:
        name: of a root
    """
    kind, container, account, region = name.split(_SEPARATOR)
    if kind == LOCALSTACK:
        bundle = _bundle(container)
        if account == _ACCOUNTS:
            bundle._universal.update(attributes)
        elif region == _REGIONS:
            bundle[account]._global.update(attributes)
        else:
            vars(bundle[account][region]).update(attributes)
    else:
        backend = _backend_dict(container)[account][region]
        _adopt_factories(vars(backend), attributes)
        vars(backend).update(attributes)


def _adopt_factories(fresh: dict[str, Any], restored: dict[str, Any], depth: int = 2) -> None:
    """Give dictionaries the factories that their holder's constructor has made again."""
    for name, value in restored.items():
        new = fresh.get(name)
        if isinstance(value, defaultdict) and value.default_factory is None:
            value.default_factory = getattr(new, "default_factory", None)
        elif depth and type(new) is type(value) and hasattr(value, "__dict__"):
            _adopt_factories(vars(new), vars(value), depth - 1)


def is_root(name: str) -> bool:
    """Whether a root is from here."""
    return name.partition(_SEPARATOR)[0] in (LOCALSTACK, MOTO)


def _root(*parts: str) -> str:
    return _SEPARATOR.join(parts)


def _own(store: Any) -> dict[str, Any]:
    return {k: v for k, v in list(vars(store).items()) if k.startswith(LOCAL_ATTR_PREFIX)}


def _data(backend: Any) -> dict[str, Any]:
    left_out = {"account_id", "region_name", *volatile.of(backend)}
    return {k: v for k, v in list(vars(backend).items()) if k not in left_out}


def _backends(backends: BackendDict[Any]) -> list[tuple[str, str, Any]]:
    with backend_lock:
        return [
            (account, region, backend)
            for account, regions in list(backends.items())
            for region, backend in list(regions.items())
        ]


def _bundle_name(bundle: AccountRegionBundle[Any]) -> str:
    return f"{bundle.store.__module__}:{bundle.store.__qualname__}"


def _backend_name(backends: BackendDict[Any]) -> str:
    return f"{backends.backend.__module__}:{backends.backend.__qualname__}"


def _bundle(name: str) -> Any:
    _module(name)
    for bundle in containers.bundles():
        if _bundle_name(bundle) == name:
            return bundle
    raise SnapshotError(f"this version has no store {name}")


def _backend_dict(name: str) -> Any:
    for value in list(vars(_module(name)).values()):
        if isinstance(value, BackendDict) and _backend_name(value) == name:
            return value
    raise SnapshotError(f"this version has no backend {name}")


def _module(name: str) -> Any:
    module = name.partition(":")[0]
    if not module.startswith(PACKAGES):
        raise SnapshotError(f"{name!r} is no container that a snapshot may have")
    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise SnapshotError(f"this version has no {name}") from e

"""What LocalStack and moto keep: their containers, all of them, found where they are made.

LocalStack visits a service's containers by the names of modules, which several services do not
keep to. Here every `AccountRegionBundle` of LocalStack's modules and every `BackendDict` of moto
that holds something is found, so that a service that comes is emptied as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

from localstack.services.stores import LOCAL_ATTR_PREFIX, AccountRegionBundle
from localstack.utils.tagging import TaggingService
from moto.core.base_backend import BackendDict, backend_lock

from lakestack.services.reset.scope import Scope

_MODULES = "localstack.services."
GLOBAL = frozenset({"aws", "aws-cn", "aws-us-gov", "global"})
"""Regions of moto's backends of services that have none; partitions, mostly."""


def bundles() -> list[AccountRegionBundle[Any]]:
    """LocalStack's containers in all modules that are loaded, by service."""
    found: dict[int, AccountRegionBundle[Any]] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith(_MODULES) and module is not None:
            for value in list(vars(module).values()):
                if isinstance(value, AccountRegionBundle):
                    found[id(value)] = value
    return sorted(found.values(), key=lambda bundle: str(bundle.service_name))


def backends() -> list[BackendDict[Any]]:
    """Moto's containers that hold something, by service."""
    with backend_lock:
        found = {id(each): each for each in BackendDict._instances}
    return sorted(found.values(), key=lambda each: str(each.service_name))


def reset(scope: Scope) -> set[str]:
    """Empty all containers of what is meant; return the services that had any."""
    emptied = set()
    for bundle in bundles():
        if bundle:
            emptied.add(str(bundle.service_name))
            _reset_bundle(bundle, scope)
    for each in backends():
        if each:
            emptied.add(str(each.service_name))
            _reset_backend(each, scope)
    return emptied


def _reset_bundle(bundle: AccountRegionBundle[Any], scope: Scope) -> None:
    if scope.everything:
        bundle.reset()
        return
    with bundle.lock:
        for account, regions in list(bundle.items()):
            if scope.account not in (None, account):
                continue
            if scope.region is None:
                regions.reset()
                continue
            store = dict.pop(regions, scope.region, None)
            if store is not None:  # somebody may hold it
                for name in [n for n in vars(store) if n.startswith(LOCAL_ATTR_PREFIX)]:
                    delattr(store, name)
            _prune(regions._global, scope)
        _prune(bundle._universal, scope)


def _prune(shared: dict[str, Any], scope: Scope) -> None:
    """Drop what has the ARN of something that is meant from attributes that regions share."""
    for value in shared.values():
        by_arn = value.tags if isinstance(value, TaggingService) else value
        if isinstance(by_arn, MutableMapping):
            drop(by_arn, scope)


def drop(by_arn: MutableMapping[Any, Any], scope: Scope) -> list[Any]:
    """Take out what has a key that begins with an ARN that is meant; return the values."""
    keys = [key for key in list(by_arn) if isinstance(key, str) and key.startswith("arn:")]
    return [by_arn.pop(key) for key in keys if scope.covers_arn(key)]


def _reset_backend(backend: BackendDict[Any], scope: Scope) -> None:
    """Forget backends; moto makes each again when it is asked for.

    moto's own `reset` makes each again at once, and then forgets it: seconds, for some.
    """
    with backend_lock:
        for account, regions in list(backend.items()):
            for region in list(regions):
                if scope.covers(account, None if region in GLOBAL else region):
                    del regions[region]
            if not regions and scope.region is None:
                del backend[account]


def stores(bundle: AccountRegionBundle[Any], scope: Scope) -> Iterator[Any]:
    """The stores of a LocalStack container that are meant."""
    for account, region, store in list(bundle.iter_stores()):
        if scope.covers(account, region):
            yield store

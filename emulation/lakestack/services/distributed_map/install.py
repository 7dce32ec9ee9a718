"""Puts our parts of Distributed Map into the place of LocalStack's.

LocalStack 4.9.2 takes no ItemBatcher, knows no child executions, calls a Map run with failures a
success, and writes an empty manifest without results. Its interpreter is loaded when the first
state machine is made, and ours with it: an emulator without any starts none the slower.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from lakestack import patches

_EXECUTION = "lakestack.services.distributed_map.execution"


def install() -> None:
    """Put ours into the place of LocalStack's, once that is loaded."""
    patches.replace_on_import("distributed_map.parse", lambda _: staticmethod(_ours("parse")))
    patches.replace_on_import("distributed_map.run", lambda _: _ours("map_run"))
    patches.replace_on_import("distributed_map.job", lambda _: _ours("eval_job"))
    patches.replace_on_import("distributed_map.next", lambda _: _ours("eval_pool"))
    patches.replace_on_import(
        "distributed_map.write", lambda _: staticmethod(_ours("write_results"))
    )
    patches.replace_on_import("distributed_map.list", _listing)
    patches.replace_on_import("distributed_map.describe", _description)


def _listing(original: Any) -> Any:
    def list_executions(
        provider: Any, context: Any, map_run_arn: str | None = None, **named: Any
    ) -> Any:
        if not map_run_arn:
            return original(provider, context, **named)
        from lakestack.services.distributed_map.listing import list_children

        return list_children(
            list(provider.get_store(context).executions.values()),
            map_run_arn,
            status=named.get("status_filter"),
            redrive=named.get("redrive_filter"),
            max_results=named.get("max_results"),
            token=named.get("next_token"),
        )

    return list_executions


def _description(original: Any) -> Any:
    def describe_execution(
        provider: Any, context: Any, execution_arn: str, included_data: Any = None, **named: Any
    ) -> Any:
        from lakestack.services.distributed_map.listing import describe_child, is_child

        if not is_child(execution_arn):
            return original(provider, context, execution_arn, included_data, **named)
        executions = list(provider.get_store(context).executions.values())
        return describe_child(executions, execution_arn, included_data != "METADATA_ONLY")

    return describe_execution


def _ours(name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(importlib.import_module(_EXECUTION), name)(*arguments, **named)

    return call

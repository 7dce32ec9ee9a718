"""LocalStack's CloudFormation engine, made to look again soon.

Its deploy loop sleeps 5 s between two looks at a resource that is still being made, which on a
laptop is longer than making it takes.
"""

from __future__ import annotations

import functools
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

POLL_SECONDS = 0.1


def install() -> None:
    """Shorten the pause of the deploy loop; its total time limit stays."""
    original = ResourceProviderExecutor.deploy_loop

    @functools.wraps(original)
    def deploy_loop(self: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("sleep_time", POLL_SECONDS)
        return original(self, *args, **kwargs)

    ResourceProviderExecutor.deploy_loop = deploy_loop

"""LocalStack's process: where it listens, whom it asks, and how it ends.

It listens only where it was told to, asks nobody outside, and ends at once.

LocalStack 4.9.2 ignores the host of GATEWAY_LISTEN for IPv4 and listens on every interface, so
that ``127.0.0.1:4566`` would be open to the network. Its internal S3 client goes to whatever public
DNS answers for ``s3.localhost.localstack.cloud``.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import sys
from typing import Any

from localstack import config
from twisted.internet import endpoints
from twisted.internet import reactor as twisted_reactor

from lakestack import patches
from lakestack.confinement import guard, network
from lakestack.services.http_server.listener import Endpoint
from lakestack.services.request_log import WRITER

reactor: Any = twisted_reactor


class _ListenEndpoints:
    """Stands in for `twisted.internet.endpoints` in LocalStack's server module."""

    TCP6ServerEndpoint = endpoints.TCP6ServerEndpoint

    @staticmethod
    def TCP4ServerEndpoint(reactor: Any, port: int) -> Any:  # noqa: N802 - Twisted's name
        del reactor
        host = next(h.host for h in config.GATEWAY_LISTEN if h.port == port)
        return Endpoint(host, port)


def install() -> None:
    """Bind the gateway to the address of GATEWAY_LISTEN, stay on this machine, end soon."""
    patches.replace("gateway.listen", _ListenEndpoints)
    # Internal clients have a numeric address, and S3's path style.
    patches.replace("gateway.localhost", network.LOOPBACK)
    shutdown = patches.original("gateway.shutdown")

    @functools.wraps(shutdown)
    def shutdown_awake(self: Any) -> None:
        shutdown(self)
        reactor.wakeUp()

    patches.replace("gateway.shutdown", shutdown_awake)
    guard.install()
    atexit.register(_end_now)


def _end_now() -> None:
    """Skip Python's own tidying up: with all of LocalStack loaded it takes seconds of CPU."""
    WRITER.write()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)

"""Where the gateway listens: the endpoint that LocalStack's server asks Twisted for."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

from twisted.internet import reactor as twisted_reactor

from lakestack.services.http_server.application import Application
from lakestack.services.http_server.connection import Connection

LOG = logging.getLogger(__name__)
reactor: Any = twisted_reactor
BACKLOG = 512
STOP_SECONDS = 10.0
"""As long as LocalStack's server waits for requests that are under way."""


class Endpoint:
    """In the place of Twisted's `TCP4ServerEndpoint`."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._busy, self._stopping = 0, False
        self._changed = threading.Condition()

    def listen(self, factory: Any) -> None:
        """Take connections from now on.

        Args:
            factory: Twisted's, of the gateway's site, within that of TLS where there is one

        Raises:
            OSError: the port is taken
        """
        site = getattr(factory, "wrappedFactory", factory)
        self._factory, self._application = factory, Application(site.resource.gateway)
        self._listener = socket.create_server((self._host, self._port), backlog=BACKLOG)
        reactor.callWhenRunning(
            threading.Thread(target=self._accept, name="gateway", daemon=True).start
        )
        reactor.addSystemEventTrigger("before", "shutdown", self.stop)

    def stop(self) -> None:
        """Take no more connections, and wait for the requests that are under way."""
        self._stopping = True
        # A thread that waits in accept() is woken by this, not by close().
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError as e:
            LOG.debug("the listener was closed before: %s", e)
        self._listener.close()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, STOP_SECONDS)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, client = self._listener.accept()
            except OSError as e:
                if self._stopping:
                    return
                LOG.warning("a connection could not be taken: %s", e)
                # Out of file descriptors or memory: the next call would fail at once.
                with self._changed:
                    self._changed.wait(0.1)
                continue
            served = Connection(
                connection, client[:2], self._application, self._hand_over, self._count
            )
            try:
                threading.Thread(
                    target=served.serve, name=f"http-{connection.fileno()}", daemon=True
                ).start()
            except RuntimeError as e:
                LOG.warning("no thread for a connection: %s", e)
                connection.close()

    def _count(self, change: int) -> bool:
        with self._changed:
            self._busy += change
            if self._stopping and not self._busy:
                self._changed.notify_all()
        return not self._stopping

    def _hand_over(self, connection: socket.socket, start: bytes) -> None:
        """Give a connection to Twisted, with what it has sent."""
        own = connection.dup()
        own.setblocking(False)

        def adopt() -> None:
            made: list[Any] = []

            class Factory:
                """Notes the protocol that the site makes."""

                @staticmethod
                def buildProtocol(address: Any) -> Any:  # noqa: N802 - Twisted's name
                    made.append(self._factory.buildProtocol(address))
                    return made[0]

            with own:
                reactor.adoptStreamConnection(own.fileno(), own.family, Factory)
            if made and made[0] is not None:
                made[0].dataReceived(start)

        reactor.callFromThread(adopt)

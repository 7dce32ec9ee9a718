"""What our services hold, by service, account and region: one store for all of them.

A service derives a state from `ServiceState` (or from `ByName`, where it holds one kind of things
with names), makes one `Store` of it, and registers that under its name:

    STORE = register(Store("glue", GlueState))

Requests take their state from it by account and region. `reset` forgets states and ends what runs
for them; `snapshot` and `restore` turn them into plain data and back. A service that LocalStack
has not loaded has no store yet, and holds nothing.

What moto and LocalStack keep themselves stays with them, in their `BackendDict` and
`AccountRegionBundle`: Glue's Data Catalog and tags of its jobs and crawlers, Lambda's functions and
mappings, CloudFormation's stacks, S3, IAM, CloudWatch: `lakestack.services.reset` empties both.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from lakestack.endings import Ending, ended
from lakestack.errors import SnapshotError, StateError
from lakestack.plain_data import plain

__all__ = [
    "ByName",
    "Contents",
    "Ending",
    "ServiceState",
    "Store",
    "register",
    "reset",
    "store_of",
    "stores",
]
LOG = logging.getLogger(__name__)

RESET_SECONDS = 30.0
"""How long a reset waits for what runs to end."""

Contents = dict[str, list[str]]
"""What a state holds: names by kind, such as ``{"job": ["ratings-to-parquet"]}``."""


class ServiceState:
    """What one service holds for one account and region.

    Attributes:
        lock: hold it while reading several things, or changing anything
        closed: whether a reset has taken the state out of its store; set with the lock held
    """

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.lock = threading.RLock()
        self.closed = False

    def contents(self) -> Contents:
        """What the state holds; kinds of which there is nothing may be missing."""
        raise NotImplementedError

    def end(self) -> list[Ending]:
        """Tell all that runs to end, and return it; does not wait for it.

        Called once, with the lock held, when nothing can be added any more.
        """
        return []

    def abandon(self) -> list[Ending]:
        """As `end`, when all that could still be written would be emptied at once."""
        return self.end()

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data, for `restore`.

        Raises:
            SnapshotError: it holds what is no data: this service cannot be saved, unless empty
        """
        self.refuse_snapshot_of(self.contents())
        return {}

    def restore(self, document: dict[str, Any]) -> None:
        """Take over what `snapshot` gave; the state is new and nobody else has it yet.

        Raises:
            StateError: the document is not from here
        """
        if document:
            raise StateError(
                f"The snapshot has {', '.join(sorted(document))}, and {type(self).__name__} can "
                "be restored only empty"
            )

    def resume(self) -> None:
        """When all services are restored: go on with what ran, or end it and say so.

        Called with the lock held.
        """

    def refuse_snapshot_of(self, held: Contents) -> None:
        """Say that these things are not data.

        Raises:
            SnapshotError: there are some
        """
        named = [f"{kind} {', '.join(names)}" for kind, names in sorted(held.items()) if names]
        if named:
            raise SnapshotError(
                f"Account {self.account}, region {self.region} cannot be saved: it holds "
                f"{'; '.join(named)}, which is more than data",
                "Delete it, or save another service",
            )


class Named(Protocol):
    """What `ByName` holds."""

    name: str

    @property
    def gone(self) -> bool:
        """Whether its deletion has ended."""
        ...


N = TypeVar("N", bound=Named)


class ByName(ServiceState, Generic[N]):
    """A state that holds one kind of things, by name; a deleted one vanishes when it is gone."""

    KIND = "resource"

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self._things: dict[str, N] = {}

    def __len__(self) -> int:
        return len(self._things)

    def contents(self) -> Contents:
        return {self.KIND: [thing.name for thing in self.all()]}

    def put(self, thing: N) -> None:
        """Keep a thing under its name."""
        with self.lock:
            self._things[thing.name] = thing

    def find(self, name: str) -> N | None:
        """The thing of a name."""
        with self.lock:
            self.forget_gone()
            return self._things.get(name)

    def all(self) -> list[N]:
        """Everything, by name."""
        with self.lock:
            self.forget_gone()
            return sorted(self._things.values(), key=lambda thing: thing.name)

    def forget_gone(self) -> int:
        """Let go of what is gone; how many that were."""
        with self.lock:
            gone = [name for name, thing in self._things.items() if thing.gone]
            for name in gone:
                del self._things[name]
            return len(gone)


S = TypeVar("S", bound=ServiceState)


class Store(Generic[S]):
    """The states of one service. All methods are safe to call from several threads.

    Args:
        service: its name, which `register` keeps it by
        make: makes the state of an account and region
    """

    def __init__(self, service: str, make: Callable[[str, str], S]) -> None:
        self.service = service
        self._make = make
        self._lock = threading.Lock()
        self._states: dict[tuple[str, str], S] = {}

    def get(self, account: str, region: str) -> S:
        """The state of an account and region, made when first asked for."""
        with self._lock:
            state = self._states.get((account, region))
            if state is None:
                state = self._states[account, region] = self._make(account, region)
            return state

    @contextmanager
    def holding(self, account: str, region: str) -> Iterator[S]:
        """The state, with its lock held, and sure to be the one in use.

        What starts something that a reset must end is done in here: a reset comes before it, or
        after it and ends it.
        """
        while True:
            state = self.get(account, region)
            with state.lock:
                if not state.closed:
                    yield state
                    return

    def states(self, account: str | None = None, region: str | None = None) -> list[S]:
        """All states, or those of one account, of one region, or of both."""
        with self._lock:
            return [self._states[key] for key in self._chosen(account, region)]

    def contents(
        self, account: str | None = None, region: str | None = None
    ) -> dict[tuple[str, str], Contents]:
        """What is held, by account and region, where there is anything."""
        found = {(s.account, s.region): _filled(s.contents()) for s in self.states(account, region)}
        return {key: held for key, held in sorted(found.items()) if held}

    def close(
        self, account: str | None = None, region: str | None = None, *, dropping: bool = False
    ) -> list[Ending]:
        """Take states out and tell all that runs for them to end; return it, without waiting.

        Args:
            account: only of this one
            region: only of this one
            dropping: what is still to be written is dropped
        """
        with self._lock:
            closed = [self._states.pop(key) for key in self._chosen(account, region)]
        return [ending for state in closed for ending in _closed(state, dropping)]

    def reset(
        self,
        account: str | None = None,
        region: str | None = None,
        *,
        timeout: float = RESET_SECONDS,
    ) -> list[str]:
        """Forget states, and end what runs for them.

        Args:
            account: only of this one
            region: only of this one
            timeout: seconds to wait for all that runs

        Returns:
            names of what has not ended in time; each goes on to its end, and is logged
        """
        return ended(self.service, self.close(account, region), timeout)

    def snapshot(self, account: str | None = None, region: str | None = None) -> dict[str, Any]:
        """States as plain data: dicts with string keys, lists, str, numbers, bytes, datetimes.

        Raises:
            SnapshotError: something held is no data; it names the service, account and region
        """
        saved = []
        for state in self.states(account, region):
            try:
                with state.lock:
                    document = plain(state.snapshot(), "")
            except SnapshotError as e:
                raise SnapshotError(f"{self.service}: {e.message}", e.hint) from e
            saved.append({"account": state.account, "region": state.region, "state": document})
        return {"service": self.service, "states": saved}

    def restore(self, document: Mapping[str, Any], *, timeout: float = RESET_SECONDS) -> list[str]:
        """Put the states of a snapshot in the place of those of the same accounts and regions.

        Nothing has changed when it fails.

        Args:
            document: what `snapshot` gave
            timeout: seconds to wait for what runs in the states that are replaced

        Returns:
            names of what has not ended in time

        Raises:
            StateError: it is not a snapshot of this service
        """
        if not isinstance(document, Mapping) or document.get("service") != self.service:
            found = document.get("service") if isinstance(document, Mapping) else document
            raise StateError(f"This is a snapshot of {found!r}, not of {self.service!r}")
        try:
            made = [self._restored(saved) for saved in document["states"]]
        except (AttributeError, KeyError, TypeError, ValueError) as e:
            raise StateError(f"The snapshot of {self.service!r} is damaged: {e!r}") from e
        new = {(state.account, state.region): state for state in made}
        with self._lock:
            old = [self._states.pop(key) for key in new if key in self._states]
            self._states.update(new)
        return ended(self.service, [e for state in old for e in _closed(state)], timeout)

    def resume(self) -> None:
        """Let every state go on that `restore` has made."""
        for state in self.states():
            with state.lock:
                state.resume()

    def _restored(self, saved: Mapping[str, Any]) -> S:
        account, region, document = saved["account"], saved["region"], plain(saved["state"], "")
        if not isinstance(account, str) or not isinstance(region, str):
            raise TypeError(f"account {account!r}, region {region!r}")
        state = self._make(account, region)
        state.restore(document)
        if plain(state.snapshot(), "") != document:
            raise ValueError(f"account {account}, region {region} holds what it cannot hold")
        return state

    def _chosen(self, account: str | None, region: str | None) -> list[tuple[str, str]]:
        return [
            (a, r)
            for a, r in self._states
            if (account is None or a == account) and (region is None or r == region)
        ]


_stores: dict[str, Store[Any]] = {}
_stores_lock = threading.Lock()


def register(store: Store[S]) -> Store[S]:
    """Make a store known by its service's name; return it.

    Raises:
        StateError: there is another of this name
    """
    with _stores_lock:
        if _stores.setdefault(store.service, store) is not store:
            raise StateError(f"There is a store of {store.service!r} already")
    return store


def stores() -> dict[str, Store[Any]]:
    """The stores of all services that are loaded, by name."""
    with _stores_lock:
        return dict(sorted(_stores.items()))


def store_of(service: str) -> Store[Any]:
    """The store of a service.

    Raises:
        StateError: there is none
    """
    known = stores()
    if service not in known:
        raise StateError(f"There is no store of {service!r}; there are: {', '.join(known)}")
    return known[service]


def reset(
    services: Iterable[str] | None = None,
    account: str | None = None,
    region: str | None = None,
    *,
    timeout: float = RESET_SECONDS,
) -> list[str]:
    """Reset several services at once: all are told to end before the first is waited for.

    Args:
        services: their names; None for all that are loaded
        account: only of this one
        region: only of this one
        timeout: seconds to wait for all that runs

    Returns:
        names of what has not ended in time

    Raises:
        StateError: a service has no store; nothing is reset then
    """
    chosen = [store_of(name) for name in services] if services is not None else stores().values()
    endings = [ending for store in chosen for ending in store.close(account, region)]
    return ended(", ".join(store.service for store in chosen), endings, timeout)


def _closed(state: ServiceState, dropping: bool = False) -> list[Ending]:
    """Tell it to end; what cannot be told so is named as not ended, and holds up no other."""
    with state.lock:
        state.closed = True
        try:
            return state.abandon() if dropping else state.end()
        except Exception as e:
            LOG.exception("%s of %s in %s", type(state).__name__, state.account, state.region)
            return [Ending(f"{type(state).__name__} ({e!r})", lambda _seconds: False)]


def _filled(contents: Contents) -> Contents:
    return {kind: names for kind, names in sorted(contents.items()) if names}

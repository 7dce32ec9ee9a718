"""Saving and loading: what comes in which order, so that a snapshot refers to nothing it has not.

Requests that change something wait while a snapshot is taken (`gate`). What goes on in the
background does not: so what reads (positions of Firehose and of mappings, bookmarks) is taken
before what it writes to (S3, the catalog), and what is written about (Kinesis, DynamoDB) last.
What was half done is then done again, and nothing is passed over.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
from importlib import metadata
from pathlib import Path
from typing import Any

from localstack.services.plugins import SERVICE_PLUGINS

from lakestack import clock, store
from lakestack.errors import SnapshotError
from lakestack.services.metrics import COLLECTOR
from lakestack.services.reset import procedure as resets
from lakestack.services.reset import providers
from lakestack.services.reset.scope import Scope
from lakestack.services.saved_state import (
    bodies,
    containers,
    folder,
    gate,
    objects,
    running,
    tables,
)
from lakestack.services.saved_state.folder import Snapshot
from lakestack.services.saved_state.graph import Encoder
from lakestack.services.saved_state.reading import Decoder

LOG = logging.getLogger(__name__)

DOCUMENT = "document.json"
OWN, OBJECTS, TABLES, MODULES = "own|", "s3-objects", "dynamodb", "modules"
"""Roots of the document, beside those of `containers`."""

READERS = ("firehose", "lambda", "pipes", "glue")
"""Services of ours that are saved first, and loaded last."""

TRIES = 3
"""A body that was replaced while it was read is read again with its object."""

ENDPOINT_SECONDS = 20.0
"""How long a load waits for endpoints that it brings up again."""

_one_at_a_time = threading.Lock()


def save(place: Path) -> dict[str, Any]:
    """Save everything as the newest snapshot of a state's folder.

    Returns:
        ``name``, ``saved``, ``seconds``, ``bytes``; ``omitted``, what cannot be saved;
        ``unfinished``, the requests that may be in it by half

    Raises:
        SnapshotError: a service cannot be saved now
        OSError: the folder cannot be written to; the former snapshot is untouched
    """
    with _one_at_a_time:
        began = clock.steady()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        former = folder.latest(place)
        number = max(folder.numbers(place), default=0) + 1
        path = folder.numbered(place, number)
        path.mkdir(mode=0o700)
        try:
            manifest, unfinished = _written(path, number, former)
            folder.write_manifest(path, manifest)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        folder.forget_former(place, number)
        seconds = round(clock.steady() - began, 3)
        size = sum(each["size"] for each in manifest["files"].values())
        LOG.info("saved %s: %d bytes in %.3f s", path, size, seconds)
        return {
            "name": place.name,
            "seconds": seconds,
            "bytes": size,
            "saved": manifest["saved"],
            "omitted": manifest["omitted"],
            "unfinished": unfinished,
        }


def load(place: Path) -> dict[str, Any]:
    """Put the newest snapshot of a state's folder in the place of everything.

    Returns:
        ``name``, ``saved``, ``seconds``; ``not_resumed``, what does not go on

    Raises:
        SnapshotError: as `begin_load`
    """
    began = clock.steady()
    found = begin_load(place)
    failed = resume()
    seconds = round(clock.steady() - began, 3)
    LOG.info("loaded %s in %.3f s", found.path, seconds)
    return {
        "name": place.name,
        "saved": found.manifest["saved"],
        "seconds": seconds,
        "not_resumed": failed,
    }


def begin_load(place: Path) -> Snapshot:
    """All of `load` but what needs the gateway: `resume`.

    Raises:
        SnapshotError: there is none, or it is damaged or newer; it is kept aside then, and nothing
            has changed
    """
    with _one_at_a_time:
        found = folder.checked(place)
        if found is None:
            raise SnapshotError(
                f"There is no state {place.name!r} in {place.parent}",
                "GET /_lakestack/state lists those that there are",
            )
        for service in found.manifest["services"]:
            SERVICE_PLUGINS.require(service)
        try:
            document = json.loads((found.path / DOCUMENT).read_bytes())
            stored = bodies.Stored(found)
            Decoder(document, lambda _: object(), stored.read).decode()
        except (SnapshotError, OSError, ValueError, RecursionError) as e:
            raise folder.refused(found, folder.DAMAGED, str(e)) from e
        resets.reset(Scope())
        _fill(found, document, stored)
    return found


def resume() -> list[str]:
    """Let what was loaded go on; returns what does not, one sentence each."""
    failed = running.resume()
    for name in sorted(store.stores(), key=_order):
        store.store_of(name).resume()
    return [*failed, *_await_endpoints()]


def _written(path: Path, number: int, former: Snapshot | None) -> tuple[dict[str, Any], list[str]]:
    kept = bodies.Kept(path, number, former)
    try:
        tables.prepare()
        with gate.GATE.shut() as unfinished:
            running.settle()
            COLLECTOR.publish()
            for left in reversed(range(TRIES)):
                encoder, changed = _encoded(kept)
                if not changed or not left:
                    break
                LOG.info("replaced while they were saved, once more: %s", changed[:5])
                kept.forget()
            dynamodb, files = tables.save(path, former)
            encoder.add(TABLES, dynamodb)
            files += running.save_metrics(path)
        told = kept.finish()
    finally:
        kept.close()
    for name, content in ((DOCUMENT, encoder.document), (bodies.INDEX, kept.index)):
        with folder.private(path / name) as file:
            file.write(json.dumps(content, separators=(",", ":")).encode())
        files.append(path / name)
    for file in files:
        told[file.name] = {"size": file.stat().st_size, "sha256": folder.sha256(file)}
    manifest = {
        "format": folder.FORMAT,
        "emulator": metadata.version("lakestack"),
        "versions": {name: metadata.version(name) for name in ("localstack-core", "moto-ext")},
        "saved": clock.utc().isoformat(timespec="milliseconds"),
        "services": sorted(providers.loaded()),
        "omitted": sorted({*encoder.omitted, *(f"s3: the body of {name}" for name in changed)}),
        "files": told,
    }
    return manifest, unfinished


def _encoded(kept: bodies.Kept) -> tuple[Encoder, list[str]]:
    """All but DynamoDB; and the objects whose bodies did not hold still."""
    encoder = Encoder(containers.places(), kept.keep)
    own = store.stores()
    for name in READERS:
        if name in own:
            encoder.add(f"{OWN}{name}", own[name].snapshot())
    for name, attributes in containers.roots():
        encoder.add(name, attributes)
    encoder.add(MODULES, running.module_data())
    for name in own:
        if name not in READERS:
            encoder.add(f"{OWN}{name}", own[name].snapshot())
    entries, changed = objects.save(kept) if "s3" in providers.loaded() else ([], [])
    encoder.add(OBJECTS, entries)
    return encoder, changed


def _fill(found: Snapshot, document: dict[str, Any], stored: bodies.Stored) -> None:
    """Fill what is empty.

    Raises:
        SnapshotError: it does not fit into this version; everything is empty again
    """
    try:
        roots = Decoder(document, containers.locate, stored.read).decode()
        for name, attributes in roots.items():
            if containers.is_root(name):
                containers.fill(name, attributes)
        running.restore_module_data(roots[MODULES])
        if roots[OBJECTS] and (missing := objects.restore(roots[OBJECTS], stored)):
            raise SnapshotError(f"objects without a body: {', '.join(missing[:10])}")
        tables.restore(roots[TABLES], found.path)
        running.restore_metrics(found.path)
        names = [name.removeprefix(OWN) for name in roots if name.startswith(OWN)]
        for name in sorted(names, key=_order):
            store.store_of(name).restore(roots[f"{OWN}{name}"])
    except Exception as e:
        LOG.exception("load of %s", found.path)
        resets.reset(Scope())
        raise SnapshotError(
            f"The snapshot {found.path} cannot be loaded: {type(e).__name__}: {e}; the emulator is "
            "empty now",
            "The snapshot is untouched; load another one, or move it away",
        ) from e


def _order(name: str) -> tuple[int, str]:
    """Streams first, since readers look for theirs."""
    return (0 if name == "kinesis" else 2 if name in READERS else 1, name)


def _await_endpoints() -> list[str]:
    if "sagemaker" not in store.stores():
        return []
    from lakestack.services.sagemaker.state import all_endpoints

    deadline = clock.steady() + ENDPOINT_SECONDS
    return [
        f"endpoint {endpoint.name} is {endpoint.status}"
        for endpoint in all_endpoints()
        if not endpoint.settled(max(0.0, deadline - clock.steady()))
    ]

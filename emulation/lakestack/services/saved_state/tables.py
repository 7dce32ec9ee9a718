"""DynamoDB's tables: a file of SQLite for each account and region that has any.

With the moto fallback the tables are among moto's backends.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from lakestack.services.dynamodb import engine
from lakestack.services.dynamodb.access import access_key_id
from lakestack.services.dynamodb.database_copy import databases
from lakestack.services.saved_state.folder import Snapshot

_copied: dict[str, tuple[object, tuple[int, int], str]] = {}
"""What a database was when it was last written, by state, key and region: the engine's life,
changes and sequence, and the snapshot of that save, which may not have become complete."""


def save(path: Path, former: Snapshot | None) -> tuple[dict[str, Any], list[Path]]:
    """Write each database; returns what belongs into the document, and the new files."""
    document: dict[str, Any] = {"databases": [], **engine.tables.snapshot()}
    files: list[Path] = []
    places = _places(document)
    if not places:
        return document, files
    with databases() as found:
        for account, region in places if found is not None else ():
            assert found is not None  # noqa: S101 - the loop is empty otherwise
            file = path / f"dynamodb-{account}-{region}.db"
            name = f"{path.parent} {access_key_id(account, region)} {region}"
            state = found.look(account, region)
            if (
                former is not None
                and file.name in former.files
                and _copied.get(name) == (found.life, state, former.path.name)
            ):
                with contextlib.suppress(OSError):  # a file system without links
                    file.hardlink_to(former.path / file.name)
            if not file.exists():
                state = found.copy_out(account, region, file)
                file.chmod(0o600)
            _copied[name] = found.life, state, path.name
            files.append(file)
            document["databases"].append([account, region, file.name, state[1]])
    return document, files


def prepare() -> None:
    """Have ready what the first save of an engine's life takes seconds for: requests wait later."""
    stamp()


def stamp() -> list[Any]:
    """What changes with the databases' content; jobs and DMS write to them past the gateway.

    Raises:
        SnapshotError: the engine does not do it
        EngineError: it does not answer
    """
    places = _places(engine.tables.snapshot())
    if not places:
        return []
    with databases() as found:
        return [found.look(*place) for place in places] if found is not None else []


def _places(tables: dict[str, Any]) -> list[tuple[str, str]]:
    """Account and region of each database; [] where moto keeps the tables."""
    found = sorted({(account, region) for account, region, *_ in tables["live"]})
    return found if found and engine.engine() is not None else []


def restore(document: dict[str, Any], path: Path) -> None:
    """Fill the databases, which are empty."""
    if document["databases"]:
        with databases() as found:
            for account, region, file, sequence in document["databases"]:
                if found is not None:
                    found.copy_in(account, region, path / file, sequence)
    engine.tables.take_over(document)

"""The states of this emulator's folder, by name: what the routes below ``/_lakestack/state`` do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakestack import changes, disk, marks
from lakestack.errors import SnapshotError
from lakestack.services.saved_state import folder

FOLDER_VARIABLE = "LAKE_STATE"
"""The folder of states; without it one in the emulator's own folder."""

KEPT_VARIABLE = "LAKE_KEPT"
"""Set where the state `folder.CURRENT` is loaded at the start and saved by itself."""

_HINT = 'valid: {"name": "seeded"}'


def states_folder() -> Path:
    """Where the states are."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else Path(os.environ[marks.EMULATOR], "state")


UNSAVED = "unsaved.txt"
"""In the emulator's own folder, while the state that it keeps cannot be saved: why."""


def unsaved() -> Path:
    """Where the emulator notes that what it keeps is not saved."""
    return Path(os.environ[marks.EMULATOR], UNSAVED)


def save(document: Mapping[str, Any]) -> dict[str, Any]:
    """Save everything under the name of a request.

    Raises:
        SnapshotError: the name is none, the folder cannot be written to, or a service not be saved
    """
    from lakestack.services.saved_state import procedure

    place = states_folder() / _name(document)
    try:
        return procedure.save(place)
    except OSError as e:
        raise SnapshotError(
            f"Nothing is saved in {place}: {disk.refused(e, place)}; what was saved before is "
            "untouched",
            "Make room or make it writable; another folder: lake emulator start --state DIR",
        ) from e


def load(document: Mapping[str, Any]) -> dict[str, Any]:
    """Load the state of a request's name in the place of everything.

    Raises:
        SnapshotError: the name is none, or there is no such state, or it is refused
    """
    from lakestack.services.saved_state import procedure

    loaded = procedure.load(states_folder() / _name(document))
    changes.note()
    return loaded


def remove(document: Mapping[str, Any]) -> bool:
    """Delete the state of a request's name; whether there was one.

    Raises:
        SnapshotError: the name is none, or it cannot be deleted
    """
    place = states_folder()
    try:
        return folder.remove(place, _name(document))
    except OSError as e:
        raise SnapshotError(f"{place} cannot be changed: {disk.refused(e, place)}") from e


def _name(document: Mapping[str, Any]) -> str:
    if unknown := sorted(set(document) - {"name"}):
        raise SnapshotError(f"There is no member {', '.join(map(repr, unknown))}", _HINT)
    return folder.check_name(document.get("name"))

"""Whether an emulator keeps its state, and where: before it runs, and without its packages."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from lakestack.errors import SettingError
from lakestack.services.saved_state import folder
from lakestack.services.saved_state.states import FOLDER_VARIABLE, KEPT_VARIABLE

PERSIST = "PERSIST"
"""The user's variable: whether the state is kept."""

LEAST_FREE = 64 << 20
"""Bytes that the doctor wants to see free where a state is kept."""

YES, NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})


def variables(home: Path, given: Path | None) -> dict[str, str]:
    """Variables by which the emulator knows.

    Args:
        home: folder of the emulator
        given: folder of saved states, one of which is to be kept; None: as PERSIST says

    Raises:
        SettingError: PERSIST has another value
    """
    value = os.environ.get(PERSIST, "").strip().lower()
    if value not in YES | NO:
        raise SettingError(
            f"{PERSIST} is {value!r}", "valid: 1, true, yes or on; 0, false, no, off or nothing"
        )
    place = given or Path(os.environ.get(FOLDER_VARIABLE) or home / "state").absolute()
    kept = given is not None or value in YES
    return {FOLDER_VARIABLE: str(place), **({KEPT_VARIABLE: "1"} if kept else {})}


def check(environment: Mapping[str, str]) -> None:
    """Look at the state that an emulator would begin with.

    Raises:
        SnapshotError: it is refused, and kept aside; or another emulator keeps it
    """
    if KEPT_VARIABLE in environment:
        place = Path(environment[FOLDER_VARIABLE]) / folder.CURRENT
        with contextlib.ExitStack() as stack:
            # Not that of an emulator that runs, which replaces it meanwhile.
            with contextlib.suppress(OSError):  # the first save says more
                stack.callback(os.close, folder.claimed(place))
            folder.checked(place)


def examined(home: Path) -> tuple[str, str]:
    """Look at the saved states of an emulator, running or not; changes nothing.

    Args:
        home: folder of the emulator

    Returns:
        what fixes the fault, "" without one; and what was found, "" where there is nothing and
        nothing is to be kept

    Raises:
        SettingError: PERSIST has another value
    """
    given = variables(home, None)
    place = Path(given[FOLDER_VARIABLE])
    kept = KEPT_VARIABLE in given
    with contextlib.suppress(NotADirectoryError, PermissionError):
        names = sorted(p.name for p in place.iterdir() if p.is_dir()) if place.is_dir() else []
        faults = [found for name in names if (found := folder.problem(place / name))]
        if faults:
            return (
                "move it away, or start the version that wrote it; a load or start that needs it "
                "keeps it aside and says so",
                f"of {place}, refused: {'; '.join(faults)}",
            )
    if not kept and not place.is_dir():
        return "", ""
    if wrong := _not_writable(place):
        return f"make it writable, or choose another folder: {FOLDER_VARIABLE}", wrong
    states = folder.listed(place)
    size = sum(each["bytes"] for each in states if each["name"] == folder.CURRENT)
    free = shutil.disk_usage(_there(place)).free
    if kept and free < max(size, LEAST_FREE):
        return (
            f"make room there (df -h), or choose another folder: {FOLDER_VARIABLE}",
            f"{free >> 20} MiB free at {place}; a save may need {max(size, LEAST_FREE) >> 20}",
        )
    told = f"{place}: {', '.join(each['name'] for each in states) or 'none yet'}"
    return "", f"{told}; {'kept by itself' if kept else f'{PERSIST} is not set'}"


def _not_writable(place: Path) -> str:
    there = _there(place)
    if not there.is_dir():
        return f"{there} is no folder"
    if not os.access(there, os.W_OK | os.X_OK):  # also of a read-only volume, also for root
        return f"{there} cannot be written to"
    return ""


def _there(place: Path) -> Path:
    """The place, or what is there above it."""
    while not place.exists():
        place = place.parent
    return place

"""Whether an emulator keeps its state, and where: before it runs, and without its packages."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from lakestack.errors import SettingError
from lakestack.services.saved_state import folder
from lakestack.services.saved_state.states import FOLDER_VARIABLE, KEPT_VARIABLE

PERSIST = "PERSIST"
"""The user's variable: whether the state is kept."""

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

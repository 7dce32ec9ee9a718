"""What a file system refuses, told as an error that names the file and the next step.

A full disk, a read-only volume or a folder of somebody else's is nothing that the code could fix,
and its traceback helps nobody. Every place that writes on a user's behalf uses `explained`.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from lakestack.errors import EmulationError

REFUSALS = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        *(errno.EROFS, errno.EACCES, errno.EPERM),
        *(errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP),
        *(errno.EIO, errno.ESTALE),
    }
)
"""Of errno(3): those that are about the place and not about the program."""


OTHER_CACHE = "set LAKE_CACHE to a folder of yours"


def full(error: OSError) -> bool:
    """Whether there is no space, rather than no right."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def refused(error: OSError, place: Path) -> str:
    """What is refused, one clause: the file, as far as the system names it, and why."""
    # A copy names its source first, which is not the one that cannot be written.
    file = error.filename2 or error.filename or place
    return f"cannot write to {file}: {error.strerror or error}"


@contextlib.contextmanager
def explained(
    place: Path, remedy: str, kind: type[EmulationError] = EmulationError
) -> Iterator[None]:
    """A block that writes below a folder, and whose refusals are errors for the user.

    Args:
        place: the folder; is named where the system names no file
        remedy: another place, as an end of "make room there, or …"
        kind: of the error

    Raises:
        EmulationError: of `kind`: the file system refuses; other OSErrors pass
    """
    try:
        yield
    except OSError as e:
        if e.errno not in REFUSALS:
            raise
        first = "make room there (df -h)" if full(e) else "make it writable"
        raise kind(refused(e, place), f"{first}, or {remedy}") from e

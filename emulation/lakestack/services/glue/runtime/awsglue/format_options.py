"""Format options, as scripts spell them: any case, and true or "true"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .errors import UnsupportedApiError


def options_of(kind: str, options: Mapping[str, object], known: Sequence[str]) -> dict[str, str]:
    """The options by lower-case name; a switch is ``true`` or ``false``.

    Raises:
        UnsupportedApiError: an option that is not among the known ones
    """
    given = {}
    for name, value in options.items():
        if str(name).lower() not in known:
            raise UnsupportedApiError(f"format option {name!r} of {kind}")
        text = str(value)
        given[str(name).lower()] = text.lower() if text.lower() in ("true", "false") else text
    return given

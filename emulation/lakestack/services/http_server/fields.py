"""Headers of a request or an answer, found by name without a look at each.

werkzeug's `Headers` go through all of their list, in lower case, for each name that is asked for or
set: 300 times for a GET of S3, which a sixth of its processor time went to.
"""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequestKeyError

_MISSING: Any = object()


class Fields(Headers):
    """werkzeug's `Headers`, with the same answers, and an index of names.

    The index knows the first place of each name. It is made when it is first needed, and given up
    by what moves places.
    """

    _at: dict[str, int] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return bool(Headers(self._list) == Headers(other._list))

    __hash__ = None  # type: ignore[assignment]

    def _get_key(self, key: str) -> str:
        place = self._places().get(key.lower())
        if place is None:
            raise BadRequestKeyError(key)
        value: str = self._list[place][1]
        return value

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # noqa: A002 - werkzeug's
        """The first value of a name."""
        places = self._at
        if places is None:
            places = self._places()
        low = key.lower()
        if low not in places:
            return default
        if type is None:
            return self._list[places[low]][1]
        return super().get(key, default, type)

    def getlist(self, key: str, type: Any = None) -> list[Any]:  # noqa: A002 - werkzeug's
        """All values of a name."""
        places = self._places()
        place = places.get(key.lower())
        if place is None:
            return []
        if type is None and len(places) == len(self._list):
            return [self._list[place][1]]
        values: list[Any] = super().getlist(key, type)
        return values

    def __contains__(self, key: object) -> bool:
        places = self._at
        if places is None:
            places = self._places()
        return key.lower() in places  # type: ignore[attr-defined]

    def add(self, key: str, value: Any, /, **options: Any) -> None:
        """Add a value, behind those of the same name."""
        super().add(key, value, **options)
        if self._at is not None:
            self._at.setdefault(key.lower(), len(self._list) - 1)

    def set(self, key: str, value: Any, /, **options: Any) -> None:
        """Replace all values of a name."""
        places = self._at
        if places is None:
            places = self._places()
        if options or len(places) != len(self._list):  # a name that is there twice
            super().set(key, value, **options)
            self._at = None
            return
        if value.__class__ is not str:
            value = str(value)
        if "\n" in value or "\r" in value:
            raise ValueError("Header values must not contain newline characters.")
        low = key.lower()
        if low in places:
            self._list[places[low]] = (key, value)
        else:
            places[low] = len(places)
            self._list.append((key, value))

    def update(self, arg: Any = None, /, **named: Any) -> None:
        """Replace the values of all names that are given."""
        if named or type(arg) is not Fields or len(arg._places()) != len(arg._list):
            super().update(arg, **named)
            return
        places, others = self._places(), arg._places()
        if len(places) != len(self._list):
            super().update(arg)
            return
        for low, header in zip(others, arg._list, strict=True):
            if low in places:
                self._list[places[low]] = header
            else:
                places[low] = len(places)
                self._list.append(header)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key.__class__ is str:
            self.set(key, value)
            return
        super().__setitem__(key, value)
        self._at = None

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self._at = None

    def _del_key(self, key: str) -> None:
        if key.lower() in self._places():
            super()._del_key(key)
            self._at = None

    def pop(self, key: Any = None, default: Any = _MISSING) -> Any:
        """Remove a name, or what is at a place; returns its (first) value."""
        if isinstance(key, str) and default is not _MISSING and key not in self:
            return default
        try:
            return super().pop(key) if default is _MISSING else super().pop(key, default)
        finally:
            self._at = None

    def popitem(self) -> tuple[str, str]:
        """Remove the last one."""
        self._at = None
        last: tuple[str, str] = super().popitem()
        return last

    def clear(self) -> None:
        """Remove all."""
        self._at = None
        super().clear()

    def _places(self) -> dict[str, int]:
        found = self._at
        if found is None:
            found = {}
            for place, (key, _) in enumerate(self._list):
                found.setdefault(key.lower(), place)
            self._at = found
        return found

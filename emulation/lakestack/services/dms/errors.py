"""Errors inside the emulated AWS Database Migration Service.

EmulationError
└── DmsError
    ├── DefinitionError   what the caller sent (settings, mapping, table definition) is not valid
    ├── TableError        one table cannot be loaded; `TableErrorPolicy` decides what follows
    ├── TaskError         the task ends as ``failed`` with this as its LastFailureMessage
    └── CancelledError         StopReplicationTask was called

The provider answers a `DefinitionError` with AWS's ``InvalidParameterValueException``.
"""

from __future__ import annotations

from lakestack.errors import EmulationError

__all__ = ["CancelledError", "DefinitionError", "DmsError", "TableError", "TaskError"]


class DmsError(EmulationError):
    """Base of all errors of the emulated DMS."""


class DefinitionError(DmsError):
    """A document of the caller's is not what DMS accepts; the message says where and what is."""


class TableError(DmsError):
    """A table as a whole cannot be loaded."""


class TaskError(DmsError):
    """The task cannot go on."""


class CancelledError(DmsError):
    """The user stopped the task."""

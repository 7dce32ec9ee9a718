"""A query that fails, in Athena's words.

Amazon Athena User Guide, "Athena error catalog": categories and types.
"""

from __future__ import annotations

from typing import Any

SYSTEM, USER = 1, 2
INTERNAL, USER_ERROR, DATA_ERROR, DDL_FAILED, RESOURCES = 100, 1000, 1001, 1003, 0


class QueryError(Exception):
    """A query that fails.

    Args:
        name: such as ``TABLE_NOT_FOUND``; empty where Athena puts none
        message: the rest of StateChangeReason
        category: `SYSTEM` or `USER`
        kind: ErrorType
    """

    def __init__(
        self, name: str, message: str, *, category: int = USER, kind: int = USER_ERROR
    ) -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.name, self.category, self.kind = name, category, kind

    def document(self) -> dict[str, Any]:
        """AthenaError."""
        return {
            "ErrorCategory": self.category,
            "ErrorType": self.kind,
            "Retryable": False,
            "ErrorMessage": str(self),
        }


class ScanLimitError(QueryError):
    """A query reads more than its work group allows, and is cancelled."""

    def __init__(self) -> None:
        super().__init__("", "Query cancelled! : Bytes scanned limit was exceeded")


def not_supported(what: str) -> QueryError:
    """What Athena may have and the emulator has not."""
    return QueryError("NOT_SUPPORTED", f"{what} is not part of the emulated Athena")


def data_error(name: str, message: str) -> QueryError:
    """Objects do not hold what their table says."""
    return QueryError(name, message, kind=DATA_ERROR)


def ddl_failed(message: str) -> QueryError:
    """A DDL task that fails, as Hive says it."""
    text = f"Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {message}"
    return QueryError("FAILED", text, kind=DDL_FAILED)

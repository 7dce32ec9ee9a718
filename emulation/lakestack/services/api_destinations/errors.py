"""What goes wrong with a target."""

from __future__ import annotations


class TargetError(Exception):
    """A target that could not be reached, or has refused.

    Args:
        code: ERROR_CODE of the dead-letter queue
        retried: whether the same request may succeed later
        pause: seconds that the target has asked for before the next one, None if it has not
    """

    def __init__(
        self, code: str, message: str, *, retried: bool = False, pause: float | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.retried, self.pause = code, retried, pause

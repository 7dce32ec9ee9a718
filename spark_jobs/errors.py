"""Errors of the Glue scripts in this package."""

from __future__ import annotations

__all__ = ["TrainingDataError"]


class TrainingDataError(Exception):
    """The data cannot become training data; the message says why."""

"""The package's exceptions.

    RecommenderError
    ├── SettingsError    a hyper-parameter that is unknown or out of range
    ├── DataError        a training channel that is missing, malformed or too small
    ├── ArtifactError    model files that are missing, altered or inconsistent
    └── RequestError     an invocation that cannot be answered; also a ValueError

Each message says what was received and what is valid.
"""


class RecommenderError(Exception):
    """Base of every error that a user of this package can cause."""


class SettingsError(RecommenderError):
    """A hyper-parameter is unknown, unreadable or out of range."""


class DataError(RecommenderError):
    """The training channel cannot be used."""


class ArtifactError(RecommenderError):
    """The model files cannot be trusted."""


class RequestError(RecommenderError, ValueError):
    """An invocation is malformed; `status_code` is the HTTP status it deserves."""

    def __init__(self, message: str, status_code: int = 400) -> None:
        super().__init__(message)
        self.status_code = status_code

"""The package's exceptions.

    RecommenderError
    ├── SettingsError    a hyper-parameter that is unknown or out of range
    ├── DataError        a training channel that is missing, malformed or too small
    ├── TrainerError     a fit in a process of its own that has failed
    ├── ArtifactError    model files that are missing, altered or inconsistent
    └── RequestError     an invocation that cannot be answered; also a ValueError

Each message says what was received and what is valid.
"""

from http import HTTPStatus

try:
    # In SageMaker's containers: of other errors the toolkit makes an HTTP 500, whatever they are.
    from sagemaker_inference.errors import (  # type: ignore[import-not-found]
        BaseInferenceToolkitError as _ToolkitError,
    )
except ImportError:
    _ToolkitError = Exception


class RecommenderError(Exception):
    """Base of every error that a user of this package can cause."""


class SettingsError(RecommenderError):
    """A hyper-parameter is unknown, unreadable or out of range."""


class DataError(RecommenderError):
    """The training channel cannot be used."""


class TrainerError(RecommenderError):
    """The process that fits has failed."""


class ArtifactError(RecommenderError):
    """The model files cannot be trusted."""


class RequestError(RecommenderError, ValueError, _ToolkitError):  # type: ignore[misc]
    """An invocation is malformed.

    Attributes:
        status_code: the HTTP status that it deserves
        message: what was received and what is valid
        phrase: the HTTP status in words, which the toolkit sends with it
    """

    def __init__(self, message: str, status_code: int = 400) -> None:
        Exception.__init__(self, message)
        self.message = message
        self.status_code = status_code
        self.phrase = HTTPStatus(status_code).phrase

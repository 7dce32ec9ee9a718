"""What moto and LocalStack raise where they mean, or should say, that the client is at fault.

Both leave such errors to the outermost handler, which answers 500: moto's own errors where
LocalStack calls moto's models directly, botocore's from calls within the process, and plain Python
errors where a handler looks up what is not there, or reads a text that is not what it should be
(what these mean is our guess; their traceback is in the log).

Only errors raised in their code are looked at. One of our own code stays a 500: it is our fault.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

from botocore.exceptions import ClientError
from localstack.utils.aws.arns import InvalidArnException
from moto.core.exceptions import RESTError
from moto.core.exceptions import ServiceException as MotoError

from lakestack.services.request_validation.service_errors import Codes

_SHOWN = 500
_UNSET = MotoError.code
_DEEPEST = 20
_DEEPEST_SHAPE = 6


class Meant(NamedTuple):
    """An error as its service would answer it."""

    code: str
    message: str
    status: int


def meant_by(error: Exception, operation: Any, request: Any, codes: Codes) -> Meant | None:
    """Say what an error of moto's or LocalStack's code means to the client; None for a fault.

    Args:
        operation: botocore's model of it; None if it is not known
        request: as parsed
    """
    if isinstance(error, ClientError):
        return _of_call(error)
    if isinstance(error, RESTError | MotoError | InvalidArnException):
        return _of_moto(error, operation, codes)
    author = _author(error)
    if author in (None, "lakestack") or operation is None:
        return None
    found = _of_python(error, operation, request, codes)
    if found is None and author == "moto":
        what = f"{type(error).__name__}: {str(error)[:_SHOWN]}"
        said = f"moto, which only records {operation.name}, cannot take this request ({what})"
        return Meant("InternalFailure", said, 501)
    return found


def _of_moto(error: Any, operation: Any, codes: Codes) -> Meant:
    if isinstance(error, RESTError):
        return Meant(error.relative_error_type or codes.invalid, error.message, error.code or 400)
    if isinstance(error, InvalidArnException):  # LocalStack's, for text given as an ARN
        return Meant(codes.invalid, str(error)[:_SHOWN], 400)
    code = codes.invalid if error.code == _UNSET else error.code
    return Meant(code, error.message, _status(operation, code))


def _of_call(error: ClientError) -> Meant | None:
    about = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if not 400 <= status < 500:
        return None
    return Meant(str(about.get("Code", "")), str(about.get("Message", "")), status)


def _of_python(error: Exception, operation: Any, request: Any, codes: Codes) -> Meant | None:
    if isinstance(error, KeyError):
        return _of_look_up(error.args[0] if error.args else None, operation, request, codes)
    if isinstance(error, ExpatError):
        return Meant(codes.unreadable, f"the body is no XML: {error}", 400)
    if isinstance(error, EOFError):  # S3 API Reference, "List of error codes"
        return Meant("IncompleteBody", f"The body is shorter than it says: {error}", 400)
    if isinstance(error, ValueError | OverflowError):
        # S3's code for a document; what LocalStack's S3 stumbles over are headers and parameters.
        code = "InvalidArgument" if codes.invalid == "MalformedXML" else codes.invalid
        return Meant(code, f"A value is not valid: {str(error)[:_SHOWN]}", 400)
    return None


def _of_look_up(key: Any, operation: Any, request: Any, codes: Codes) -> Meant | None:
    if isinstance(key, str) and key in _values(request):
        code = _not_found(operation) or codes.invalid
        return Meant(code, f"{key[:_SHOWN]} was not found", _status(operation, code))
    if not isinstance(key, str) or (needed := _needed(operation.input_shape, key)) is None:
        return None
    if needed:
        return Meant(codes.invalid, f"The parameter '{key}' is missing", 400)
    # AWS would do without it.
    return Meant("InternalFailure", f"{operation.name} without {key} is not emulated", 501)


def _author(error: Exception) -> str | None:
    """Whose code raised it; what the standard library raises counts for its caller."""
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in ("lakestack", "moto", "localstack"):
            return package
    return None


def _values(value: Any, depth: int = 0) -> Iterator[Any]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for item in value.values():
            yield from _values(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, depth + 1)
    elif isinstance(value, str):
        yield value


def _needed(shape: Any, name: str, depth: int = 0) -> bool | None:
    """Whether a structure within a shape needs its member of this name, in any case.

    Returns:
        None if no structure has such a member
    """
    if shape is None or depth > _DEEPEST_SHAPE:  # shapes may contain themselves
        return None
    if shape.type_name == "list":
        return _needed(shape.member, name, depth + 1)
    if shape.type_name == "map":
        return _needed(shape.value, name, depth + 1)
    if shape.type_name != "structure":
        return None
    for member in shape.members:
        if member.lower() == name.lower():
            return member in shape.required_members
    found = (_needed(within, name, depth + 1) for within in shape.members.values())
    return next((needed for needed in found if needed is not None), None)


def _not_found(operation: Any) -> str | None:
    """The operation's own code for what is not there."""
    for shape in operation.error_shapes:
        code = str(shape.metadata.get("error", {}).get("code", shape.name))
        if any(part in shape.name for part in ("NotFound", "NoSuch", "DoesNotExist")):
            return code
    return None


def _status(operation: Any, code: str) -> int:
    """The HTTP status that the API model has for an error, 400 if it has none."""
    for shape in operation.error_shapes if operation is not None else ():
        about = shape.metadata.get("error", {})
        if code in (about.get("code"), shape.name):
            return int(about.get("httpStatusCode", 400))
    return 400

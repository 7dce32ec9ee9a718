"""Names of delivered objects.

Rules: Amazon Data Firehose Developer Guide, "Understand custom prefixes for Amazon S3 objects" and
"Configure Amazon S3 object name format".
"""

from __future__ import annotations

import re
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from lakestack import clock
from lakestack.services.firehose.compression import EXTENSIONS

QUERY, LAMBDA = "partitionKeyFromQuery", "partitionKeyFromLambda"
"""Namespaces of dynamic partitioning."""

_DEFAULT_DATE = "%Y/%m/%d/%H/"
_NAME_DATE = "%Y-%m-%d-%H-%M-%S"
_EXPRESSION = re.compile(r"!\{([^}]*)\}")
_RANDOM_LENGTH = 11

# Java's DateTimeFormatter: a run of one letter, a quoted literal, or anything else as it is.
_JAVA_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])")
_JAVA_FIELDS: dict[str, Callable[[datetime], str]] = {
    "yyyy": lambda t: f"{t.year:04d}",
    "uuuu": lambda t: f"{t.year:04d}",
    "yy": lambda t: f"{t.year % 100:02d}",
    "y": lambda t: f"{t.year}",
    "MM": lambda t: f"{t.month:02d}",
    "M": lambda t: f"{t.month}",
    "MMM": lambda t: t.strftime("%b"),
    "MMMM": lambda t: t.strftime("%B"),
    "dd": lambda t: f"{t.day:02d}",
    "d": lambda t: f"{t.day}",
    "DDD": lambda t: f"{t.timetuple().tm_yday:03d}",
    "HH": lambda t: f"{t.hour:02d}",
    "H": lambda t: f"{t.hour}",
    "hh": lambda t: f"{(t.hour - 1) % 12 + 1:02d}",
    "a": lambda t: t.strftime("%p"),
    "mm": lambda t: f"{t.minute:02d}",
    "m": lambda t: f"{t.minute}",
    "ss": lambda t: f"{t.second:02d}",
    "s": lambda t: f"{t.second}",
    "SSS": lambda t: f"{t.microsecond // 1000:03d}",
    "EEE": lambda t: t.strftime("%a"),
    "EEEE": lambda t: t.strftime("%A"),
}


class PrefixError(ValueError):
    """A prefix that Firehose refuses; the message says which part and why."""


@dataclass(frozen=True, slots=True)
class ObjectNaming:
    """How a delivery stream names its objects.

    Attributes:
        stream: delivery stream name
        version: its version id
        prefix: taken literally, except for expressions
        error_prefix: of failed records; without one they lie below the prefix
        compression: a key of `compression.EXTENSIONS`
        extension: replaces the compression's own extension
        zone: in which dates are written
    """

    stream: str
    version: str
    prefix: str = ""
    error_prefix: str = ""
    compression: str = "UNCOMPRESSED"
    extension: str = ""
    zone: tzinfo = UTC

    def key(self, arrival: float, keys: Mapping[str, str] | None = None) -> str:
        """Name an object whose oldest record arrived at this Unix second.

        A prefix without expressions is followed at once by the date: ``firehose2018`` gives
        ``firehose20182026/01/31/23/…``, ``firehose/`` gives ``firehose/2026/01/31/23/…``.

        Args:
            keys: values of the expressions of dynamic partitioning
        """
        moment = datetime.fromtimestamp(arrival, self.zone)
        folder = evaluate_prefix(self.prefix, moment, keys=keys)
        return folder + self._name(moment) + (self.extension or EXTENSIONS[self.compression])

    def error_key(self, arrival: float, error_type: str) -> str:
        """Name an object with failed records."""
        moment = datetime.fromtimestamp(arrival, self.zone)
        folder = evaluate_error_prefix(self.error_prefix, self.prefix, moment, error_type)
        return folder + self._name(moment)

    def _name(self, moment: datetime) -> str:
        return f"{self.stream}-{self.version}-{moment.strftime(_NAME_DATE)}-{uuid.uuid4()}"


def has_expressions(prefix: str) -> bool:
    """Whether the prefix has ``!{namespace:value}`` expressions, which replace the date folder."""
    return "!{" in prefix


def partition_expressions(prefix: str) -> list[tuple[str, str]]:
    """The expressions of dynamic partitioning in a prefix: namespace and key of each."""
    found = (expression.partition(":") for expression in _EXPRESSION.findall(prefix))
    return [(space, key) for space, _, key in found if space in (QUERY, LAMBDA)]


def evaluate_prefix(
    prefix: str,
    moment: datetime,
    *,
    error_type: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> str:
    """Replace the expressions of a prefix.

    Args:
        moment: arrival of the object's oldest record, in the zone of the delivery stream
        error_type: what ``!{firehose:error-output-type}`` becomes; None where it is not allowed
        keys: what the expressions of dynamic partitioning become, such as
            ``partitionKeyFromQuery:id``; None where they are not allowed

    Raises:
        PrefixError: an expression that Firehose does not have, or not here
    """
    if not has_expressions(prefix):
        return prefix + moment.strftime(_DEFAULT_DATE)
    if "!{" in _EXPRESSION.sub("", prefix):
        raise PrefixError(f"Prefix '{prefix}' has an expression without its closing brace")
    return _EXPRESSION.sub(lambda m: _evaluate(m.group(1), moment, error_type, keys), prefix)


def evaluate_error_prefix(error_prefix: str, prefix: str, moment: datetime, error_type: str) -> str:
    """The folder of failed records.

    Without an ErrorOutputPrefix, the type of the error and the date follow the prefix; they also
    follow one without expressions (our guess: else the types would lie in one folder).

    Raises:
        PrefixError: an expression that Firehose does not have, or not here
    """
    if has_expressions(error_prefix):
        return evaluate_prefix(error_prefix, moment, error_type=error_type)
    before = error_prefix or ("" if has_expressions(prefix) else prefix)
    return f"{before}{error_type}/{moment.strftime(_DEFAULT_DATE)}"


def check_prefixes(prefix: str, error_prefix: str, *, partitioned: bool = False) -> None:
    """Check the two prefixes of a destination as Firehose does when it is created.

    Args:
        partitioned: whether dynamic partitioning is enabled

    Raises:
        PrefixError: what Firehose would answer with InvalidArgumentException
    """
    moment = clock.utc()
    found = partition_expressions(prefix)
    keys = {f"{space}:{key}": key for space, key in found} if partitioned else None
    evaluate_prefix(prefix, moment, keys=keys)
    evaluate_error_prefix(error_prefix, prefix, moment, "processing-failed")
    if has_expressions(prefix) and not error_prefix:
        raise PrefixError("ErrorOutputPrefix must be specified when Prefix contains expressions")
    if has_expressions(error_prefix) and "!{firehose:error-output-type}" not in error_prefix:
        raise PrefixError(
            f"ErrorOutputPrefix '{error_prefix}' contains expressions and must therefore contain "
            "!{firehose:error-output-type}"
        )
    if partitioned and not found:
        raise PrefixError(
            "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is "
            "enabled"
        )


def java_date(pattern: str, moment: datetime) -> str:
    """Format a date by a Java DateTimeFormatter pattern.

    Raises:
        PrefixError: a letter that is not among the supported fields, or an open quote
    """
    parts, end = [], 0
    for token in _JAVA_TOKEN.finditer(pattern):
        if token.start() != end:
            break
        end = token.end()
        literal, letter, other = token.groups()
        if literal is not None:
            parts.append(literal.replace("''", "'") if literal else "'")
        elif letter is None:
            parts.append(other)
        elif token.group() in _JAVA_FIELDS:
            parts.append(_JAVA_FIELDS[token.group()](moment))
        else:
            raise PrefixError(
                f"Timestamp pattern '{pattern}': '{token.group()}' is not supported; "
                f"valid: {' '.join(_JAVA_FIELDS)}"
            )
    if end != len(pattern) or not pattern:
        raise PrefixError(f"Timestamp pattern '{pattern}' is not valid")
    return "".join(parts)


def _evaluate(
    expression: str, moment: datetime, error_type: str | None, keys: Mapping[str, str] | None
) -> str:
    namespace, _, value = expression.partition(":")
    if namespace == "timestamp":
        return java_date(value, moment)
    if expression == "firehose:random-string":
        letters = string.ascii_letters + string.digits
        return "".join(secrets.choice(letters) for _ in range(_RANDOM_LENGTH))
    if expression == "firehose:error-output-type":
        if error_type is None:
            raise PrefixError("!{firehose:error-output-type} is valid in ErrorOutputPrefix only")
        return error_type
    if namespace in (QUERY, LAMBDA):
        if keys is None:
            raise PrefixError(
                "Dynamic Partitioning Namespaces can only be part of a prefix expression when "
                "Dynamic Partitioning is enabled."
            )
        if not value or expression not in keys:
            raise PrefixError(f"!{{{expression}}} has no value")
        return keys[expression]
    raise PrefixError(
        f"Expression !{{{expression}}} is not known; valid: !{{timestamp:...}}, "
        "!{firehose:random-string}, !{firehose:error-output-type}"
    )

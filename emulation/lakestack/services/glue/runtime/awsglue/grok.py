"""Grok patterns of format grokLog, as regular expressions of Java, which Spark runs.

AWS Glue Developer Guide, "Using the grokLog format in AWS Glue" and "Writing grok custom
classifiers" (the syntax, and the names of the built-in patterns; what they stand for is written
here by what their names say). ``%{PATTERN:field}`` is a field, ``%{PATTERN:field:type}`` one with
a type; ``%{PATTERN}`` is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

UNWANTED = "UNWANTED"
"""The field that is none (AWS's name)."""
TYPES = {
    "byte": "tinyint", "boolean": "boolean", "double": "double", "short": "smallint",
    "int": "int", "long": "bigint", "float": "float", "string": "string",
}  # fmt: skip
DEEPEST = 30
"""Patterns within patterns, after which one is taken to name itself (our guess)."""
_REFERENCE = re.compile(r"%\{(\w+)(?:[:;]([\w.@-]+))?(?:[:;]([^}]*))?\}")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_HEX = r"[0-9A-Fa-f]"

BUILT_IN: Mapping[str, str] = {
    # words and numbers
    "USERNAME": r"[\w.-]+",
    "USER": r"%{USERNAME}",
    "INT": r"[+-]?\d+",
    "BASE10NUM": r"(?<![\d.+-])[+-]?(?:\d+(?:\.\d+)?|\.\d+)",
    "NUMBER": r"%{BASE10NUM}",
    "BASE16NUM": rf"(?<!{_HEX})[+-]?(?:0x)?{_HEX}+",
    "BASE16FLOAT": rf"\b(?<![0-9A-Fa-f.])[+-]?(?:0x)?(?:{_HEX}+(?:\.{_HEX}*)?|\.{_HEX}+)\b",
    "BOOLEAN": r"(?i:true|false)",
    "POSINT": r"\b[1-9]\d*\b",
    "NONNEGINT": r"\b\d+\b",
    "WORD": r"\b\w+\b",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": r".*?",
    "GREEDYDATA": r".*",
    "QUOTEDSTRING": r"""(?:"(?:\\.|[^\\"])*+"|'(?:\\.|[^\\'])*+'|`(?:\\.|[^\\`])*+`)""",
    "QS": r"%{QUOTEDSTRING}",
    "UUID": rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}",
    # networks
    "CISCOMAC": rf"(?:{_HEX}{{4}}\.){{2}}{_HEX}{{4}}",
    "WINDOWSMAC": rf"(?:{_HEX}{{2}}-){{5}}{_HEX}{{2}}",
    "COMMONMAC": rf"(?:{_HEX}{{2}}:){{5}}{_HEX}{{2}}",
    "MAC": r"(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})",
    "IPV4": rf"(?<!\d){_OCTET}(?:\.{_OCTET}){{3}}(?!\d)",
    "IPV6": (
        rf"(?:(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}"
        rf"|(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}})?::"
        rf"(?:(?:{_HEX}{{1,4}}:){{0,6}}(?:{_HEX}{{1,4}}|{_OCTET}(?:\.{_OCTET}){{3}}))?)(?:%\w+)?"
    ),
    "IP": r"(?:%{IPV6}|%{IPV4})",
    "HOSTNAME": r"\b[0-9A-Za-z][\w-]{0,62}(?:\.[0-9A-Za-z][\w-]{0,62})*(?:\.?|\b)",
    "HOST": r"%{HOSTNAME}",
    "IPORHOST": r"(?:%{IP}|%{HOSTNAME})",
    "HOSTPORT": r"%{IPORHOST}:%{POSINT}",
    # paths
    "UNIXPATH": r"(?:/[\w%!$@:.,~+-]*)+",
    "WINPATH": r"(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+",
    "PATH": r"(?:%{UNIXPATH}|%{WINPATH})",
    "TTY": r"/dev/(?:pts|tty[pq]?)\w*/?\d+",
    "URIPROTO": r"[A-Za-z][A-Za-z+]*",
    "URIHOST": r"%{IPORHOST}(?::%{POSINT})?",
    "URIPATH": r"(?:/[\w$.+!*'(){},~:;=@#%-]*)+",
    "URIPARAM": r"\?[\w$.+!*'|(){},~@#%&/=:;?\[\]-]*",
    "URIPATHPARAM": r"%{URIPATH}(?:%{URIPARAM})?",
    "URI": r"%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?",
    # times
    "MONTH": (
        r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
        r"|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b"
    ),
    "MONTHNUM": r"(?:0?[1-9]|1[0-2])",
    "MONTHNUM2": r"(?:0[1-9]|1[0-2])",
    "MONTHDAY": r"(?:0[1-9]|[12]\d|3[01]|[1-9])",
    "DAY": (
        r"(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?"
        r"|Sun(?:day)?)"
    ),
    "YEAR": r"(?:\d\d){1,2}+",
    "HOUR": r"(?:2[0-3]|[01]?\d)",
    "MINUTE": r"[0-5]\d",
    "SECOND": r"(?:[0-5]?\d|60)(?:[:.,]\d+)?",
    "TIME": r"(?<!\d)%{HOUR}:%{MINUTE}(?::%{SECOND})?(?!\d)",
    "DATE_US": r"%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
    "DATE_EU": r"%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
    "DATESTAMP_US": r"%{DATE_US}[- ]%{TIME}",
    "DATESTAMP_EU": r"%{DATE_EU}[- ]%{TIME}",
    "ISO8601_TIMEZONE": r"(?:Z|[+-]%{HOUR}:?%{MINUTE})",
    "ISO8601_SECOND": r"%{SECOND}",
    "TIMESTAMP_ISO8601": (
        r"%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?"
        r"(?:%{ISO8601_TIMEZONE})?"
    ),
    "TZ": r"(?:[PMCE][SD]T|UTC)",
    "DATESTAMP_RFC822": r"%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}",
    "DATESTAMP_RFC2822": r"%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}",
    "DATESTAMP_OTHER": r"%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}",
    "DATESTAMP_EVENTLOG": r"%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}",
    "CISCOTIMESTAMP": r"%{MONTH} %{MONTHDAY} %{TIME}",
    "SYSLOGTIMESTAMP": r"%{MONTH} +%{MONTHDAY} %{TIME}",
    "HTTPDATE": r"%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
    # lines of logs
    "PROG": r"[\w./%-]+",
    "SYSLOGPROG": r"%{PROG:program}(?:\[%{POSINT:pid}\])?",
    "SYSLOGHOST": r"%{IPORHOST}",
    "SYSLOGFACILITY": r"<%{NONNEGINT:facility}.%{NONNEGINT:priority}>",
    "SYSLOGBASE": (
        r"%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} "
        r"%{SYSLOGPROG}:"
    ),
    "MESSAGESLOG": r"%{SYSLOGBASE} %{DATA}",
    "COMMONAPACHELOG": (
        r"%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \[%{HTTPDATE:timestamp}\] "
        r'"(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})"'
        r" %{NUMBER:response} (?:%{NUMBER:bytes}|-)"
    ),
    "COMBINEDAPACHELOG": r"%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}",
    "LOGLEVEL": (
        r"(?i:alert|trace|debug|notice|info|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe"
        r"|emerg(?:ency)?)"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field of a log's lines.

    Attributes:
        groups: the numbers of the groups that may hold it; the first that does is taken
        kind: its Hive type
    """

    name: str
    groups: tuple[int, ...]
    kind: str


@dataclass(frozen=True)
class Grok:
    """A compiled pattern.

    Attributes:
        pattern: regular expression of Java
    """

    pattern: str
    fields: tuple[Field, ...]


def compiled(log_format: str, custom: str = "") -> Grok:
    """Make a regular expression of a grok pattern.

    Args:
        log_format: the option ``logFormat``
        custom: the option ``customPatterns``: a name, a space and its pattern on each line

    Raises:
        ValueError: an unknown pattern or type, one that names itself, or no field at all
    """
    known = {**BUILT_IN, **dict(_definitions(custom))}
    named: list[tuple[str, str]] = []

    def expanded(text: str, depth: int) -> str:
        if depth > DEEPEST:
            raise ValueError(f"grok patterns are nested more than {DEEPEST} times: {text[:100]}")

        def one(found: re.Match[str]) -> str:
            name, field, kind = found.groups()
            if name not in known:
                raise ValueError(
                    f"grok pattern {name} is not known; AWS Glue has {', '.join(BUILT_IN)}, and "
                    "customPatterns may define others"
                )
            inner = expanded(known[name], depth + 1)
            if not field or field == UNWANTED:
                return f"(?:{inner})"
            kind = (kind or "string").split(";")[0]
            if kind not in TYPES:
                raise ValueError(f"type {kind!r} of field {field} is none of {', '.join(TYPES)}")
            named.append((field, TYPES[kind]))
            return f"(?<lake{len(named) - 1}>{inner})"

        return _REFERENCE.sub(one, text)

    pattern = expanded(log_format, 0)
    if not named:
        raise ValueError(f"logFormat {log_format!r} names no field, such as %{{INT:id}}")
    numbers = _numbers(pattern)
    groups: dict[str, list[tuple[int, str]]] = {}
    for at, (field, kind) in enumerate(named):
        groups.setdefault(field, []).append((numbers[f"lake{at}"], kind))
    fields = [
        Field(field, tuple(sorted(n for n, _ in found)), found[0][1])
        for field, found in sorted(groups.items(), key=lambda each: min(each[1]))
    ]
    return Grok(pattern, tuple(fields))


def _definitions(custom: str) -> list[tuple[str, str]]:
    found = []
    for line in custom.splitlines():
        if (text := line.strip()) and not text.startswith("#"):
            name, _, pattern = text.partition(" ")
            found.append((name, pattern.strip()))
    return found


def _numbers(pattern: str) -> dict[str, int]:
    """The number of each named group of a regular expression of Java."""
    found: dict[str, int] = {}
    number = at = depth = 0  # depth: of classes of characters, which Java nests
    while at < len(pattern):
        two = pattern[at : at + 2]
        if two == r"\Q":
            end = pattern.find(r"\E", at)
            at = len(pattern) if end < 0 else end
        elif pattern[at] == "\\":
            at += 1
        elif pattern[at] == "[":
            depth += 1
        elif pattern[at] == "]":
            depth = max(depth - 1, 0)
        elif pattern[at] == "(" and not depth:
            name = _GROUP.match(pattern, at)
            if name or two != "(?":
                number += 1
            if name:
                found[name[1]] = number
        at += 1
    return found


_GROUP = re.compile(r"\(\?<(\w+)>")

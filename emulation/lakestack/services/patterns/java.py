r"""Regular expressions as AWS's services take them (Java's), spelled for RE2 and for `regex`.

Java SE API, "Class Pattern": classes such as ``\d`` and ``\s`` are ASCII, ``\Q..\E`` quotes,
``[a-z&&[^m]]`` cuts. Both spellings mean the same, so that it does not matter which engine runs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_LENGTH = 4_096
MAX_NESTING = 100
MAX_EXPANDED = 100_000
"""Longest pattern, deepest nesting and the most that its ``{n}`` may multiply out to: our guess."""

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0b\f\r",
}
_CLASSES = {
    "d": "0-9",
    "w": "a-zA-Z0-9_",
    "s": r" \t\n\x0b\f\r",
    "h": " \\t\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0b\f\r" + "\u0085\u2028\u2029",
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_NOT_LINE_ENDS = "[^\\n\\r\u0085\u2028\u2029]"
_REPEAT = re.compile(r"\{(\d{1,9})(?:(,)(\d{0,9}))?\}")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")
_GROUPS = re.compile(r"\(\?(?:P?<([A-Za-z][A-Za-z0-9_]*)>|(:|=|!|<=|<!|>))")
_PROPERTY = re.compile(r"\{\^?([A-Za-z_=0-9 -]{1,40})\}|([A-Z])")
_LOW_HALF = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_NAME = re.compile(r"<([A-Za-z][A-Za-z0-9_]*)>")


class PatternSyntaxError(ValueError):
    """What is written is no pattern, or one larger than the bounds above."""


@dataclass
class Spelling:
    """A pattern for the two engines.

    Attributes:
        linear: for RE2; None where it has no words for it (lookaround, backreferences, ...)
        backtracking: for `regex` with ``VERSION1 | ASCII``
        folds: matches without regard to case somewhere, which Java does for ASCII letters only
        line_ends: has a ``$``, which in Java also matches before a last line end
    """

    linear: str | None
    backtracking: str
    folds: bool
    line_ends: bool


def spell(pattern: str) -> Spelling:
    """Translate a pattern.

    Raises:
        PatternSyntaxError: not a pattern, or too large
    """
    if len(pattern) > MAX_LENGTH:
        raise PatternSyntaxError(f"it is longer than {MAX_LENGTH} characters")
    return _Reader(pattern).read()


@dataclass
class _Level:
    """Sizes inside an open group: of all before, and of the last item, which may be repeated."""

    before: int = 0
    last: int = 0


@dataclass
class _Reader:
    text: str
    at: int = 0
    linear: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    only_other: bool = False
    folds: bool = False
    line_ends: bool = False
    dot_all: bool = False
    levels: list[_Level] = field(default_factory=lambda: [_Level()])

    def read(self) -> Spelling:
        self.dot_all = "s" in "".join(m[1] for m in _FLAGS.finditer(self.text))
        while self.at < len(self.text):
            self._item(self.text[self.at])
        if len(self.levels) != 1:
            raise PatternSyntaxError("a group is not closed")
        linear = None if self.only_other else "".join(self.linear)
        return Spelling(linear, "".join(self.other), self.folds, self.line_ends)

    def _item(self, c: str) -> None:
        if c == "\\":
            self._escape()
        elif c == "[":
            self._put(self._set())
        elif c == "(":
            self._open()
        elif c == ")":
            self._close()
        elif c in "*+?":
            self._repeat(c, 1)
        elif c == "{" and (found := _REPEAT.match(self.text, self.at)):
            count = int(found[3] or found[1]) if found[2] else int(found[1])
            if found[2] and found[3] and int(found[3]) < int(found[1]):
                raise PatternSyntaxError(f"the repetition {found[0]} is not valid")
            self._repeat(found[0], max(count, 1))
        else:
            self.at += 1
            if c == "$":
                self.line_ends = True
            if c == ".":
                self._put("." if self.dot_all else _NOT_LINE_ENDS)
            else:
                self._put(c if c in "^$|" else _literal(c))

    def _put(self, linear: str, other: str | None = None) -> None:
        self.linear.append(linear)
        self.other.append(linear if other is None else other)
        level = self.levels[-1]
        level.before, level.last = level.before + level.last, 1

    def _put_other(self, other: str) -> None:
        self.only_other = True
        self._put("", other)

    def _repeat(self, written: str, count: int) -> None:
        level = self.levels[-1]
        if not self.other or (not level.last and not level.before):
            raise PatternSyntaxError(f"nothing is before the repetition {written}")
        level.last *= count
        if level.before + level.last > MAX_EXPANDED:
            raise PatternSyntaxError(f"its repetitions multiply to more than {MAX_EXPANDED}")
        self.at += len(written)
        kind = self.text[self.at : self.at + 1]
        if kind == "+":  # possessive
            self.only_other = True
        if kind in ("+", "?") and kind:
            written += kind
            self.at += 1
        self.linear.append(written)
        self.other.append(written)

    def _open(self) -> None:
        if len(self.levels) > MAX_NESTING:
            raise PatternSyntaxError(f"it is nested deeper than {MAX_NESTING}")
        if not self.text.startswith("(?", self.at):
            self.at += 1
            return self._enter("(")
        if found := _GROUPS.match(self.text, self.at):
            self.at = found.end()
            name, kind = found.groups()
            if kind and kind != ":":
                self.only_other = True
            return self._enter(f"(?P<{name}>" if name else f"(?{kind}")
        found = _FLAGS.match(self.text, self.at)
        flags = found and set((found[1] or "") + (found[2] or ""))
        if not found or not flags or flags - set("imsdu"):
            raise PatternSyntaxError(
                f"{self.text[self.at : self.at + 4]!r} opens no group known here"
            )
        self.folds |= "i" in found[1]
        on, off = (_without(part or "", "du") for part in found.group(1, 2))
        written = f"(?{on}{f'-{off}' if off else ''}"
        self.at = found.end()
        if found[3] == ":":
            return self._enter(f"{written}:" if on or off else "(?:")
        if on or off:
            self.linear.append(f"{written})")
            self.other.append(f"{written})")
        return None

    def _enter(self, written: str) -> None:
        self._put(written)
        self.levels.append(_Level())

    def _close(self) -> None:
        if len(self.levels) == 1:
            raise PatternSyntaxError("a ) has no group")
        inner = self.levels.pop()
        self.levels[-1].last = max(inner.before + inner.last, 1)
        self.at += 1
        self.linear.append(")")
        self.other.append(")")

    def _escape(self) -> None:
        c = self.text[self.at + 1 : self.at + 2]
        start, self.at = self.at, self.at + 2
        if not c:
            raise PatternSyntaxError("it ends in a backslash")
        if c == "Q":
            end = self.text.find("\\E", self.at)
            quoted = self.text[self.at :] if end < 0 else self.text[self.at : end]
            self.at = len(self.text) if end < 0 else end + 2
            for each in quoted:
                self._put(_literal(each))
        elif c in "bB":
            self._put(f"\\{c}")
        elif c == "A":
            self._put("\\A")
        elif c == "z":
            self._put("\\z", "\\Z")
        elif c == "Z":
            self._put_other("(?=\\r?\\n?\\Z)")
        elif c in "GX":
            self._put_other(f"\\{c}")
        elif c == "R":
            self._put("(?:\\r\\n|[\\n\\x0b\\f\\r\u0085\u2028\u2029])")
        elif c in "123456789":
            self._put_other(f"(?:\\{c})")
        elif c == "k" and (found := _NAME.match(self.text, self.at)):
            self.at = found.end()
            self._put_other(f"(?P={found[1]})")
        else:
            self.at = start
            single, inside = self._escaped()
            self._put(_literal(single) if single else f"[{inside}]")

    def _escaped(self) -> tuple[str, str]:
        """Read an escape that stands for one character, or for a class: the inside of a set."""
        c = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if c in _CONTROLS:
            return _CONTROLS[c], ""
        if c and c in "ux0c":
            return self._numbered(c), ""
        if c in _CLASSES:
            return "", _CLASSES[c]
        if c and c in "DSWHV":
            return "", _complement(_CLASSES[c.lower()])
        if c and c in "pP":
            return "", self._property(c)
        if not c or (c.isascii() and c.isalnum()):
            raise PatternSyntaxError(f"\\{c} is no escape")
        return c, ""

    def _numbered(self, c: str) -> str:
        forms = {
            "u": r"([0-9a-fA-F]{4})",
            "x": r"(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})",
            "0": r"([0-3]?[0-7]{1,2})",
            "c": r"([@-_a-z])",
        }
        found = re.compile(forms[c]).match(self.text, self.at)
        if not found:
            raise PatternSyntaxError(f"\\{c} is not complete")
        self.at = found.end()
        digits = next(d for d in found.groups() if d)
        if c == "u" and digits[:2].lower() in {"d8", "d9", "da", "db"}:  # with the other half
            low = _LOW_HALF.match(self.text, self.at)
            if low:
                self.at = low.end()
                return bytes.fromhex(digits + low[1]).decode("utf-16-be")
        code = ord(digits) ^ 64 if c == "c" else int(digits, 8 if c == "0" else 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise PatternSyntaxError(f"\\{c}{digits} is no character")
        return chr(code)

    def _property(self, c: str) -> str:
        found = _PROPERTY.match(self.text, self.at)
        if not found:
            raise PatternSyntaxError(f"\\{c} names no property")
        self.at = found.end()
        name = found[1] or found[2]
        if inside := _POSIX.get(name):
            return inside if c == "p" else _complement(inside)
        if name.startswith("java"):
            raise PatternSyntaxError(f"the property {name} is not known")
        short = name.removeprefix("Is")
        if len(short) > 2 or not short[0].isupper():
            self.only_other = True  # scripts and blocks, by names of which RE2 knows some
        return f"\\{c}{{{short}}}"

    def _set(self) -> str:
        """Read ``[...]``. A union or a cut of sets is for the other engine alone."""
        return self._set_at(0)

    def _set_at(self, depth: int) -> str:
        if depth > MAX_NESTING:
            raise PatternSyntaxError(f"it is nested deeper than {MAX_NESTING}")
        self.at += 1
        out = ["["]
        if self.text.startswith("^", self.at):
            out.append("^")
            self.at += 1
        first = True
        while True:
            c = self.text[self.at : self.at + 1]
            if not c:
                raise PatternSyntaxError("a [ is not closed")
            if c == "]" and not first:
                self.at += 1
                return "".join([*out, "]"])
            first = False
            if c == "[":
                self.only_other = True
                out.append(self._set_at(depth + 1))
            elif self.text.startswith("&&", self.at):
                self.only_other = True
                self.at += 2
                out.append("&&")
            else:
                out.append(self._range())

    def _range(self) -> str:
        low, inside = self._member()
        following = self.text[self.at + 1 : self.at + 2]
        if not low or self.text[self.at : self.at + 1] != "-" or following in ("]", "["):
            return _literal(low) if low else inside
        self.at += 1
        high, inside = self._member()
        if not high:
            return f"{_literal(low)}{_literal('-')}{inside}"
        if high < low:
            raise PatternSyntaxError(f"the range {low}-{high} is empty")
        return f"{_literal(low)}-{_literal(high)}"

    def _member(self) -> tuple[str, str]:
        if self.text.startswith("\\Q", self.at):
            end = self.text.find("\\E", self.at)
            quoted = self.text[self.at + 2 : end if end >= 0 else len(self.text)]
            self.at = end + 2 if end >= 0 else len(self.text)
            return "", "".join(map(_literal, quoted))
        if self.text[self.at : self.at + 1] == "\\":
            return self._escaped()
        c = self.text[self.at : self.at + 1]
        self.at += 1
        return c, ""


def _literal(c: str) -> str:
    """A character that stands for itself in both engines, in and outside a set."""
    if c.isascii() and not c.isalnum():
        return f"\\x{ord(c):02x}"
    return c


def _without(flags: str, dropped: str) -> str:
    return "".join(flag for flag in flags if flag not in dropped)


def _complement(inside: str) -> str:
    """The inside of a set for all characters that are not in it (ASCII or single ranges)."""
    taken: list[tuple[int, int]] = []
    plain = _unescaped(inside)
    i = 0
    while i < len(plain):
        low = high = ord(plain[i][0])
        if i + 2 < len(plain) and plain[i + 1] == ("-", True):
            high = ord(plain[i + 2][0])
            i += 2
        taken.append((low, high))
        i += 1
    out, start = "", 0
    for low, high in sorted(taken):
        if low > start:
            out += f"{_code(start)}-{_code(low - 1)}"
        start = max(start, high + 1)
    return out + f"{_code(start)}-\U0010ffff"


def _code(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x80 else chr(code)


def _unescaped(inside: str) -> list[tuple[str, bool]]:
    """Characters of a set's inside, and whether each is a bare ``-`` between two."""
    found: list[tuple[str, bool]] = []
    i = 0
    while i < len(inside):
        if inside.startswith("\\x", i):
            found.append((chr(int(inside[i + 2 : i + 4], 16)), False))
            i += 4
        elif inside[i] == "\\":
            found.append((_CONTROLS.get(inside[i + 1], inside[i + 1]), False))
            i += 2
        else:
            found.append((inside[i], inside[i] == "-"))
            i += 1
    return found

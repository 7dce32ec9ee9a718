"""A filter pattern, read from its beginning to its end; and what AWS says of one that it refuses.

Unquoted terms have letters, digits and underscores only. AWS names the characters that it does not
take: "Invalid character(s) in term '...'".
"""

from __future__ import annotations

import re

from localstack.aws.api.logs import InvalidParameterException

from lakestack.services.patterns import Pattern, PatternError, compile_pattern

_SPACES = re.compile(r"\s*")
_WORD = re.compile(r"\w+")
_STRANGE = re.compile(r"[^\w\s]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_REGEX = re.compile(r"%((?:[^%\\]|\\.)*)%")
_REGEX_TEXT = re.compile(r"(?:[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|*+.]|\\[ -~])*\Z")
"""User Guide, "Supported regular expressions (regex) syntax": symbols and operators; no
parentheses, no spaces and no multi-byte characters. A backslash may stand before any of ASCII."""


def invalid(message: str) -> InvalidParameterException:
    """The error of a pattern that AWS refuses."""
    return InvalidParameterException(message)


class Scanner:
    """Reads a pattern piece by piece.

    Attributes:
        at: index of the next character
        regexes: how many regular expressions were read
    """

    def __init__(self, text: str) -> None:
        self.text, self.at, self.regexes = text, 0, 0

    def skip_spaces(self) -> None:
        self.at = _end(_SPACES, self.text, self.at)

    def ended(self) -> bool:
        """Whether only spaces are left."""
        self.skip_spaces()
        return self.at == len(self.text)

    def peek(self) -> str:
        """The next character, or an empty text."""
        return self.text[self.at : self.at + 1]

    def take(self, *signs: str) -> str | None:
        """The first of these signs that stands here, after spaces; None if none does."""
        self.skip_spaces()
        for sign in signs:
            if self.text.startswith(sign, self.at):
                self.at += len(sign)
                return sign
        return None

    def expect(self, sign: str) -> None:
        """Take one sign.

        Raises:
            InvalidParameterException: something else stands here
        """
        if not self.take(sign):
            raise self.unexpected()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What a pattern of ours finds here, taken."""
        if found := pattern.match(self.text, self.at):
            self.at = found.end()
        return found

    def word(self) -> str | None:
        """Letters, digits and underscores; None if there are none."""
        found = self.match(_WORD)
        return found[0] if found else None

    def quoted(self) -> str | None:
        """A text in double quotation marks, without them; None if none begins here.

        Raises:
            InvalidParameterException: it does not end
        """
        if self.peek() != '"':
            return None
        found = self.match(_QUOTED)
        if not found:
            raise invalid(f"Unclosed double quotes in filter pattern '{self.text}'")
        return _ESCAPED.sub(r"\1", found[1])

    def regex(self) -> Pattern | None:
        """A regular expression in percent signs; None if none begins here.

        Raises:
            InvalidParameterException: it does not end, or is one that AWS does not take
        """
        if self.peek() != "%":
            return None
        found = self.match(_REGEX)
        if not found or not found[1]:
            raise invalid("Invalid character(s) in term '%'")
        if not _REGEX_TEXT.match(found[1]):
            raise invalid(
                f"Invalid regular expression '{found[1]}': parentheses, spaces, multi-byte "
                "characters and most symbols are not supported"
            )
        self.regexes += 1
        try:
            return compile_pattern(found[1])
        except PatternError as e:
            raise invalid(f"Invalid regular expression '{found[1]}': {e}") from e

    def unexpected(self) -> InvalidParameterException:
        """The error of what stands here and should not."""
        self.skip_spaces()
        rest = self.text[self.at :]
        if not rest:
            return invalid(f"Unexpected end of filter pattern '{self.text}'")
        if found := _STRANGE.match(rest):
            return invalid(f"Invalid character(s) in term '{found[0]}'")
        return invalid(f"Invalid filter pattern '{self.text}': unexpected '{self.word()}'")


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at

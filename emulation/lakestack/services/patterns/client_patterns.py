"""Patterns of clients: the one place where a regular expression out of a request is run.

Python's `re` backtracks, and holds the interpreter's lock while it does: one pattern such as
``(a+)+$`` stops the emulator for everybody. Here RE2 matches in time linear in the text, in bounded
memory. What RE2 has no words for (lookahead, backreferences, repetitions over 1,000) goes to the
package `regex`, without the lock and with a deadline.

A test forbids patterns that are no constants anywhere else in `emulation/lakestack/services`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2
import regex
from localstack.aws.api import CommonServiceException

from lakestack.services.patterns.java import PatternSyntaxError, Spelling, spell

SECONDS = 1.0
"""Time that the backtracking engine has for one search: our guess."""
MAX_TEXT = 1 << 16
"""Characters of text that the backtracking engine takes: our guess."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class PatternError(CommonServiceException):  # type: ignore[misc]
    """A pattern is not valid, or takes too long; where no service catches it, a 400."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message, status_code=400, sender_fault=True)


class Pattern:
    """A compiled pattern. Searches return match objects as `re` has them, or None.

    Every search may raise `PatternError`: the text is too long for it, or time is up.
    """

    def __init__(self, pattern: str, spelling: Spelling) -> None:
        self.pattern, self._spelling = pattern, spelling
        self._linear = _linear(spelling)
        self._other: Any = None
        self.groups: int = self._linear.groups if self._linear else self._backtracking().groups

    @property
    def is_linear(self) -> bool:
        """Whether RE2 runs it on every text; False where the deadline may be needed."""
        spelling = self._spelling
        return self._linear is not None and not (spelling.folds or spelling.line_ends)

    def fullmatch(self, text: str) -> Any:
        """The match of the whole text."""
        return self._run("fullmatch", text)

    def match(self, text: str) -> Any:
        """The match at the beginning."""
        return self._run("match", text)

    def search(self, text: str) -> Any:
        """The first match anywhere."""
        return self._run("search", text)

    def finditer(self, text: str) -> Iterator[Any]:
        """All matches, one after another."""
        return iter(self._run("finditer", text))

    def _run(self, operation: str, text: str) -> Any:
        text = text.translate(_SURROGATES) if not text.isprintable() else text
        if self._linear is not None and self._suits(text):
            return getattr(self._linear, operation)(text)
        if len(text) > MAX_TEXT:
            raise PatternError(
                f"The pattern {_shown(self.pattern)} cannot be applied to a text of more than "
                f"{MAX_TEXT} characters"
            )
        end = time.monotonic() + SECONDS
        try:
            found = getattr(self._backtracking(), operation)(text, concurrent=True, timeout=SECONDS)
            if operation != "finditer":
                return found
            matches = []
            for match in found:
                if time.monotonic() > end:
                    raise TimeoutError
                matches.append(match)
            return matches
        except TimeoutError as e:
            raise PatternError(f"The pattern {_shown(self.pattern)} takes too long to match") from e
        except (MemoryError, RecursionError) as e:
            raise PatternError(f"The pattern {_shown(self.pattern)} is too complex") from e

    def _suits(self, text: str) -> bool:
        """Whether RE2 finds in this text what Java would."""
        if self._spelling.folds and not text.isascii():
            return False
        return not (self._spelling.line_ends and text[-1:] in ("\n", "\r", "\x85", "\u2028"))

    def _backtracking(self) -> Any:
        if self._other is None:
            try:
                self._other = regex.compile(
                    self._spelling.backtracking, regex.VERSION1 | regex.ASCII, cache_pattern=False
                )
            except (regex.error, RecursionError, OverflowError, ValueError, KeyError) as e:
                raise PatternError(f"The pattern {_shown(self.pattern)} is not valid: {e}") from e
        return self._other


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str = "") -> Pattern:
    """Compile a pattern of a client.

    Args:
        pattern: as Java writes it, which AWS's services use
        flags: letters for the whole of it: i, m, s

    Raises:
        PatternError: not a pattern, or one too large to run
    """
    try:
        whole = f"(?{flags}){pattern}" if flags else pattern
        pattern.encode()
        return Pattern(pattern, spell(whole))
    except (PatternSyntaxError, UnicodeEncodeError) as e:
        raise PatternError(f"The pattern {_shown(pattern)} is not valid: {e}") from e


@lru_cache(maxsize=512)
def wildcard_pattern(text: str, *, many: str, one: str = "", at_least_one: bool = False) -> Pattern:
    """A text with wildcards as a pattern of linear time, for `Pattern.fullmatch`.

    Args:
        many: the character that stands for any text (``*``, or ``%`` of LIKE)
        one: the one that stands for any single character (``?``, ``_``), if there is one
        at_least_one: `many` stands for one character or more

    Raises:
        PatternError: too long
    """
    wild = {many: ".+" if at_least_one else ".*", **({one: "."} if one else {})}
    parts: list[str] = []
    for c in text.translate(_SURROGATES):
        piece = wild.get(c)
        if piece and parts and parts[-1] == piece and c == many and not at_least_one:
            continue
        parts.append(piece or re2.escape(c))
    spelled = f"(?s){''.join(parts)}"
    compiled = Pattern(text, Spelling(spelled, spelled, folds=False, line_ends=False))
    if not compiled.is_linear:
        raise PatternError(f"The pattern {_shown(text)} is too long")
    return compiled


def _linear(spelling: Spelling) -> Any:
    if spelling.linear is None:
        return None
    try:
        return re2.compile(spelling.linear, _OPTIONS)
    except re2.error:
        return None  # `regex` decides whether it is a pattern at all


def _shown(pattern: str) -> str:
    return pattern if len(pattern) <= 200 else f"{pattern[:200]}..."

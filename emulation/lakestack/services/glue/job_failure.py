"""Why a job run failed, in one line, from what its script printed and how its process ended."""

from __future__ import annotations

import re
import signal
from collections import deque

from lakestack.java import heaps

MAX_MESSAGE = 4000
_TRACEBACK = "Traceback (most recent call last):"
_NO_HEAP = re.compile(
    "Could not reserve enough space|insufficient memory for the Java|Invalid maximum heap size"
)
_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?::\s?(.*))?")
_PLACE = re.compile(r'  File "(?:.*/)?([^/"]+)", line (\d+)')  # as of text that is no Python
_NO_WAY_OUT = re.compile("Can't connect to SOCKS proxy: ?Connection refused")
_JAVA_CAUSE = re.compile(r"Caused by: (?:[\w$]+\.)*([\w$]+)(?:: (.*))?")


class FailureReader:
    """Follows a script's output and remembers its last traceback.

    Keeps a bounded tail, whatever the script prints.
    """

    def __init__(self, lines: int = 400) -> None:
        self._tail: deque[str] = deque(maxlen=lines)
        self._traceback: list[str] | None = None

    def feed(self, line: str) -> None:
        """Take the next line of output."""
        self._tail.append(line)
        syntax_error = self._traceback is None and line.startswith('  File "')
        if line.strip() == _TRACEBACK or syntax_error:  # a script that cannot be compiled
            self._traceback = [line] if syntax_error else []
        elif self._traceback is not None and len(self._traceback) < 2000:
            self._traceback.append(line)

    @property
    def has_traceback(self) -> bool:
        return self._traceback is not None

    @property
    def has_output(self) -> bool:
        return any(line.strip() for line in self._tail)

    def message(self, code: int) -> str:
        """ErrorMessage for a process that ended with this code.

        Args:
            code: exit code; negative, or above 128 from below a JVM, for a signal
        """
        # What the JVM says when the machine, a container or `ulimit -v` has too little for it.
        refused = next((line.strip() for line in self._tail if _NO_HEAP.search(line)), None)
        if refused is not None:
            return f"The job's JVM had too little memory: {refused[:300]} ({heaps.SPARK.hint()})"
        killer = -code if code < 0 else code - 128 if 128 < code < 160 else 0
        if killer:
            return _signal_message(killer)
        text = self._exception() or self._exit(code)
        return _NO_WAY_OUT.sub(
            "its host is not on this machine, and a job reaches no other; name one on 127.0.0.1 in "
            "the URL or the connection",
            text,
        )[:MAX_MESSAGE]

    def _exception(self) -> str | None:
        """The traceback's exception: its type without module, its message."""
        if self._traceback is None:
            return None
        for i, line in enumerate(self._traceback):
            if line.startswith((" ", "\t")) or not line.strip():
                continue
            match = _EXCEPTION.fullmatch(line)
            if match is None:
                continue
            name, text = match[1], (match[2] or "").strip()
            if match[2] is not None and not text:  # Spark's parser begins with an empty line
                rest = self._traceback[i + 1 :]
                text = next((each.strip() for each in rest if each.strip()), "")
            if name == "Py4JJavaError":
                return _java_error(text, self._traceback[i + 1 :])
            if text.endswith(_TRACEBACK):  # a streaming query quotes that of a batch's function
                text = f"{text.removesuffix(_TRACEBACK)}{_quoted_error(self._traceback[i + 1 :])}"
            if name in ("SyntaxError", "IndentationError", "TabError"):
                text += _place(self._traceback[:i])
            return f"{name}: {text}" if text else name
        return None

    def _exit(self, code: int) -> str:
        last = next((line for line in reversed(self._tail) if line.strip()), "")
        note = f"; its last line of output: {last.strip()}" if last else ""
        return f"SystemExit: {code} (the script ended with exit code {code}{note})"


def telling(output: FailureReader, errors: FailureReader) -> FailureReader:
    """The one of a process's two outputs that says why it failed.

    Spark prints what a script writes on its error output, such as tracebacks and the text of
    ``sys.exit("text")``, on stdout; plain Python on stderr.
    """
    return output if output.has_traceback or not errors.has_output else errors


def _place(lines: list[str]) -> str:
    """`` (job.py, line 3)``, as Python's own text of a SyntaxError has it."""
    found = next(filter(None, map(_PLACE.fullmatch, reversed(lines))), None)
    return f" ({found[1]}, line {found[2]})" if found else ""


def _java_error(text: str, rest: list[str]) -> str:
    """``An error occurred while calling o1.x. <the deepest cause>``."""
    cause, of_python = "", False
    for line in rest:
        if not cause and line.startswith(": "):
            cause = re.sub(r"^: (?:[\w$]+\.)*", "", line)
        elif match := _JAVA_CAUSE.match(line):
            cause = f"{match[1]}: {match[2]}" if match[2] else match[1]
            of_python = match[2] == _TRACEBACK
        elif of_python and line.strip() and not line.startswith((" ", "\t")):
            # A function of the script's failed in a Python worker; Java quotes its traceback.
            cause, of_python = (
                re.sub(r"^(?:[A-Za-z_]\w*\.)+(?=\w+(?:$|:))", "", line.strip()),
                False,
            )
    return f"{text.rstrip('.')}. {cause}".strip()


def _quoted_error(rest: list[str]) -> str:
    """The exception of a traceback that stands within another's message."""
    for line in rest:
        if not line.startswith((" ", "\t")) and _EXCEPTION.fullmatch(line):
            return line.strip()
    return ""


def _signal_message(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hint = (
        f" (kill -9, or the machine ran out of memory: {heaps.SPARK.hint()})"
        if name == "SIGKILL"
        else ""
    )
    return f"The job's process was ended by {name}{hint}"

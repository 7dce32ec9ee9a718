"""Clients' patterns: what they match, as Java does, and that none runs away."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakestack.patches.many import PATTERNS
from lakestack.services.patterns import PatternError, compile_pattern, wildcard_pattern
from lakestack.services.patterns import client_patterns as patterns
from lakestack.services.patterns.foreign import BOUNDED
from lakestack.services.patterns.java import MAX_LENGTH
from tests.support import PROJECT

SERVICES = PROJECT / "emulation" / "lakestack" / "services"
BUSY = 30.0
"""Seconds that a search with a deadline of one may take on a busy machine."""


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        (r"(?=.*[a-z])(?=.*\d)[a-zA-Z\d]{8,41}", ["abcdefg1"], ["abcdefgh", "a1"]),
        (r"(?!aws:)[\w:]+", ["mine:x"], ["aws:x"]),
        (r"(a)(b)\2\1", ["abba"], ["abab"]),
        (r"\d+", ["42"], ["\u0664\u0662", ""]),
        (r"\w\s\S", ["a\x0bb", "a b"], ["\u00e9 b", "a\u00a0b"]),
        (r"[\D\n]+", ["ab\n\u00e9"], ["1"]),
        (r"[a-z&&[^m]]+", ["abc"], ["m"]),
        (r"[a-c[x-z]]+", ["axz"], ["m"]),
        (r"\Qa.b*\E+", ["a.b*", "a.b**"], ["axb"]),
        (r"[\Qa-c\E]", ["-", "a"], ["b"]),
        (r"\p{Alpha}\p{Punct}\P{Digit}", ["a!x"], ["a!1", "\u00e9!x"]),
        (r"[\p{L}\p{Z}_.:/=+\-@]*", ["\u00e9 \u4e2d", ""], ["1"]),
        (r"\u00e9\x41\x{1F600}\0101", ["\u00e9A\U0001f600A"], ["e"]),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", ["a\U0001f600"], ["\x00"]),
        (r"(?i)straK", ["STRAk"], ["stra\u212a"]),
        (r"[ -~]{0,1024}", ["x" * 1024], ["x" * 1025]),
        (r"a++b", ["aab"], ["aa"]),
        (r"x{y}", ["x{y}"], ["xy"]),
        (r"a.b", ["axb"], ["a\nb", "a\u2028b"]),
        (r"(?s)a.b", ["a\nb"], ["ab"]),
        (r"^ab$", ["ab"], ["ab\n", "xab"]),
        (r"ab$\n", ["ab\n"], ["ab"]),
        (r"[+--]|[-a]|[a-]|[]b]|[^]c]", ["+", ",", "-", "a", "]", "b", "x"], ["c\u00e9"]),
        (r"(?<year>\d{4})-\k<year>", ["2026-2026"], ["2026-2025"]),
    ],
)
def test_matching_is_javas(pattern: str, matching: list[str], others: list[str]) -> None:
    compiled = compile_pattern(pattern)
    for text in matching:
        assert compiled.fullmatch(text) is not None, text
    for text in others:
        assert compiled.fullmatch(text) is None, text


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "[a", "*a", "+", "a|*", "a{2,1}", "[z-a]"),
        *("\\", r"\y", r"\p{No Such}", r"\u12"),
        *("(?R)", "(?1)", "(?U)a", r"\k<none>", r"\1", r"\uD800", "\ud800"),
        *("(a{1000}){1000}", "((a{1,1000}){1,1000}){1,1000}b", "(" * 5000, "a" * (MAX_LENGTH + 1)),
    ],
)
def test_what_is_no_pattern_or_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="is not valid") as caught:
        compile_pattern(pattern)
    assert (caught.value.code, caught.value.status_code) == ("ValidationException", 400)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?:a+)+(b)", "(a|a)*$", "(a|aa)+$", "(.*)*x"])
def test_slow_patterns_are_fast(pattern: str) -> None:
    text = "a" * 20_000 + "!"
    begun = time.monotonic()
    assert compile_pattern(pattern).fullmatch(text) is None
    assert time.monotonic() - begun < BUSY


@pytest.mark.parametrize("operation", ["search", "match", "fullmatch", "finditer"])
def test_what_only_backtracking_can_do_has_a_deadline(operation: str) -> None:
    begun = time.monotonic()
    with pytest.raises(PatternError, match="takes too long"):
        getattr(compile_pattern(r"(?=a)(a|a)*$"), operation)("a" * 4_000 + "!")
    assert time.monotonic() - begun < BUSY


def test_a_text_too_long_for_backtracking_is_refused() -> None:
    assert compile_pattern("(?=a)a+").fullmatch("a" * patterns.MAX_TEXT)
    with pytest.raises(PatternError, match="65536"):
        compile_pattern("(?=a)a+").fullmatch("a" * (patterns.MAX_TEXT + 1))


def test_half_a_surrogate_is_some_character() -> None:
    assert compile_pattern("a.b").fullmatch("a\ud800b") is not None


PIECES = ["a", "b", ".", "[ab]", r"\d", r"\s", "(a|b)", "(?:ab)?", "a*", "b+?", "[^a]", "$", "^"]


@settings(max_examples=300)
@given(
    parts=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6),
    text=st.text(st.sampled_from("ab1 \n\u00e9"), max_size=8),
)
def test_both_engines_and_python_agree(parts: list[str], text: str) -> None:
    """Where Java and Python do not differ: one line end, classes of ASCII."""
    written = "".join(parts)
    ours, other = compile_pattern(written), compile_pattern(f"(?=){written}")
    assert not other.is_linear
    for name in ("fullmatch", "match", "search"):
        expected = getattr(re.compile(written, re.ASCII), name)(text)
        for compiled in (ours, other):
            found = getattr(compiled, name)(text)
            assert (found and found.span()) == (expected and expected.span()), name
            assert (found and found.groups()) == (expected and expected.groups()), name


@pytest.mark.parametrize(
    ("text", "matching", "others"),
    [
        ("%a" * 13 + "%b", ["a" * 13 + "b"], ["a" * 5_000 + "!"]),
        ("a_c%", ["abc", "abcd\n"], ["ac"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_wildcards(text: str, matching: list[str], others: list[str]) -> None:
    compiled = wildcard_pattern(text, many="%", one="_")
    assert all(compiled.fullmatch(each) for each in matching)
    assert not any(compiled.fullmatch(each) for each in others)


@pytest.mark.parametrize("service", ["sagemaker", "glue", "dms", "firehose", "kinesis", "lambda"])
def test_the_patterns_of_aws_models_are_read(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    written = {model.shape_for(n).metadata.get("pattern") for n in model.shape_names} - {None}
    for pattern in written:
        compile_pattern(pattern)
    assert len(written) > 0 or service == "dms"


def test_modules_of_others_get_a_bounded_re() -> None:
    import moto.glue.models

    assert moto.glue.models.__name__ in PATTERNS
    assert BOUNDED.match("(a+)+$", "a" * 5_000 + "!") is None
    assert BOUNDED.compile("^x.*").match("xyz") and BOUNDED.search("B", "abc", re.IGNORECASE)
    assert BOUNDED.sub("a", "b", "aa") == "bb" and BOUNDED.escape("*") == r"\*"
    assert BOUNDED.match(re.compile("a(?=b)"), "ab") and BOUNDED.match(b"a", b"ab")


NAMES = {"finditer", "fnmatch", "fnmatchcase", "filter", "translate"}
COMPILING = NAMES | {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall"}
ALLOWED = {
    *("patterns/client_patterns.py", "patterns/java.py", "patterns/foreign.py"),
    "glue/runtime/awsglue/globs.py",  # in the job's process, with RE2
    "glue/runtime/awsglue/sensitive_data/custom.py",  # the same
    "saved_state/values.py",  # makes again what a service had compiled, and runs none
    "request_validation/constraints.py",  # AWS's own patterns, with RE2
}


def unsafe_patterns(source: str) -> list[int]:
    """Lines that give `re` a pattern which is no constant of the module."""
    tree = ast.parse(source)
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }

    def constant(node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id in constants
        if isinstance(node, ast.JoinedStr):
            values = [v.value for v in node.values if isinstance(v, ast.FormattedValue)]
            return all(map(constant, values))
        return isinstance(node, ast.BinOp) and constant(node.left) and constant(node.right)

    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"re", "regex", "re2", "fnmatch"}
        and node.func.attr in COMPILING
        and not (node.args and constant(node.args[0]))
    ]


@pytest.mark.parametrize(
    "path", sorted(SERVICES.rglob("*.py")), ids=lambda p: str(p.relative_to(SERVICES))
)
def test_no_other_module_runs_a_pattern_that_is_no_constant(path: Path) -> None:
    if str(path.relative_to(SERVICES)) in ALLOWED:
        return
    assert not unsafe_patterns(path.read_text()), f"use lakestack.services.patterns in {path}"


def test_the_check_finds_patterns_of_clients() -> None:
    assert unsafe_patterns("import re\nre.compile(given)") == [2]
    assert unsafe_patterns("import re\nre.match(f'a{given}', x)") == [2]
    assert not unsafe_patterns("import re\n_A = 'x'\nre.match(rf'{_A}b', y)\nre.sub('a', b, c)")

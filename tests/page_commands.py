"""Which test runs each command of the pages.

tests/unit/test_page_commands.py holds every page to it: a command that no test runs fails there.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from tests.documents import Command, blocks, commands, documents
from tests.support import PROJECT

PAGES_TEST: Final = "tests/integration/test_pages.py"
_LABS: Final = "tests/integration/test_docs.py"
_AWS: Final = "tests/integration/aws_target"

_BY_WORDS: Final = (
    (r"make local$", PAGES_TEST),
    (r"make (setup|bundle)\b", "tests/integration/bundle/test_without_network.py"),
    (r"make test-faults(?!.*--list)", ".ci/run"),
    (r"make test-aws\b", "tests/unit/aws_session/test_session.py"),
    (r"make test TESTS=tests/unit/", "tests/conftest.py"),
    (r"make aws$|aws sso |export AWS_REGION=", f"{_AWS}/test_guard_rails.py"),
    (r"LAKE_PROJECT=.* --target aws", f"{_AWS}/test_several_lakes.py"),
    (r"lake .*--(yes-account|max-cost)", f"{_AWS}/test_guard_rails.py"),
    (r"lake .*--target aws", f"{_AWS}/test_whole_target.py"),
    (r"(pip|lakestack) install\b", "tests/integration/distribution/test_installed.py"),
    (r"docker ", "tests/integration/container/test_compose.py"),
    (r"lake simulate-drift", "tests/integration/pipeline/own_emulator/test_retraining.py"),
)
"""Commands that a test of their own runs, whatever page they are on."""
_BY_PAGE: Final = MappingProxyType(
    {
        "CONTRIBUTING.md": PAGES_TEST,
        "README.md": _LABS,
        "docs/aws.md": PAGES_TEST,
        "docs/cluster.md": PAGES_TEST,
        "docs/docker.md": "tests/integration/container/test_compose.py",
        "docs/experiments.md": PAGES_TEST,
        "docs/glue.md": PAGES_TEST,
        "docs/http-api.md": PAGES_TEST,
        "docs/labs/1.md": _LABS,
        "docs/labs/2.md": _LABS,
        "docs/labs/3.md": _LABS,
        "docs/labs/4.md": _LABS,
        "docs/labs/host.md": PAGES_TEST,
        "docs/reactive.md": PAGES_TEST,
        "docs/recommender.md": PAGES_TEST,
        "docs/reliability.md": PAGES_TEST,
        "docs/retraining.md": PAGES_TEST,
        "docs/testing.md": "tests/integration/stranger/test_page.py",
        "emulation/README.md": PAGES_TEST,
    }
)
"""Of all others."""


def page_of(command: Command) -> str:
    """The page that a command stands on, from the project's folder."""
    return command.document.relative_to(PROJECT).as_posix()


def written() -> list[Command]:
    """Every command of the ``console`` and ``sh`` blocks of all pages."""
    found: list[Command] = []
    for document in documents():
        found += commands(document)
        for block in blocks(document):
            if block.language == "sh":
                found += [
                    Command(document, number, line, ())
                    for number, line in enumerate(block.lines, block.line)
                ]
    return found


def run_by(command: Command) -> str | None:
    """The test that runs a command, as a path from the project's folder; None when none does."""
    for words, test in _BY_WORDS:
        if re.match(words, command.text):
            return test
    return _BY_PAGE.get(page_of(command))

"""What is done in the account: each command once at least, and the end whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.aws.cassette import Cassette

COMMANDS: Final = (
    ("doctor",),
    ("plan", "--json"),
    ("run", "--json"),
    ("run", "--json"),
    ("status", "--json"),
    ("verify", "--json"),
    ("recommend", "1", "--json"),
    ("pause", "--json"),
    ("run", "--json"),
    ("destroy", "--json"),
)
CONFIRMED: Final = ("run", "pause", "destroy")
"""Those that ask for the account."""
WITH_DATA: Final = ("plan", "run")

Lake = Callable[[list[str]], tuple[int, str]]
"""Runs `lake` with these words; gives the exit code and what it printed on stdout."""


@dataclass
class Session:
    """The commands, one after the other.

    Args:
        lake: runs one command
        data: folder of MovieLens files
        confirmed: ``ID:REGION``
        say: told of each command
    """

    lake: Lake
    data: str
    confirmed: str
    say: Callable[[str], None]
    faults: list[str] = field(default_factory=list)

    def play(self, cassette: Cassette) -> list[str]:
        """Run all; what is wrong, in sentences. The lake is destroyed in any case."""
        runs = 0
        destroyed = False
        try:
            for command in COMMANDS:
                cassette.commands.append(list(command))
                code, text = self._run(command)
                destroyed = command[0] == "destroy" and not code
                runs += command[0] == "run"
                self._judge(command, code, text, runs)
                if self.faults:
                    break
        finally:
            if not destroyed:
                self.say("destroy, because the session did not come to its end")
                code, _ = self._run(("destroy", "--json"))
                if code:
                    self.faults.append("lake destroy left something: see above; run it again")
        return self.faults

    def _run(self, command: tuple[str, ...]) -> tuple[int, str]:
        self.say(f"lake {' '.join(command)} --target aws")
        words = [*command, "--target", "aws"]
        if command[0] in WITH_DATA:
            words += ["--movielens", self.data]
        if command[0] in CONFIRMED:
            words += ["--yes-account", self.confirmed]
        return self.lake(words)

    def _judge(self, command: tuple[str, ...], code: int, text: str, runs: int) -> None:
        name = " ".join(command)
        if code:
            self.faults.append(f"lake {name} ended with {code}")
            return
        if "--json" not in command:
            return
        document = json.loads(text)
        if not document.get("ok", True):
            self.faults.append(f"lake {name}: not ok")
        if command[0] == "run" and runs == 2 and not _all_skipped(document):
            self.faults.append("the second lake run did something again")
        if command[0] == "destroy" and document["leftovers"]:
            self.faults.append(f"lake destroy left {document['leftovers']}")


def _all_skipped(document: dict[str, Any]) -> bool:
    return all(stage["skipped"] for stage in document["stages"] if stage["stage"] != "recommend")

"""A docker command that answers as an engine would, from a JSON file beside it.

The file maps the beginning of a command to ``[exit code, standard output, standard error]``, or to
a list of such answers, of which each is given once and the last forever. What was asked is
appended to ``asked``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

PROGRAM = """#!{python} -IS
import json, os, sys
place = {folder!r}
asked = sys.argv[1:]
with open(place + "/asked", "a") as file:
    file.write(json.dumps(asked) + "\\n")
with open(place + "/answers") as file:
    answers = json.load(file)
words = " ".join(word for word in asked if not word.startswith("--file="))
found = max((each for each in answers if words.startswith(each)), key=len, default=None)
if found is None:
    sys.exit("no answer for " + words)
given = answers[found]
if isinstance(given[0], list):
    answer = given.pop(0) if len(given) > 1 else given[0]
    with open(place + "/answers", "w") as file:
        json.dump(answers, file)
else:
    answer = given
sys.stdout.write(answer[1])
sys.stderr.write(answer[2])
sys.exit(answer[0])
"""

Answer = list[object]

INFO = {"ServerVersion": "28.0.0", "Architecture": "x86_64", "MemTotal": 8 * 2**30}
IMAGE = {"Architecture": "amd64", "Size": 1_800_000_000}
CONTAINER = {
    "Id": "0123456789abcdef",
    "State": {"Running": True, "Pid": 77, "StartedAt": "2026-01-02T03:04:05.678901234Z"},
}


class FakeDocker:
    """The command's folder.

    Args:
        folder: a new one; put it first on the PATH
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "docker"
        program.write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
        program.chmod(0o755)
        self.answers: dict[str, object] = {}
        self.say("info", out=json.dumps(INFO))
        self.say("compose version", out="2.40.3\n")
        self.say("image ls", out="sha256:0\n")
        self.say("image inspect", out=json.dumps([IMAGE]))
        self.say("ps")
        self.say("volume ls")

    def say(self, command: str, code: int = 0, out: str = "", err: str = "") -> None:
        """What a command answers from now on."""
        self.answers[command] = [code, out, err]
        self._write()

    def say_in_turn(self, command: str, *outputs: str) -> None:
        """What a command answers, one after the other."""
        self.answers[command] = [[0, out, ""] for out in outputs]
        self._write()

    def run(self, container: dict[str, object] | None = None) -> None:
        """There is a container of the port from now on."""
        self.say("ps", out="0123456789ab\n")
        self.say("inspect", out=json.dumps([container or CONTAINER]))

    def asked(self) -> list[list[str]]:
        """The commands so far."""
        place = self.folder / "asked"
        return (
            [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
        )

    def _write(self) -> None:
        (self.folder / "answers").write_text(json.dumps(self.answers))

    @property
    def path(self) -> str:
        """A PATH that finds it first."""
        return f"{self.folder}{os.pathsep}{os.defpath}"

"""The pages beside the labs as they are written: a newcomer types every command of them.

One lake on synthetic data, as `make local` makes it without a network, serves one page after
another. Ports are those of the test; a command that makes the environment does not make it again.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from lakestack import paths
from tests.documents import Command
from tests.integration.faults.lake_runs import Machine
from tests.page_commands import PAGES_TEST, page_of, run_by, written
from tests.page_shell import TERMINAL, Ran, Shell
from tests.support import PROJECT, free_port

pytestmark = [pytest.mark.large, pytest.mark.spark]

ORDER: Final = (
    "README.md",
    "docs/experiments.md",
    "docs/recommender.md",
    "docs/retraining.md",
    "docs/reactive.md",
    "docs/aws.md",
    "docs/glue.md",
    "docs/http-api.md",
    "docs/labs/host.md",
    "CONTRIBUTING.md",
    "docs/reliability.md",
    "emulation/README.md",
    "docs/cluster.md",
)
"""The pages, in an order in which each finds what it needs."""
OUTPUT_OF_OTHER_DATA: Final = ("docs/recommender.md",)
"""Pages that show figures of data which may not be passed on, so that others are measured here."""
SCRIPT: Final = """import sys
from awsglue.utils import getResolvedOptions

print("bucket", getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])["bucket"])
"""
TEMPLATE: Final = """Resources:
  Daily:
    Type: AWS::Glue::Job
    Properties:
      Role: arn:aws:iam::000000000000:role/glue
      Command: {Name: glueetl, ScriptLocation: "s3://code/daily.py"}
"""
PLAN: Final = {
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "type": "aws_glue_job",
                    "name": "daily",
                    "values": {
                        "name": "daily",
                        "command": [{"name": "glueetl", "script_location": "s3://code/daily.py"}],
                    },
                }
            ]
        }
    }
}


def readers_folder(folder: Path) -> Path:
    """A folder with what the pages take for granted: a Glue script and its jobs, and ratings."""
    (folder / "jobs").mkdir(parents=True)
    (folder / "jobs" / "daily.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    chance = random.Random(7)
    rows = [
        f"{user}\t{movie}\t{chance.randint(1, 5)}\t{chance.randint(874_000_000, 893_000_000)}"
        for user in range(1, 121)
        for movie in chance.sample(range(1, 201), 40)
    ]
    (folder / "u.data").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def adapted(text: str, port: int, cluster: int) -> str:
    """A command at this test's ports; one that answers with an error of HTTP fails."""
    text = text.replace("4566", str(port)).replace("7077", str(cluster))
    text = re.sub(r"(cluster (?:start|status|stop)\b[^|;\n]*)", rf"\1 --port {cluster}", text)
    text = re.sub(r"^curl ", "curl --fail-with-body --silent --show-error ", text)
    make = f"make --no-print-directory -C {PROJECT} -o setup VENV={sys.prefix}"
    return re.sub(r"^make\b", make, text)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ran]]:
    """Every command after it has run, up to the first that failed."""
    tmp = tmp_path_factory.mktemp("pages")
    machine, cluster = Machine(tmp / "machine", free_port()), free_port()
    cache = tmp / "machine" / "cache"
    cache.mkdir(parents=True)
    for folder in ("java", "localstack"):  # downloads of the whole suite
        (cache / folder).symlink_to(paths.cache() / folder)
    shell = Shell(tmp, {**machine.environment, **TERMINAL}, readers_folder(tmp / "reader"))
    wanted = [command for command in written() if run_by(command) == PAGES_TEST]
    done: list[Ran] = []
    try:
        for command in sorted(wanted, key=lambda c: (ORDER.index(page_of(c)), c.line)):
            text = adapted(command.text, machine.port, cluster)
            promised = () if page_of(command) in OUTPUT_OF_OTHER_DATA else command.output
            here = Command(command.document, command.line, text, promised)
            done.append(shell.run(here))
            print(f"{done[-1].seconds:6.1f} s  {text}")
            if done[-1].code:
                break
        yield done
    finally:
        shell.run(Command(tmp, 0, f"lake cluster stop --port {cluster}", ()))
        machine.stop()


@pytest.mark.parametrize("page", ORDER)
def test_a_page_goes_as_it_says(ran: list[Ran], page: str) -> None:
    its = [each for each in ran if page_of(each.command) == page]
    assert its, f"never begun; the last command was {ran[-1].complaint()}"
    found = "\n\n".join(filter(None, (each.complaint() for each in its)))
    assert not found, found
    wanted = [c for c in written() if run_by(c) == PAGES_TEST and page_of(c) == page]
    assert len(its) == len(wanted)


def test_make_local_ends_with_the_next_commands(ran: list[Ran]) -> None:
    printed = ran[0].printed
    assert "Recommended for user 1" in printed
    assert f'eval "$({sys.prefix}/bin/lake env)"' in printed
    assert f"{sys.prefix}/bin/lake recommend 42" in printed

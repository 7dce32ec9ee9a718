"""An emulator and a lake of a test's own, driven by the `lake` command as people drive it.

Everything here runs in subprocesses, so that a test sees exit codes, stdout and stderr as a shell
does, and may kill whatever it likes. The environment is complete and the test's own: its HOME holds
AWS files that spoil whoever reads them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import boto3
import psutil
from botocore.config import Config

from lakestack import paths
from lakestack.health import HEALTH
from lakestack.marks import EMULATOR as MARK
from tests import support

ACCOUNT = "000000000000"
BUCKET = f"{ACCOUNT}-movielens-lake-us-east-1"
# Whoever runs the tests in the background of a shell hands down that SIGINT is ignored.
MAIN = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from pipeline.cli.commands import main; main()"
)
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "JAVA_HOME", "PYTHONPATH", "SYSTEMROOT")
COMMAND_SECONDS = 240.0


@dataclass(frozen=True)
class Finished:
    """How one call of `lake` ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """What `--json` printed; anything else on stdout is an error."""
        return dict(json.loads(self.stdout))

    @property
    def error(self) -> tuple[str, str]:
        """The error's text and the next command, as they stand last on stderr."""
        return support.last_error(self.stderr)


@dataclass
class Background:
    """A call of `lake` that is still at work."""

    process: subprocess.Popen[bytes]
    folder: Path

    def said(self) -> str:
        """Its stderr so far."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def wait_for(self, text: str, timeout: float = 120.0) -> None:
        """Poll until `text` stands on its stderr.

        Args:
            timeout: seconds
        """
        support.wait_until(
            lambda: text in self.said() or self.process.poll() is not None, timeout, what=text
        )
        assert text in self.said(), self.said()

    def end(self, timeout: float = COMMAND_SECONDS) -> Finished:
        """Wait until it has ended.

        Args:
            timeout: seconds
        """
        code = self.process.wait(timeout)
        stdout = (self.folder / "stdout").read_text(encoding="utf-8")
        return Finished(code, stdout, self.said())

    @contextlib.contextmanager
    def asleep(self) -> Iterator[None]:
        """It stands still, and takes the signals that it was sent when it goes on."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def interrupt(self) -> tuple[Finished, float]:
        """Press Ctrl-C; how it ended, and after how many seconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        return self.end(), time.monotonic() - began

    def kill(self) -> Finished:
        """End it as ``kill -9`` does."""
        self.process.kill()
        return self.end()


@dataclass
class Machine:
    """A laptop with an emulator: its port, its folders and its environment."""

    folder: Path
    port: int = field(default_factory=support.free_port)
    extra: Mapping[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        started = self.start()
        assert started.code == 0, started.stderr
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The emulator's endpoint."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every command gets; of the user's own only what programs need to run."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {
            **kept,
            "HOME": str(self.folder),
            "LAKE_HOME": str(self.folder / "state"),
            "LAKE_CACHE": str(self.folder / "cache"),
            "LAKE_PORT": str(self.port),
            "LAKE_OFFLINE": "1",
            **self.extra,
        }

    def start(self) -> Finished:
        """``lake emulator start``; Java artefacts come from the cache of the whole suite."""
        return self.lake("emulator", "start", LAKE_CACHE=str(paths.cache()))

    def stop(self) -> Finished:
        """``lake emulator stop``."""
        return self.lake("emulator", "stop")

    def lake(self, *arguments: str, **environment: str) -> Finished:
        """Call `lake` and wait for its end."""
        return self.begin(*arguments, **environment).end()

    def begin(self, *arguments: str, **environment: str) -> Background:
        """Call `lake`; returns at once."""
        folder = self.folder / "calls" / support.unique("call")
        folder.mkdir(parents=True)
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-c", MAIN, *arguments],
                env={**self.environment, **environment},
                cwd=support.PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        return Background(process, folder)

    def client(self, service: str) -> Any:
        """A boto3 client at the emulator."""
        session = boto3.Session(
            aws_access_key_id=ACCOUNT, aws_secret_access_key="test", region_name="us-east-1"
        )
        config = Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=60)
        return session.client(service, endpoint_url=self.url, config=config)

    def health(self) -> dict[str, Any]:
        """What the emulator says of its engines and faults."""
        with urllib.request.urlopen(self.url + HEALTH, timeout=60) as answer:  # noqa: S310
            return dict(json.loads(answer.read()))

    def objects(self, prefix: str) -> dict[str, str]:
        """ETag by key of the bucket's objects below `prefix`."""
        pages = self.client("s3").get_paginator("list_objects_v2")
        return {
            entry["Key"]: entry["ETag"]
            for page in pages.paginate(Bucket=BUCKET, Prefix=prefix)
            for entry in page.get("Contents", [])
        }

    def read(self, key: str) -> bytes:
        """An object of the bucket."""
        return bytes(self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def processes(self, text: str = "") -> list[psutil.Process]:
        """Live processes that the emulator is or has started, those with `text` in their call."""
        return list(_processes(str(self.folder / "state" / f"emulator-{self.port}"), text))

    def kill_emulator(self) -> None:
        """``kill -9`` of the emulator; returns when its children have followed it."""
        record = self.folder / "state" / f"emulator-{self.port}" / "process.json"
        os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)
        support.wait_until(lambda: not self.processes(), what="the emulator's processes to end")

    def kill_job(self, text: str) -> None:
        """``kill -9`` of the first process that appears with `text` in its call."""
        victim = support.wait_until(lambda: self.processes(text), 120, what=f"process {text}")[-1]
        victim.kill()


class Expected(Protocol):
    """What `write_folder` and `write_spoilt` say of the data that they have written."""

    @property
    def items(self) -> dict[str, int]: ...
    @property
    def streamed(self) -> int: ...
    @property
    def pairs(self) -> int: ...


E = TypeVar("E", bound=Expected)


@dataclass
class Setup(Generic[E]):
    """A machine, MovieLens-like data beside it, and what a lake of that data holds."""

    machine: Machine
    data: Path
    expected: E

    def begin(self, *arguments: str) -> Background:
        """``lake run`` of the data; returns at once."""
        return self.machine.begin("run", "--movielens", str(self.data), *arguments)

    def run(self, *arguments: str) -> Finished:
        """``lake run`` of the data, to its end."""
        return self.begin(*arguments).end()

    def counts(self) -> dict[str, int]:
        """What each hop of a lake of the data must have written, by its name."""
        tables = self.expected.items.items()
        return {
            **{f"S3 {table.removesuffix('_t')} → {table}": items for table, items in tables},
            "partial-load → firehose/": self.expected.streamed,
            "firehose + ratings_t → rating": self.expected.pairs,
        }


def written(document: dict[str, Any], counts: Mapping[str, int]) -> dict[str, int]:
    """What the hops of these names have written."""
    found = hops(document)
    return {name: found[name]["written"] for name in counts}


def _processes(mark: str, text: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_ZOMBIE or process.environ().get(MARK) != mark:
                continue
            if text in " ".join(process.cmdline()):
                yield process


def hops(document: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The hops of a reconciliation by name, of a document of `lake run` or `lake verify`."""
    found = document.get("verification") or document
    return {hop["name"]: hop for hop in found["reconciliation"]}


def set_aws_traps(home: Path) -> Path:
    """Fill ``~/.aws`` of `home` so that reading it shows; returns a file that must never appear.

    The credentials are no INI file, which botocore cannot read without an error; the profile
    `trap` of the config makes the file, and sends everything elsewhere.
    """
    touched = home / "credential-process-was-run"
    folder = home / ".aws"
    folder.mkdir(parents=True)
    (folder / "credentials").write_text("this is not an INI file\n")
    (folder / "config").write_text(
        f"[default]\ncredential_process = touch {touched}\n"
        "endpoint_url = http://127.0.0.1:9\nregion = eu-south-2\n"
        f"[profile trap]\ncredential_process = touch {touched}\n"
        "endpoint_url = http://127.0.0.1:9\nregion = eu-south-2\n"
    )
    return touched


TRAPS = {
    "AWS_PROFILE": "trap",
    "AWS_DEFAULT_PROFILE": "trap",
    "AWS_REGION": "eu-south-2",
    "AWS_DEFAULT_REGION": "eu-south-2",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_CA_BUNDLE": "/nowhere/bundle.pem",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
}
"""Settings of a user that the local target must not heed: nothing listens on the discard port."""

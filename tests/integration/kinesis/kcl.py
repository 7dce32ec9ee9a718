"""A consumer by AWS's Kinesis Client Library (KCL) for Java, in a process of its own.

The jars are the sets ``test-kcl-…`` of ``java.lock``: what the library loads while it consumes, of
the dependencies that its own POM names. `KclConsumer.java` is compiled by the JDK as it starts.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from lakestack.errors import ArtifactError, JavaError
from lakestack.java import artifacts
from lakestack.java.interpreter import find_java
from tests.support import REGION, wait_until

SOURCE = Path(__file__).with_name("KclConsumer.java")
END_SECONDS = 60


class Event(NamedTuple):
    """What a consumer reports: ``start``, ``record``, ``end``, ``lost`` or ``failed``.

    Attributes:
        text: of a record its partition key, a space, and its data
    """

    kind: str
    shard: str
    text: str


@dataclass
class Consumer:
    """A running consumer.

    Attributes:
        events: in the order in which they happened; grows while it runs
        log: of the library
    """

    process: subprocess.Popen[str]
    log: Path
    events: list[Event] = field(default_factory=list)

    def records(self) -> list[str]:
        """Data of the records that have arrived."""
        return [text.split(" ", 1)[1] for kind, _, text in self.events if kind == "record"]

    def wait_for(self, records: Sequence[str]) -> None:
        """Wait until as many records have arrived, and check that they are these, once each."""
        wait_until(
            lambda: len(self.records()) >= len(records) or self.process.poll() is not None,
            what=f"{len(records)} records; the log is {self.log}",
        )
        assert sorted(self.records()) == sorted(records), self.log.read_text()[-2000:]

    def shards(self, kind: str) -> list[str]:
        """The shards of which there was such an event."""
        return [shard for what, shard, _ in self.events if what == kind]

    def stop(self) -> None:
        """Let it give up its leases and end; fails when it does not."""
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(END_SECONDS) == 0, self.log.read_text()[-2000:]


def jars(version: int) -> list[Path]:
    """The library and what it needs, or skip: no registry in reach, or no compiler."""
    try:
        java = find_java().path
        modules = subprocess.run(
            [java, "--list-modules"], capture_output=True, text=True, check=True
        )
        if "jdk.compiler" not in modules.stdout:
            pytest.skip(f"{java} is no JDK, which has a compiler")
        return artifacts.fetched(f"test-kcl-{version}", print)
    except (ArtifactError, JavaError) as e:
        pytest.skip(f"no Kinesis Client Library: {e.message}")


@contextmanager
def consuming(
    version: int, endpoint: str, stream: str, application: str, retrieval: str, log: Path
) -> Iterator[Consumer]:
    """Run a consumer.

    Args:
        version: of the library, 2 or 3
        application: name of its lease table and of its metrics
        retrieval: ``polling``, or ``fanout`` for SubscribeToShard over HTTP/2
        log: where the library writes its log
    """
    command = [str(find_java().path), "-Xmx256m", "-XX:TieredStopAtLevel=1"]
    command += ["-cp", os.pathsep.join(map(str, jars(version))), str(SOURCE)]
    command += [endpoint, REGION, stream, application, retrieval]
    with log.open("a") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    consumer = Consumer(process, log)
    reader = threading.Thread(target=_read, args=(consumer,), daemon=True)
    reader.start()
    try:
        yield consumer
    finally:
        process.kill()
        process.wait()
        reader.join()


def _read(consumer: Consumer) -> None:
    assert consumer.process.stdout
    for line in consumer.process.stdout:
        kind, shard, text = line.rstrip("\n").split("\t", 2)
        consumer.events.append(Event(kind, shard, text))

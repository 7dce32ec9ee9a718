"""A lake of the matrix's own: an emulator with a link in front of each of its servers."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil

from lakestack.marks import EMULATOR, marked
from tests import support
from tests.faults.link import Link
from tests.integration.faults.lake_runs import BUCKET, Background, Finished, Machine, hops
from tests.integration.pipeline.movielens_data import write_folder

SEAM = Path(__file__).with_name("emulator_seam.py")
DISK_BYTES = 640 << 20
ENDPOINT = "movielens-recommender"
USERS = (1, 2, 17)
TABLES = ("ratings_t", "movies_t", "links_t", "tags_t", "ratings_stream_t")


@dataclass
class FaultyLake:
    """An emulator, its links and its data.

    Args:
        folder: of its own, for everything
        disk: whether the emulator's folder is a small disk of its own (root on Linux)
    """

    folder: Path
    disk: bool
    machine: Machine = field(init=False)
    client: Callable[[str], Any] = field(init=False)
    """Makes boto3 clients of the emulator itself, past the links."""
    front: Link = field(init=False)
    """Between ``lake`` and the gateway."""
    engine: Link = field(init=False)
    """Between DynamoDB Local and all who use it."""
    inner: Link = field(init=False)
    """Between jobs, containers and functions and the gateway."""

    def __enter__(self) -> Self:
        seam = self.folder / "seam"
        seam.mkdir(parents=True)
        (seam / "sitecustomize.py").symlink_to(SEAM)
        self.data = self.folder / "movielens"
        self.expected = write_folder(self.data)
        path = os.pathsep.join(filter(None, [str(seam), os.environ.get("PYTHONPATH", "")]))
        self.machine = Machine(self.folder, extra={"PYTHONPATH": path})
        self.client = support.clients(self.machine.url)
        self.front = Link(lambda: self.machine.port)
        self.inner = Link(lambda: self.machine.port)
        self.engine = Link(lambda: int((seam / "engine.port").read_text()))
        ports = {"engine": self.engine.port, "gateway": self.inner.port}
        (seam / "faults.json").write_text(json.dumps(ports))
        self.state.mkdir()
        if self.disk:
            size = f"size={DISK_BYTES},mode=0700"
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", size, "lake-faults", self.state], check=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.machine.stop()
        for process in self.processes():
            process.kill()
        for link in (self.front, self.engine, self.inner):
            link.close()
        if self.disk:
            subprocess.run(["umount", "--lazy", self.state], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def state(self) -> Path:
        """LAKE_HOME of the emulator."""
        return self.folder / "state"

    @property
    def emulator_folder(self) -> Path:
        """The emulator's own folder, which is also the mark of its processes."""
        return self.state / f"emulator-{self.machine.port}"

    def begin(self, *arguments: str) -> Background:
        """Call ``lake run`` by way of the front link; returns at once."""
        return self.machine.begin(
            "run", "--movielens", str(self.data), *arguments, LAKE_ENDPOINT=self.front.url
        )

    def run(self) -> Finished:
        """``lake run --json`` as people call it, and its end."""
        return self.begin("--json").end()

    def processes(self) -> list[psutil.Process]:
        """Live processes that the emulator is or has started."""
        alive = []
        for process in marked(EMULATOR, str(self.emulator_folder)):
            try:
                if process.status() != psutil.STATUS_ZOMBIE:
                    alive.append(process)
            except psutil.Error:
                continue
        return alive

    def links(self) -> Iterable[Link]:
        """All three."""
        return (self.front, self.engine, self.inner)

    def figures(self, run: dict[str, Any]) -> dict[str, Any]:
        """Everything that must be the same after a fault as without one, by name.

        Args:
            run: the document of a whole ``lake run --json``
        """
        found: dict[str, Any] = {}
        for name, hop in hops(run).items():
            found[name] = {key: hop[key] for key in ("written", "rejected", "difference")}
        for table in TABLES:
            found[f"items of {table}"] = self._items(table)
        found["delivered ratings"] = self._delivered()
        found["catalog"] = self._catalog()
        found["training data"] = self._objects("ml/trainingdata/")
        for user in USERS:
            found[f"titles of user {user}"] = self._titles(user)
        return found

    def _titles(self, user: int) -> Any:
        """The endpoint's answer: which movies, in which order, and with which scores."""
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=ENDPOINT,
            ContentType="application/json",
            Body=json.dumps({"instances": [{"user_id": user, "k": 10}]}),
        )
        return json.loads(answer["Body"].read())

    def _objects(self, prefix: str) -> dict[str, str]:
        """ETag by key."""
        pages = self.client("s3").get_paginator("list_objects_v2")
        return {
            entry["Key"]: entry["ETag"]
            for page in pages.paginate(Bucket=BUCKET, Prefix=prefix)
            for entry in page.get("Contents", [])
        }

    def _items(self, table: str) -> tuple[int, str]:
        """How many, and a digest of their content."""
        pages = self.client("dynamodb").get_paginator("scan")
        items = [
            json.dumps(item, sort_keys=True)
            for page in pages.paginate(TableName=table, ConsistentRead=True)
            for item in page["Items"]
        ]
        return len(items), _digest(items)

    def _delivered(self) -> tuple[int, str]:
        """Distinct ones: what was sent again after a fault lies there twice."""
        s3 = self.client("s3")
        lines = {
            line
            for key in self._objects("firehose/")
            for line in s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode().splitlines()
        }
        return len(lines), _digest(lines)

    def _catalog(self) -> dict[str, list[str]]:
        glue = self.client("glue")
        return {
            f"{database['Name']}.{table['Name']}": [
                f"{column['Name']} {column['Type']}"
                for column in table["StorageDescriptor"]["Columns"]
            ]
            for database in glue.get_databases()["DatabaseList"]
            for table in glue.get_tables(DatabaseName=database["Name"])["TableList"]
        }


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
